/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../classic/stage.h"
#include "../engine/raw-peer.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A forked process that goes on with the main loop of its parent, and with its objects: they are
 * copies, which do nothing. */

#define TEXT 0x81
#define TURNS 20

/* --- a context of objects */

static guint told;

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message)
{
  told++;
  g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, lwsg_message_get_bytes (message), NULL));
}

static void
on_closed (LwsgProtocol *protocol, LwsgConnection *connection)
{
  told++;
}

static void
iteration (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

static void
no_turn (gpointer data)
{
}

typedef struct {
  LwsgContext *context;
  LwsgProtocol *protocol;
  LwsgConnection *connection;
  guint port;
  RawPeer *peer;
} Stage;

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, Stage *stage)
{
  g_set_object (&stage->connection, connection);
}

static void
stage_begin (Stage *stage)
{
  *stage = (Stage){ .context = lwsg_context_new () };
  stage->protocol = lwsg_context_add_protocol (stage->context, NULL, NULL);
  g_signal_connect (stage->protocol, "opened", G_CALLBACK (on_opened), stage);
  g_signal_connect (stage->protocol, "message", G_CALLBACK (on_message), NULL);
  g_signal_connect (stage->protocol, "closed", G_CALLBACK (on_closed), NULL);
  stage->port = lwsg_context_listen (stage->context, "127.0.0.1", 0, NULL);
  g_assert_cmpuint (stage->port, >, 0);
  stage->peer = raw_peer_connect ((guint16) stage->port, iteration, NULL);
  raw_peer_upgrade (stage->peer);
  DUO_UNTIL (stage->connection != NULL);
}

static void
say (RawPeer *peer, const char *text)
{
  raw_peer_send_frame (peer, TEXT, text, strlen (text));
}

/* The parent goes on, with the peer that it had and with others. */
static void
stage_prove (Stage *stage)
{
  g_autoptr (RawPeer) other = raw_peer_connect ((guint16) stage->port, iteration, NULL);

  say (stage->peer, "there?");
  raw_peer_expect_frame (stage->peer, TEXT, "there?", 6);
  raw_peer_upgrade (other);
  say (other, "hello");
  raw_peer_expect_frame (other, TEXT, "hello", 5);
}

static void
stage_end (Stage *stage)
{
  raw_peer_free (stage->peer);
  g_clear_object (&stage->connection);
  duo_end (&stage->context);
}

static void
run_main_loop (void)
{
  told = 0;
  for (guint i = 0; i < TURNS; i++)
    g_main_context_iteration (NULL, FALSE);
}

/* With messages and connections that wait for somebody to take them. */
static int
run_inherited_loop (gpointer stage)
{
  run_main_loop ();

  return told == 0 ? 0 : 1;
}

static void
test_main_loop (void)
{
  Stage stage;
  g_autoptr (RawPeer) waiting = NULL;

  stage_begin (&stage);
  stage.peer->iteration = no_turn;
  waiting = raw_peer_connect ((guint16) stage.port, no_turn, NULL);
  raw_peer_send_frame (stage.peer, TEXT, "waits", 5);
  stage_expect_exit (stage_fork (run_inherited_loop, &stage), NULL);
  stage.peer->iteration = iteration;
  raw_peer_expect_frame (stage.peer, TEXT, "waits", 5);
  stage_prove (&stage);
  stage_end (&stage);
}

#define COMPLAINS(call)                                                                                            \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    g_test_expect_message ("lws-glib", G_LOG_LEVEL_CRITICAL, "*: called in a process that was forked*");           \
    call;                                                                                                          \
    g_test_assert_expected_messages ();                                                                            \
  }                                                                                                                \
  G_STMT_END

