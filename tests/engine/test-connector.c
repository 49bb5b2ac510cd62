/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/send-private.h"
#include <string.h>
#include <unistd.h>

#include "owner.h"

/* Our side as a client, towards our own server and towards servers of all kinds. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)

static EngineConnection *
dial (Owner *owner, const char *address, guint16 port)
{
  const EngineDestination destination = { .address = address, .port = port, .target = "/where" };
  g_autoptr (GError) error = NULL;
  EngineConnection *connection = engine_connector_dial (owner->context, &destination, &error);

  g_assert_no_error (error);
  g_assert_nonnull (connection);

  return connection;
}

/* --- our own server */

static void
answer_as_server (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_DATA && connection->role == WIRE_ROLE_SERVER)
    engine_connection_send_data (connection, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "heard", 5, NULL);
}

static void
test_same_context (void)
{
  g_autoptr (Owner) owner = owner_new ();
  EngineConnection *client;

  owner->hook = answer_as_server;
  client = dial (owner, "127.0.0.1", owner->port);
  owner_wait (owner, OWNER_OPENED, 2);
  g_assert_true (engine_connection_send_data (client, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "ask", 3, NULL));
  owner_wait (owner, OWNER_DATA, 2);
  engine_connection_close (client, WIRE_CLOSE_NORMAL, NULL, 0);
  owner_wait (owner, OWNER_RELEASED, 2);

  g_assert_nonnull (strstr (owner->log->str, "opened /where\n"));
  g_assert_nonnull (strstr (owner->log->str, "opened as client\n"));
  g_assert_nonnull (strstr (owner->log->str, "text ask\ntext heard\nclosed 1000 -\nclosed 1000 -\n"));
  g_assert_cmpuint (owner->counts[OWNER_ACCEPTED], ==, 1);
}

static void
loop_both (Owner *one, Owner *other)
{
  owner_turn (one);
  engine_loop_service (other->context, 1);
}

static void
test_other_context (void)
{
  g_autoptr (Owner) server = owner_new ();
  g_autoptr (Owner) client = owner_new_deaf ();

  server->echo = TRUE;
  dial (client, "127.0.0.1", server->port);
  while (client->counts[OWNER_OPENED] == 0)
    loop_both (server, client);
  engine_connection_send_data (client->newest, WIRE_OPCODE_TEXT, FALSE, (const guint8 *) "a", 1, NULL);
  engine_connection_send_data (client->newest, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "b", 1, NULL);
  while (client->counts[OWNER_DATA] < 2)
    loop_both (server, client);
  engine_connection_close (server->newest, 4000, "over", 4);
  while (client->counts[OWNER_RELEASED] == 0 || server->counts[OWNER_RELEASED] == 0)
    loop_both (server, client);

  g_assert_cmpstr (client->log->str, ==, "opened as client\ntext a\ntext b\nclosed 4000 over\n");
  g_assert_cmpstr (server->log->str, ==, "opened /where\ntext a\ntext b\nclosed 4000 -\n");
}

/* One gathers the frames of both roles: what a client has sent, masked, must not be
 * taken for the same frame of a server. */
static void
test_empty_frames_of_both_roles (void)
{
  g_autoptr (Owner) owner = owner_new ();
  EngineConnection *client = dial (owner, "127.0.0.1", owner->port);
  EngineConnection *server;

  owner_wait (owner, OWNER_OPENED, 2);
  server = owner->protocol->first != client ? owner->protocol->first : client->next;
  for (guint i = 0; i < 2; i++)
    {
      engine_context_hold (owner->context);
      engine_connection_send_control (i == 0 ? client : server, WIRE_OPCODE_PING, NULL, 0, NULL);
      engine_connection_send_control (i == 0 ? server : client, WIRE_OPCODE_PING, NULL, 0, NULL);
      engine_context_release (owner->context);
      owner_wait (owner, OWNER_PONG, 2 * i + 2);
    }
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
}

static void
test_localhost (void)
{
  g_autoptr (Owner) owner = owner_new ();

  dial (owner, "localhost", owner->port);
  owner_wait (owner, OWNER_OPENED, 2);
}

