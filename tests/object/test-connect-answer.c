/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dial.h"

#include <string.h>

/* A client on its way to an open connection, towards servers of all kinds. */

#define SWITCHING RAW_PEER_SWITCHING

static const struct {
  const char *name;
  const char *answer;           /* %s is the right Accept */
  guint status;                 /* 0: LWSG_ERROR_HANDSHAKE */
  const char *part;
} answer_cases[] = {
  { "200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "200" },
  { "301", "HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere.example/\r\n\r\n", 301, "ws://elsewhere.example/" },
  { "401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", 401, "Unauthorized" },
  { "404", "HTTP/1.1 404 \r\n\r\n", 404, "Not Found" },
  { "503", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy", 503, "503" },
  { "599", "HTTP/1.1 599 Whatever\r\n\r\n", 599, "Whatever" },
  { "wrong-accept", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 0, "Sec-WebSocket-Accept" },
  { "no-accept", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 0,
    "Sec-WebSocket-Accept" },
  { "two-accepts", SWITCHING "Sec-WebSocket-Accept: %s\r\n\r\n", 0, "Sec-WebSocket-Accept" },
  { "no-upgrade", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", 0,
    "Upgrade" },
  { "other-upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", 0, "h2c" },
  { "no-connection", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n", 0,
    "Connection" },
  { "extension", SWITCHING "Sec-WebSocket-Extensions: x-unasked\r\n\r\n", 0, "x-unasked" },
  { "subprotocol", SWITCHING "Sec-WebSocket-Protocol: chat\r\n\r\n", 0, "chat" },
  { "no-http", "SSH-2.0-OpenSSH_9.2\r\n", 0, "" },
  { "nul", "HTTP/1.1 101 \x01\r\n\r\n", 0, "" },
};

static void
test_answer (Dial *dial, gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  guint status = answer_cases[index].status;
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  dial_answer (dial, answer_cases[index].answer);
  error = dial_fail (dial);
  if (status != 0)
    g_assert_error (error, LWSG_HTTP_ERROR, (int) status);
  else
    g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
  dial_expect_text (error, answer_cases[index].part);
  raw_peer_expect_lost (dial->peer);
}

/* A head has 16 KiB at most, however long it goes on. */
static void
test_endless_head (Dial *dial, gconstpointer data)
{
  g_autofree char *filler = g_strnfill (32 * 1024, 'a');
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  raw_peer_send_text (dial->peer, "HTTP/1.1 101 Switching Protocols\r\nX: ");
  raw_peer_send_text (dial->peer, filler);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
}

static const struct {
  const char *name;
  const char *chosen;           /* the header of the answer, if any */
  const char *part;             /* of the error's text, NULL for none */
} choice_cases[] = {
  { "first", "Sec-WebSocket-Protocol: a\r\n" },
  { "second", "Sec-WebSocket-Protocol: b\r\n" },
  { "none", "", "no subprotocol" },
  { "other", "Sec-WebSocket-Protocol: c\r\n", "\"c\"" },
  { "case", "Sec-WebSocket-Protocol: A\r\n", "\"A\"" },
  { "both", "Sec-WebSocket-Protocol: a, b\r\n", "\"a, b\"" },
  { "twice", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n", "several" },
};

static void
test_choice (Dial *dial, gconstpointer data)
{
  static const char *const asked[] = { "a", "b", NULL };
  guint index = GPOINTER_TO_UINT (data);
  g_autofree char *answer = g_strconcat (SWITCHING, choice_cases[index].chosen, "\r\n", NULL);

  dial_serve (dial, asked);
  g_assert_nonnull (strstr (dial->request, "\r\nSec-WebSocket-Protocol: a, b\r\n"));
  dial_answer (dial, answer);
  if (choice_cases[index].part == NULL)
    {
      g_autoptr (LwsgConnection) connection = dial_succeed (dial);
      const char *name = lwsg_connection_get_subprotocol (connection);

      g_assert_true (strchr (choice_cases[index].chosen, name[0]) != NULL);
      g_assert_cmpuint (strlen (name), ==, 1);
    }
  else
    {
      g_autoptr (GError) error = dial_fail (dial);

      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
      dial_expect_text (error, choice_cases[index].part);
    }
}

/* One that refuses with 400 may have none of the subprotocols. */
static void
test_refused_choice (Dial *dial, gconstpointer data)
{
  static const char *const asked[] = { "news", "weather", NULL };
  g_autoptr (GError) error = NULL;

  dial_serve (dial, asked);
  dial_answer (dial, "HTTP/1.1 400 Bad Request\r\n\r\n");
  error = dial_fail (dial);
  g_assert_error (error, LWSG_HTTP_ERROR, LWSG_HTTP_ERROR_BAD_REQUEST);
  dial_expect_text (error, "\"news, weather\"");
}

/* One that speaks TLS: OpenSSL says nothing to plain text, GnuTLS an alert. */
static void
test_wants_tls (Dial *dial, gconstpointer alert)
{
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  if (alert != NULL)
    raw_peer_send (dial->peer, "\x15\x03\x03\x00\x02\x02\x0a", 7);
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
  dial_expect_text (error, "try wss://");
}

static void
test_early_end (Dial *dial, gconstpointer data)
{
  const char *answer = data;
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  raw_peer_send_text (dial->peer, answer);
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
}

static void
test_reset (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  raw_peer_reset (dial->peer);
  error = dial_fail (dial);
  /* The context is not closed. */
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_HANDSHAKE);
  dial_expect_text (error, "try wss://");
}

/* Ticks of the deadlines, so short that they pass at once. */
#define QUICK_TICK 1000

static void
test_silence (Dial *dial, gconstpointer data)
{
  const char *answer = data;
  g_autoptr (GError) error = NULL;

  dial_serve (dial, NULL);
  raw_peer_send_text (dial->peer, answer);
  g_assert_null (dial->result);
  dial->client->engine->tick_microseconds = QUICK_TICK;
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_TIMED_OUT);
  dial_expect_text (error, "10 s");
  raw_peer_expect_lost (dial->peer);
}

/* The kernel answers no SYN of ours. */
static void
test_connect_limit (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial_start_stuck (dial);
  dial->client->engine->tick_microseconds = QUICK_TICK;
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_TIMED_OUT);
  dial_expect_text (error, "127.0.0.1");
}