/* What any thread may do fails with an error, anything else is a mistake that is told. */
static int
try_everything (gpointer data)
{
  Stage *stage = data;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("child", 5);
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_connection_send (stage->connection, LWSG_MESSAGE_TEXT, bytes, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_connection_send_text (stage->connection, "child", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_protocol_broadcast_text (stage->protocol, "child", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  COMPLAINS (lwsg_connection_close (stage->connection, LWSG_CLOSE_NORMAL, NULL, NULL));
  COMPLAINS (lwsg_connection_pause (stage->connection));
  COMPLAINS (lwsg_context_listen (stage->context, "127.0.0.1", 0, NULL));
  COMPLAINS (lwsg_context_connect_async (stage->context, "ws://127.0.0.1:1/", NULL, NULL, NULL, NULL));
  run_main_loop ();
  g_assert_cmpuint (told, ==, 0);

  return 0;
}

static void
test_refuses (void)
{
  Stage stage;

  stage_begin (&stage);
  stage_expect_exit (stage_fork (try_everything, &stage), NULL);
  stage_prove (&stage);
  stage_end (&stage);
}

/* A copy may be given up; and the process may have contexts of its own. */
static int
start_anew (gpointer data)
{
  Stage *stage = data;
  Stage own;

  told = 0;
  lwsg_context_close (stage->context);
  g_clear_object (&stage->connection);
  g_clear_object (&stage->context);
  g_assert_cmpuint (told, ==, 0);
  stage_begin (&own);
  stage_prove (&own);
  stage_end (&own);

  return 0;
}

static void
test_given_up (void)
{
  Stage stage;

  stage_begin (&stage);
  stage_expect_exit (stage_fork (start_anew, &stage), NULL);
  stage_prove (&stage);
  stage_end (&stage);
}

/* A client whose TCP connection has just come about: GIO's answer comes to both processes. */

static void
on_connected (GObject *context, GAsyncResult *result, gpointer data)
{
  g_autoptr (LwsgConnection) connection = lwsg_context_connect_finish (LWSG_CONTEXT (context), result, NULL);

  told++;
}

static void
test_connecting (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (RawPeer) server = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *request = NULL;
  guint16 port;
  int listener = raw_listen (&port);
  struct pollfd arrives = { .fd = listener, .events = POLLIN };

  told = 0;
  uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);
  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, NULL, NULL, on_connected, NULL);
  DUO_UNTIL (poll (&arrives, 1, 0) == 1);
  stage_expect_exit (stage_fork (run_inherited_loop, NULL), NULL);
  server = raw_accept (listener, iteration, NULL);
  request = raw_peer_read_head (server);
  /* One request. */
  for (guint i = 0; i < TURNS; i++)
    raw_peer_pump (server);
  g_assert_cmpuint (server->input->len, ==, 0);
  lwsg_context_close (context);
  DUO_UNTIL (told == 1);
  close (listener);
}

/* --- a source for a context of the classic API */

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  told += reason == LWS_CALLBACK_RECEIVE;

  return reason == LWS_CALLBACK_RECEIVE ? stage_write (wsi, in, len, LWS_WRITE_TEXT) : 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

/* Its own source is how a forked process says that it wants to serve. */
static int
serve_by_own_source (gpointer context)
{
  GSource *source = lwsg_source_new (context);

  told = 0;
  g_source_attach (source, NULL);
  DUO_UNTIL (told == 2);
  g_source_destroy (source);
  g_source_unref (source);

  return 0;
}

/* ... and that of a process that comes too late leaves its main loop. */
static int
come_too_late (gpointer context)
{
  GSource *source = lwsg_source_new (context);

  g_assert_nonnull (source);
  g_source_attach (source, NULL);
  DUO_UNTIL (g_source_is_destroyed (source));
  g_source_unref (source);

  return 0;
}

static void
test_classic_source (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  GSource *source = lwsg_source_new (context);
  RawPeer *peer;
  pid_t child;

  g_source_attach (source, NULL);
  peer = raw_peer_connect (port, iteration, NULL);
  raw_peer_upgrade (peer);
  peer->iteration = no_turn;
  say (peer, "one");
  stage_expect_exit (stage_fork (run_inherited_loop, NULL), NULL);
  peer->iteration = iteration;
  raw_peer_expect_frame (peer, TEXT, "one", 3);

  peer->iteration = no_turn;
  child = stage_fork (serve_by_own_source, context);
  say (peer, "two");
  raw_peer_expect_frame (peer, TEXT, "two", 3);
  say (peer, "three");
  raw_peer_expect_frame (peer, TEXT, "three", 5);
  stage_expect_exit (child, NULL);
  stage_expect_exit (stage_fork (come_too_late, context), NULL);

  /* The parent has lost it, and its source does not iteration for nothing. */
  DUO_UNTIL (g_source_is_destroyed (source));
  g_source_unref (source);
  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  duo_own_main_context ();

  g_test_add_func ("/object/fork/main-loop", test_main_loop);
  g_test_add_func ("/object/fork/refuses", test_refuses);
  g_test_add_func ("/object/fork/given-up", test_given_up);
  g_test_add_func ("/object/fork/connecting", test_connecting);
  g_test_add_func ("/object/fork/classic-source", test_classic_source);

  return g_test_run ();
}