static void
test_ipv6 (void)
{
  static const char *const addresses[] = { "::1", "[::1]" };
  g_autoptr (Owner) owner = owner_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      dial (owner, addresses[i], owner->port);
      while (owner->counts[OWNER_OPENED] < 2 * i + 2 && owner->counts[OWNER_FAILED] == 0)
        engine_loop_service (owner->context, 10);
      if (i == 0 && owner->counts[OWNER_FAILED] > 0)
        {
          g_test_skip ("no IPv6 on the loopback interface");
          return;
        }
      g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 0);
    }
}

static void
test_many (void)
{
  g_autoptr (Owner) owner = owner_new ();

  for (guint i = 0; i < 50; i++)
    dial (owner, "127.0.0.1", owner->port);
  owner_wait (owner, OWNER_OPENED, 100);
  g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 0);
  g_assert_cmpuint (owner->context->jobs, ==, 0);
}

/* --- the request */

static const struct {
  const char *name;
  EngineDestination destination;
  const char *start;
  const char *host;             /* %u is the port */
} request_cases[] = {
  { "plain", { .address = "127.0.0.1" }, "GET / HTTP/1.1\r\n", "\r\nHost: 127.0.0.1:%u\r\n" },
  { "target", { .address = "127.0.0.1", .target = "/a?b" }, "GET /a?b HTTP", "\r\nHost: 127.0.0.1:%u\r\n" },
  { "no-slash", { .address = "127.0.0.1", .target = "a" }, "GET /a HTTP/1.1\r\n", "\r\nHost: 127.0.0.1:%u\r\n" },
  { "host", { .address = "127.0.0.1", .host = "example.org" }, "GET / HTTP/1.1\r\n", "\r\nHost: example.org:%u\r\n" },
  { "host-with-port", { .address = "127.0.0.1", .host = "example.org:80" }, "GET / ", "\r\nHost: example.org:80\r\n" },
  { "host-as-uri", { .address = "127.0.0.1", .host = "http://a.example/b" }, "GET / ", "\r\nHost: a.example:%u\r\n" },
  { "ipv6-host", { .address = "127.0.0.1", .host = "::1" }, "GET / ", "\r\nHost: [::1]:%u\r\n" },
};

static void
test_request (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (Owner) owner = owner_new_deaf ();
  EngineDestination destination = request_cases[index].destination;
  g_autoptr (RawPeer) peer = NULL;
  g_autofree char *request = NULL;
  g_auto (GStrv) host = g_strsplit (request_cases[index].host, "%u", 2);
  g_autofree char *port_text = NULL;
  g_autofree char *host_line = NULL;
  int listener = raw_listen (&destination.port);

  destination.origin = "http://origin.example";
  destination.subprotocols = "one, two";
  g_assert_nonnull (engine_connector_dial (owner->context, &destination, NULL));
  peer = raw_accept (listener, owner_turn, owner);
  close (listener);
  request = raw_peer_read_head (peer);

  port_text = g_strdup_printf ("%u", destination.port);
  host_line = g_strjoinv (port_text, host);
  g_assert_true (g_str_has_prefix (request, request_cases[index].start));
  g_assert_nonnull (strstr (request, host_line));
  g_assert_nonnull (strstr (request, "\r\nOrigin: http://origin.example\r\n"));
  g_assert_nonnull (strstr (request, "\r\nSec-WebSocket-Protocol: one, two\r\n"));
  g_assert_nonnull (strstr (request, "\r\nSec-WebSocket-Version: 13\r\n"));
}

static const struct {
  const char *name;
  EngineDestination destination;
} invalid_cases[] = {
  { "no-address", { .address = "", .port = 80 } },
  { "no-port", { .address = "127.0.0.1" } },
  { "space-in-target", { .address = "127.0.0.1", .port = 80, .target = "/a b" } },
  { "crlf-in-target", { .address = "127.0.0.1", .port = 80, .target = "/\r\nX: y" } },
  { "crlf-in-host", { .address = "127.0.0.1", .port = 80, .host = "a\r\nX: y" } },
  { "lf-in-origin", { .address = "127.0.0.1", .port = 80, .origin = "a\nb" } },
  { "subprotocol", { .address = "127.0.0.1", .port = 80, .subprotocols = "a b" } },
  { "subprotocol-twice", { .address = "127.0.0.1", .port = 80, .subprotocols = "a, a" } },
};