static void
test_refused_port (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *place = NULL;

  dial_stop_listening (dial);
  dial_start (dial, NULL);
  error = dial_fail (dial);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  dial_expect_text (error, "refused");
  /* Which port, too. */
  place = g_strdup_printf ("127.0.0.1:%u", dial->port);
  dial_expect_text (error, place);
}

static void
test_unknown_name (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial_set_uri (dial, "ws://does-not-exist.invalid/");
  dial_start (dial, NULL);
  error = dial_fail (dial);
  g_assert_error (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND);
  dial_expect_text (error, "does-not-exist.invalid");
}

/* --- given up on the way */

typedef enum {
  PHASE_STARTED,                /* the main loop has not run since */
  PHASE_RESOLVING,
  PHASE_CONNECTING,
  PHASE_REQUESTED,
  PHASE_HALF_ANSWERED,
  N_PHASES
} LoopStep;

static const char *const step_names[N_PHASES] = { "started", "resolving", "connecting", "requested",
                                                   "half-answered" };

static void
reach_phase (Dial *dial, LoopStep phase)
{
  switch (phase)
    {
    case PHASE_STARTED:
      dial_start (dial, NULL);
      break;
    case PHASE_RESOLVING:
      dial_set_uri (dial, "ws://does-not-exist.invalid/");
      dial_start (dial, NULL);
      break;
    case PHASE_CONNECTING:
      dial_start_stuck (dial);
      break;
    case PHASE_REQUESTED:
    case PHASE_HALF_ANSWERED:
    default:
      dial_serve (dial, NULL);
      break;
    }
  if (phase == PHASE_HALF_ANSWERED)
    {
      raw_peer_send_text (dial->peer, "HTTP/1.1 101 Switching Protocols\r\nUpgr");
      DUO_UNTIL (dial->client->engine->first->scanned > 0);
    }
  g_assert_null (dial->result);
}

static void
test_cancel (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial->cancellable = g_cancellable_new ();
  reach_phase (dial, (LoopStep) GPOINTER_TO_UINT (data));
  g_cancellable_cancel (dial->cancellable);
  g_assert_null (dial->result);
  error = dial_fail (dial);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (dial->peer != NULL)
    raw_peer_expect_lost (dial->peer);
  DUO_UNTIL (g_queue_is_empty (&dial->client->engine->dials));
  g_assert_null (dial->client->engine->first);
}