static void
test_invalid (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  g_assert_null (engine_connector_dial (owner->context, &invalid_cases[index].destination, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_assert_cmpstr (error->message, !=, "");
  g_assert_cmpuint (owner_n_connections (owner), ==, 0);
}

/* --- no connection */

/* A job that was cancelled still has to answer. */
static void
wait_for_jobs (Owner *owner)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  while (owner->context->jobs > 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      engine_loop_service (owner->context, 10);
    }
}

static void
expect_error (Owner *owner, GQuark domain, int code, const char *part)
{
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 1);
  g_assert_cmpuint (owner->counts[OWNER_OPENED] + owner->counts[OWNER_CLOSED], ==, 0);
  g_assert_error (owner->error, domain, code);
  g_assert_nonnull (strstr (owner->error->message, part));
  wait_for_jobs (owner);
}

static void
expect_failure (Owner *owner, EngineError code, const char *part)
{
  expect_error (owner, ENGINE_ERROR, (int) code, part);
}

static void
test_refused_port (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  guint16 port;

  close (raw_listen (&port));
  dial (owner, "127.0.0.1", port);
  expect_error (owner, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "refused");
}

static void
test_unknown_name (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  dial (owner, "does-not-exist.invalid", 80);
  expect_error (owner, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "does-not-exist.invalid");
}

static void
test_connect_limit (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  EngineConnection *connection = dial (owner, "127.0.0.1", 9);

  g_assert_cmpint (connection->state, ==, ENGINE_STATE_CONNECTING);
  g_assert_true (engine_timer_is_set (&connection->timer));
  /* As if TCP had not come to a result: no iteration has asked it for one. */
  engine_context_hold (owner->context);
  engine_timer_wheel_clear (&owner->context->wheel, &connection->timer);
  connection->timer.due = owner->context->tick;
  engine_connection_on_deadline (connection);
  engine_context_release (owner->context);
  expect_failure (owner, ENGINE_ERROR_TIMED_OUT, "127.0.0.1");
}

/* --- servers that do not want us */

#define SWITCHING                                                                                                      \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"

static const struct {
  const char *name;
  const char *answer;           /* %s is the right Accept */
  guint status;
} answer_cases[] = {
  { "200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200 },
  { "301", "HTTP/1.1 301 Moved Permanently\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 301 },
  { "401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401 },
  { "503", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 503 },
  { "wrong-accept", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 0 },
  { "no-accept", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 0 },
  { "unasked-subprotocol", SWITCHING "Sec-WebSocket-Protocol: chat\r\n\r\n", 0 },
  { "unasked-extension", SWITCHING "Sec-WebSocket-Extensions: permessage-deflate; unasked\r\n\r\n", 0 },
  { "no-http", "SSH-2.0-OpenSSH_9.2\r\n", 0 },
  { "nul", "HTTP/1.1 101 \x01\r\n\r\n", 0 },
};

static char *
right_accept (const char *request)
{
  const char *key = strstr (request, "\r\nSec-WebSocket-Key: ") + strlen ("\r\nSec-WebSocket-Key: ");
  g_autofree char *copy = g_strndup (key, WIRE_KEY_SIZE);
  char accept[WIRE_ACCEPT_SIZE + 1];

  wire_accept_for_key (accept, copy);

  return g_strdup (accept);
}

static char *
fill_in (const char *answer, const char *accept)
{
  g_auto (GStrv) parts = g_strsplit (answer, "%s", 2);

  return g_strjoinv (accept, parts);
}

/* The test is the server: everything up to the request. */
static RawPeer *
serve_request (Owner *owner, char **accept)
{
  guint16 port;
  int listener = raw_listen (&port);
  g_autofree char *request = NULL;
  RawPeer *peer;

  dial (owner, "127.0.0.1", port);
  peer = raw_accept (listener, owner_turn, owner);
  close (listener);
  request = raw_peer_read_head (peer);
  *accept = right_accept (request);

  return peer;
}

static void
note_status (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_FAILED)
    *(guint *) owner->hook_data = connection->dial->status;
}

static void
test_answer (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (answer_cases[index].answer, accept);
  g_autofree char *status_text = g_strdup_printf ("%u", answer_cases[index].status);
  guint status = 0;

  owner->hook = note_status;
  owner->hook_data = &status;
  raw_peer_send_text (peer, answer);
  expect_failure (owner, ENGINE_ERROR_HANDSHAKE, answer_cases[index].status != 0 ? status_text : "");
  g_assert_cmpuint (status, ==, answer_cases[index].status);
  raw_peer_expect_lost (peer);
}

/* As many answers 103 as are allowed, or one more. */
static void
test_interim (gconstpointer data)
{
  guint count = GPOINTER_TO_UINT (data);
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n", accept);

  for (guint i = 0; i < count; i++)
    {
      raw_peer_send_text (peer, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
      owner_turn (owner);
    }
  raw_peer_send_text (peer, answer);
  if (count <= ENGINE_INTERIM_ANSWERS)
    owner_wait (owner, OWNER_OPENED, 1);
  else
    expect_failure (owner, ENGINE_ERROR_HANDSHAKE, "more than 16 interim answers");
}

static void
test_accepted (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n", accept);
  RawFrame frame;

  /* Answer byte by byte, and the first frame right behind. */
  for (const char *c = answer; *c != '\0'; c++)
    {
      raw_peer_send (peer, c, 1);
      owner_turn (owner);
    }
  raw_peer_send (peer, "\x81\x05" "Hello", 7);
  owner_wait (owner, OWNER_DATA, 1);
  g_assert_cmpstr (owner->log->str, ==, "opened as client\ntext Hello\n");
  g_assert_null (owner->newest->dial);

  engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "Hello", 5, NULL);
  raw_peer_read_frame (peer, &frame);
  g_assert_true (frame.masked);
  g_assert_cmpmem (frame.payload, frame.length, "Hello", 5);
  raw_frame_clear (&frame);
}

/* The first frames in one packet with the answer. */
static void
test_eager_server (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n\x81\x03" "one\x81\x03" "two\x88\x02\x03\xe8", accept);

  raw_peer_send_text (peer, answer);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_cmpstr (owner->log->str, ==, "opened as client\ntext one\ntext two\nclosed 1000 -\n");
}

/* A client leaves TCP's end to the server, but not for ever. */
static void
test_client_waits_for_end (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n\x88\x02\x03\xe8", accept);

  raw_peer_send_text (peer, answer);
  owner_wait (owner, OWNER_CLOSED, 1);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  owner_settle (owner);
  raw_peer_pump (peer);
  g_assert_false (peer->ended);
  owner_pass_deadline (owner, owner->context->limits.close_ticks, OWNER_RELEASED);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  raw_peer_expect_end (peer);
}

static void
test_masked_by_server (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n", accept);

  raw_peer_send_text (peer, answer);
  raw_peer_send_frame (peer, TEXT_FRAME, "masked", 6);
  raw_peer_expect_close (peer, WIRE_CLOSE_PROTOCOL_ERROR);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_true (g_str_has_prefix (owner->log->str, "opened as client\nclosed 1002 "));
}

static void
test_refused_by_us (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);
  g_autofree char *answer = fill_in (SWITCHING "\r\n", accept);

  owner->refuse = 400;
  raw_peer_send_text (peer, answer);
  expect_failure (owner, ENGINE_ERROR_HANDSHAKE, "refused by the test");
}

static void
test_closes_early (void)
{
  static const char *const answers[] = { "", "HTTP/1.1 101 Swi", "HTTP/1.1 101 Switching Protocols\r\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (Owner) owner = owner_new_deaf ();
      g_autofree char *accept = NULL;
      g_autoptr (RawPeer) peer = serve_request (owner, &accept);

      raw_peer_send_text (peer, answers[i]);
      raw_peer_shutdown (peer);
      expect_failure (owner, ENGINE_ERROR_HANDSHAKE, "");
    }
}

static void
test_resets (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);

  raw_peer_reset (peer);
  expect_failure (owner, ENGINE_ERROR_CLOSED, "");
}

static void
test_never_answers (gconstpointer half)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autofree char *accept = NULL;
  g_autoptr (RawPeer) peer = serve_request (owner, &accept);

  if (half != NULL)
    raw_peer_send_text (peer, half);
  owner_settle (owner);
  owner_pass_deadline (owner, owner->context->limits.handshake_ticks, OWNER_FAILED);
  expect_failure (owner, ENGINE_ERROR_TIMED_OUT,
                  half != NULL ? "Only a part of the server's answer to the handshake came within 10 s"
                               : "The server did not answer the handshake within 10 s");
}