static gpointer
cancel_from_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancel_from_thread (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GThread *thread;

  dial->cancellable = g_cancellable_new ();
  dial_serve (dial, NULL);
  thread = g_thread_new ("cancel", cancel_from_thread, dial->cancellable);
  error = dial_fail (dial);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

static void
test_cancelled_before (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial->cancellable = g_cancellable_new ();
  g_cancellable_cancel (dial->cancellable);
  dial_start (dial, NULL);
  g_assert_null (dial->result);
  g_assert_null (dial->client->engine->first);
  error = dial_fail (dial);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* What is open is not lost by a cancelling that comes too late, not even before the finish. */
static void
test_cancelled_after (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = NULL;

  dial->cancellable = g_cancellable_new ();
  dial_serve (dial, NULL);
  dial_answer (dial, SWITCHING "\r\n");
  DUO_UNTIL (dial->result != NULL);
  g_cancellable_cancel (dial->cancellable);
  connection = dial_succeed (dial);
  raw_peer_send (dial->peer, "\x81\x03" "yes", 5);
  duo_expect (connection, "yes");
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_OPEN);
}

static void
test_close_context (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  reach_phase (dial, (LoopStep) GPOINTER_TO_UINT (data));
  lwsg_context_close (dial->client);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  if (dial->peer != NULL)
    raw_peer_expect_lost (dial->peer);
}

static void
test_closed_context (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lwsg_context_close (dial->client);
  dial_start (dial, NULL);
  g_assert_null (dial->result);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* Who connects keeps the context. */
static void
test_unref_context (Dial *dial, gconstpointer data)
{
  LwsgContext *client = dial->client;
  g_autoptr (LwsgConnection) connection = NULL;

  dial_serve (dial, NULL);
  g_object_add_weak_pointer (G_OBJECT (client), (gpointer *) &client);
  g_object_unref (client);
  dial_answer (dial, SWITCHING "\r\n");
  DUO_UNTIL (dial->result != NULL);
  g_assert_true (client == dial->client);
  g_object_ref (client);
  g_object_remove_weak_pointer (G_OBJECT (client), (gpointer *) &client);
  connection = dial_succeed (dial);
}

/* --- nobody asks for the connection */

static void
test_no_callback (Dial *dial, gconstpointer data)
{
  lwsg_context_connect_async (dial->client, dial->uri, NULL, NULL, NULL, NULL);
  dial_take_request (dial);
  dial_answer (dial, SWITCHING "\r\n");
  raw_peer_expect_close (dial->peer, LWSG_CLOSE_GOING_AWAY);
}

static void
test_no_callback_refused (Dial *dial, gconstpointer data)
{
  lwsg_context_connect_async (dial->client, dial->uri, NULL, NULL, NULL, NULL);
  dial_take_request (dial);
  dial_answer (dial, "HTTP/1.1 403 Forbidden\r\n\r\n");
  raw_peer_expect_lost (dial->peer);
}

static void
test_not_finished (Dial *dial, gconstpointer data)
{
  dial_serve (dial, NULL);
  dial_answer (dial, SWITCHING "\r\n");
  DUO_UNTIL (dial->result != NULL);
  g_clear_object (&dial->result);
  raw_peer_expect_close (dial->peer, LWSG_CLOSE_GOING_AWAY);
}

/* --- a server that talks at once */

typedef struct {
  GString *log;
  LwsgConnection *connection;
  gboolean closed;
} Listener;

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  Listener *listener = user_data;

  g_string_append_printf (listener->log, "%s ", lwsg_message_get_text (message));
}

static void
on_closed (LwsgConnection *connection, gpointer user_data)
{
  Listener *listener = user_data;

  g_string_append_printf (listener->log, "%u", lwsg_connection_get_close_code (connection));
  listener->closed = TRUE;
}

static void
listener_start (Listener *listener, LwsgConnection *connection)
{
  listener->connection = connection;
  g_signal_connect (connection, "message", G_CALLBACK (on_message), listener);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), listener);
}

static void
listener_expect (Listener *listener, const char *log)
{
  DUO_UNTIL (listener->closed);
  g_assert_cmpstr (listener->log->str, ==, log);
  g_string_free (listener->log, TRUE);
  g_object_unref (listener->connection);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  listener_start (user_data, connection);
}