/* --- the end while dialing */

typedef enum {
  PHASE_STARTED,                /* no iteration yet */
  PHASE_RESOLVING,
  PHASE_CONNECTING,
  PHASE_REQUESTED,
  N_PHASES
} LoopStep;

/* Leaves @peer at NULL in the phases in which there is none. */
static void
reach_phase (Owner *owner, LoopStep phase, RawPeer **peer)
{
  g_autofree char *accept = NULL;

  switch (phase)
    {
    case PHASE_STARTED:
      dial (owner, "127.0.0.1", 9);
      break;
    case PHASE_RESOLVING:
      dial (owner, "does-not-exist.invalid", 80);
      g_main_context_iteration (owner->context->gio, FALSE);
      break;
    case PHASE_CONNECTING:
      dial (owner, "127.0.0.1", 9);
      g_main_context_iteration (owner->context->gio, FALSE);
      break;
    default:
      *peer = serve_request (owner, &accept);
      break;
    }
}

static void
test_closed_in_phase (void)
{
  for (LoopStep phase = PHASE_STARTED; phase < N_PHASES; phase++)
    {
      g_autoptr (Owner) owner = owner_new_deaf ();
      g_autoptr (RawPeer) peer = NULL;
      int expected;

      reach_phase (owner, phase, &peer);
      /* A refusal may have come already. */
      expected = owner->context->first->state == ENGINE_STATE_CLOSED ? ENGINE_ERROR_CONNECT : ENGINE_ERROR_CLOSED;
      engine_connection_close (owner->context->first, WIRE_CLOSE_NORMAL, NULL, 0);
      owner_wait (owner, OWNER_RELEASED, 1);
      g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 1);
      g_assert_error (owner->error, ENGINE_ERROR, expected);
      wait_for_jobs (owner);
    }
}

/* --- a main context that another thread keeps */

typedef struct {
  GMainContext *context;
  GMutex mutex;
  GCond changed;
  gboolean kept;
  gboolean release;
} Keeper;

static gpointer
keep_context (gpointer data)
{
  Keeper *keeper = data;

  g_mutex_lock (&keeper->mutex);
  keeper->kept = g_main_context_acquire (keeper->context);
  g_cond_signal (&keeper->changed);
  while (!keeper->release)
    g_cond_wait (&keeper->changed, &keeper->mutex);
  g_main_context_release (keeper->context);
  g_mutex_unlock (&keeper->mutex);

  return NULL;
}

static GThread *
keeper_start (Keeper *keeper, GMainContext *context)
{
  GThread *thread;

  keeper->context = context;
  g_mutex_init (&keeper->mutex);
  g_cond_init (&keeper->changed);
  g_mutex_lock (&keeper->mutex);
  thread = g_thread_new ("keeper", keep_context, keeper);
  while (!keeper->kept)
    g_cond_wait (&keeper->changed, &keeper->mutex);
  g_mutex_unlock (&keeper->mutex);

  return thread;
}

static void
keeper_end (Keeper *keeper, GThread *thread)
{
  g_mutex_lock (&keeper->mutex);
  keeper->release = TRUE;
  g_cond_signal (&keeper->changed);
  g_mutex_unlock (&keeper->mutex);
  g_thread_join (thread);
  g_mutex_clear (&keeper->mutex);
  g_cond_clear (&keeper->changed);
}

/* GIO could answer nobody: the connection fails instead. */
static void
test_kept_context (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  Keeper keeper = { 0 };
  GThread *thread;

  owner->context->gio = g_main_context_new ();
  thread = keeper_start (&keeper, owner->context->gio);
  dial (owner, "127.0.0.1", 9);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 1);
  g_assert_error (owner->error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM);
  keeper_end (&keeper, thread);
}