#define EAGER SWITCHING "\r\n\x81\x03" "one\x81\x03" "two"

static void
test_eager (Dial *dial, gconstpointer data)
{
  Listener listener = { .log = g_string_new (NULL) };

  lwsg_context_connect_async (dial->client, dial->uri, NULL, NULL, on_connected, &listener);
  dial_take_request (dial);
  dial_answer (dial, EAGER "\x88\x02\x03\xe8");
  listener_expect (&listener, "one two 1000");
}

static void
test_eager_and_gone (Dial *dial, gconstpointer data)
{
  Listener listener = { .log = g_string_new (NULL) };

  lwsg_context_connect_async (dial->client, dial->uri, NULL, NULL, on_connected, &listener);
  dial_take_request (dial);
  dial_answer (dial, EAGER);
  raw_peer_shutdown (dial->peer);
  listener_expect (&listener, "one two 1006");
}

/* Whoever finishes later finds the messages, though the end has been told meanwhile. */
static void
test_eager_finished_late (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = NULL;
  Listener listener = { .log = g_string_new (NULL) };

  dial_serve (dial, NULL);
  dial_answer (dial, EAGER "\x88\x02\x03\xe8");
  raw_peer_expect_close (dial->peer, LWSG_CLOSE_NORMAL);
  raw_peer_shutdown (dial->peer);
  raw_peer_expect_end (dial->peer);

  connection = dial_succeed (dial);
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_NORMAL);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), &listener);
  DUO_UNTIL (strcmp (listener.log->str, "one two ") == 0);
  g_string_free (listener.log, TRUE);
}

static void
test_eager_pulled (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = NULL;

  dial_serve (dial, NULL);
  dial_answer (dial, EAGER);
  connection = dial_succeed (dial);
  duo_expect (connection, "one");
  duo_expect (connection, "two");
}

/* --- */

static void
add_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answer_cases); i++)
    dial_add_case ("answer", answer_cases[i].name, GUINT_TO_POINTER (i), test_answer);
  for (guint i = 0; i < G_N_ELEMENTS (choice_cases); i++)
    dial_add_case ("choice", choice_cases[i].name, GUINT_TO_POINTER (i), test_choice);
  for (guint i = 0; i < N_PHASES; i++)
    {
      dial_add_case ("cancel", step_names[i], GUINT_TO_POINTER (i), test_cancel);
      dial_add_case ("close-context", step_names[i], GUINT_TO_POINTER (i), test_close_context);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_cases ();
  dial_add_case ("answer", "endless", NULL, test_endless_head);
  dial_add_case ("refused-choice", "400", NULL, test_refused_choice);
  dial_add_case ("wants-tls", "silent", NULL, test_wants_tls);
  dial_add_case ("wants-tls", "alert", "alert", test_wants_tls);
  dial_add_case ("early-end", "no-answer", "", test_early_end);
  dial_add_case ("early-end", "half-answer", "HTTP/1.1 101 Swi", test_early_end);
  dial_add_case ("early-end", "reset", NULL, test_reset);
  dial_add_case ("silence", "no-answer", "", test_silence);
  dial_add_case ("silence", "half-answer", "HTTP/1.1 101 ", test_silence);
  dial_add_case ("silence", "no-connection", NULL, test_connect_limit);
  dial_add_case ("fail", "refused-port", NULL, test_refused_port);
  dial_add_case ("fail", "unknown-name", NULL, test_unknown_name);
  dial_add_case ("cancel", "before", NULL, test_cancelled_before);
  dial_add_case ("cancel", "after", NULL, test_cancelled_after);
  dial_add_case ("cancel", "from-thread", NULL, test_cancel_from_thread);
  dial_add_case ("close-context", "before", NULL, test_closed_context);
  dial_add_case ("close-context", "unref", NULL, test_unref_context);
  dial_add_case ("unwanted", "no-callback", NULL, test_no_callback);
  dial_add_case ("unwanted", "no-callback-refused", NULL, test_no_callback_refused);
  dial_add_case ("unwanted", "not-finished", NULL, test_not_finished);
  dial_add_case ("eager", "handlers", NULL, test_eager);
  dial_add_case ("eager", "and-gone", NULL, test_eager_and_gone);
  dial_add_case ("eager", "finished-late", NULL, test_eager_finished_late);
  dial_add_case ("eager", "pulled", NULL, test_eager_pulled);

  return g_test_run ();
}