/* It may also be taken while GIO is at work: the loop waits then, and does not spin. */
static void
test_borrowed_context (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (RawPeer) peer = NULL;
  Keeper keeper = { 0 };
  GThread *thread;
  guint16 port;
  int listener = raw_listen (&port);
  gint64 start;

  dial (owner, "127.0.0.1", port);
  thread = keeper_start (&keeper, owner->context->gio);
  for (guint i = 0; i < 3; i++)
    {
      start = g_get_monotonic_time ();
      g_assert_true (engine_loop_service (owner->context, i == 0 ? -1 : 1000));
      g_assert_cmpint (g_get_monotonic_time () - start, >=, 5000);
    }
  g_assert_cmpuint (owner->context->jobs, ==, 1);
  keeper_end (&keeper, thread);

  wait_for_jobs (owner);
  peer = raw_accept (listener, owner_turn, owner);
  close (listener);
}

static void
test_destroyed_in_phase (void)
{
  for (LoopStep phase = PHASE_STARTED; phase < N_PHASES; phase++)
    {
      g_autoptr (Owner) owner = owner_new_deaf ();
      g_autoptr (RawPeer) peer = NULL;

      reach_phase (owner, phase, &peer);
      engine_context_destroy (owner->context);
      g_assert_null (owner->context);
      g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 1);
      g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
    }
}

static void
dial_again (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  const EngineDestination destination = { .address = "127.0.0.1", .port = 80 };
  GError **error = owner->hook_data;

  if (event == OWNER_FAILED)
    g_assert_null (engine_connector_dial (owner->context, &destination, error));
}

static void
test_dial_while_destroyed (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  owner->hook = dial_again;
  owner->hook_data = &error;
  dial (owner, "127.0.0.1", 9);
  engine_context_destroy (owner->context);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED);
}

/* --- */

static void
add_cases (const char *group, gsize count, gsize size, const void *first, GTestDataFunc func)
{
  for (gsize i = 0; i < count; i++)
    {
      const char *name = *(const char *const *) ((const guint8 *) first + i * size);
      g_autofree char *path = g_strconcat ("/engine/connector/", group, "/", name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

#define ADD_CASES(group, cases, func) add_cases (group, G_N_ELEMENTS (cases), sizeof cases[0], cases, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/connector/same-context", test_same_context);
  g_test_add_func ("/engine/connector/other-context", test_other_context);
  g_test_add_func ("/engine/connector/empty-frames-of-both-roles", test_empty_frames_of_both_roles);
  g_test_add_func ("/engine/connector/localhost", test_localhost);
  g_test_add_func ("/engine/connector/ipv6", test_ipv6);
  g_test_add_func ("/engine/connector/many", test_many);
  ADD_CASES ("request", request_cases, test_request);
  ADD_CASES ("invalid", invalid_cases, test_invalid);
  g_test_add_func ("/engine/connector/refused-port", test_refused_port);
  g_test_add_func ("/engine/connector/unknown-name", test_unknown_name);
  g_test_add_func ("/engine/connector/connect-limit", test_connect_limit);
  ADD_CASES ("answer", answer_cases, test_answer);
  g_test_add_data_func ("/engine/connector/interim/most", GUINT_TO_POINTER (ENGINE_INTERIM_ANSWERS), test_interim);
  g_test_add_data_func ("/engine/connector/interim/more", GUINT_TO_POINTER (ENGINE_INTERIM_ANSWERS + 1), test_interim);
  g_test_add_func ("/engine/connector/accepted", test_accepted);
  g_test_add_func ("/engine/connector/eager-server", test_eager_server);
  g_test_add_func ("/engine/connector/waits-for-the-end", test_client_waits_for_end);
  g_test_add_func ("/engine/connector/masked-by-server", test_masked_by_server);
  g_test_add_func ("/engine/connector/refused-by-us", test_refused_by_us);
  g_test_add_func ("/engine/connector/closes-early", test_closes_early);
  g_test_add_func ("/engine/connector/resets", test_resets);
  g_test_add_data_func ("/engine/connector/never-answers", NULL, test_never_answers);
  g_test_add_data_func ("/engine/connector/never-answers/half", "HTTP/1.1 101 ", test_never_answers);
  g_test_add_func ("/engine/connector/closed-while-dialing", test_closed_in_phase);
  g_test_add_func ("/engine/connector/destroyed-while-dialing", test_destroyed_in_phase);
  g_test_add_func ("/engine/connector/kept-main-context", test_kept_context);
  g_test_add_func ("/engine/connector/borrowed-main-context", test_borrowed_context);
  g_test_add_func ("/engine/connector/dial-while-destroyed", test_dial_while_destroyed);

  return g_test_run ();
}
