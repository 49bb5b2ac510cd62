/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* libwebsocket_client_connect(), libwebsocket_client_close(), and what servers may
 * answer. */

typedef struct {
  int number;
} Session;

static guint opened;
static guint closed;
static guint errors;
static guint given_up;          /* closed without having been open */
static char *error_text;
static const struct libwebsocket_protocols *chosen;
static const struct libwebsocket_protocols *told;
static struct libwebsocket *last;

static int
callback_client (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      ((Session *) user)->number++;
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      g_assert_cmpint (((Session *) user)->number++, ==, 0);
      g_assert_true (last == NULL || wsi == last);
      chosen = libwebsockets_get_protocol (wsi);
      opened++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      g_assert_cmpint (((Session *) user)->number, ==, errors > given_up ? 2 : 1);
      if (errors > given_up)
        given_up++;
      else
        closed++;
      return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      /* Its own memory, which CLOSED has, too, and that follows before anything else. */
      g_assert_cmpuint (errors, ==, given_up);
      g_assert_cmpint (((Session *) user)->number, ==, 0);
      ((Session *) user)->number = 2;
      g_assert_cmpuint (strlen (in), ==, len);
      g_free (error_text);
      error_text = g_strdup (in);
      told = libwebsockets_get_protocol (wsi);
      errors++;
      return 0;
    default:
      return 0;
    }
}

enum {
  PROTOCOL_CHAT,
  PROTOCOL_NEWS,
  PROTOCOL_NONE,
};

static struct libwebsocket_protocols protocols[] = {
  [PROTOCOL_CHAT] = { .name = "chat", .callback = callback_client, .per_session_data_size = sizeof (Session) },
  [PROTOCOL_NEWS] = { .name = "news", .callback = callback_client, .per_session_data_size = sizeof (Session) },
  [PROTOCOL_NONE] = { .name = NULL, .callback = callback_client, .per_session_data_size = sizeof (Session) },
  { .callback = NULL },
};

static struct libwebsocket_protocols single[] = {
  { .name = "chat", .callback = callback_client, .per_session_data_size = sizeof (Session) },
  { .callback = NULL },
};

static struct libwebsocket_context *
begin (struct libwebsocket_protocols *list)
{
  struct libwebsocket_context *context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, list, NULL, NULL, -1,
                                                                      -1);

  g_assert_nonnull (context);
  opened = closed = errors = given_up = 0;
  g_clear_pointer (&error_text, g_free);
  chosen = told = NULL;
  last = NULL;

  return context;
}

static void
assert_is_connected (struct libwebsocket *wsi, guint16 port)
{
  struct sockaddr_in address = { 0 };
  socklen_t length = sizeof address;

  g_assert_cmpint (getpeername (libwebsocket_get_socket_fd (wsi), (struct sockaddr *) &address, &length), ==, 0);
  g_assert_cmpint (address.sin_family, ==, AF_INET);
  g_assert_cmpuint (g_ntohs (address.sin_port), ==, port);
}

static struct libwebsocket *
dial (struct libwebsocket_context *context, guint16 port, const char *subprotocols)
{
  last = libwebsocket_client_connect (context, "127.0.0.1", port, 0, "/chat?room=1", "server.example.com", NULL,
                                      subprotocols);
  g_assert_nonnull (last);
  /* Programs ask at once who they speak to. */
  assert_is_connected (last, port);

  return last;
}

/* --- what is asked for */

typedef struct {
  const char *host;
  const char *path;
  const char *origin;
  const char *protocol;
  const char *request_line;
  const char *host_field;       /* without a port: ours is added */
} Asking;

static const Asking askings[] = {
  { "server.example.com", "/a?b=c", "http://page.example.com", "chat", "GET /a?b=c HTTP/1.1", "server.example.com" },
  { NULL, NULL, NULL, NULL, "GET / HTTP/1.1", "127.0.0.1" },
  { "http://server.example.com", "/", "origin", "", "GET / HTTP/1.1", "server.example.com" },
  { "ws://server.example.com/and/path", "relative", "origin", "news,chat", "GET /relative HTTP/1.1",
    "server.example.com" },
  { "server.example.com:8080", "/", NULL, " news , chat ", "GET / HTTP/1.1", "server.example.com:8080" },
  { "::1", "/", NULL, NULL, "GET / HTTP/1.1", "[::1]" },
  { "[::1]:99", "/", NULL, NULL, "GET / HTTP/1.1", "[::1]:99" },
};

static void
test_requests (void)
{
  guint16 port;
  int listener = raw_listen (&port);

  for (guint i = 0; i < G_N_ELEMENTS (askings); i++)
    {
      const Asking *asking = &askings[i];
      struct libwebsocket_context *context = begin (protocols);
      g_autoptr (RawPeer) peer = NULL;
      g_autofree char *head = NULL;
      g_autofree char *host = NULL;
      g_autofree char *origin = NULL;
      g_autofree char *subprotocols = NULL;
      g_autofree char *with_port = g_strdup_printf ("%s:%u", asking->host_field, port);
      gboolean asks = asking->protocol != NULL && asking->protocol[0] != '\0';

      g_assert_nonnull (libwebsocket_client_connect (context, "127.0.0.1", port, 0, asking->path, asking->host,
                                                     asking->origin, asking->protocol));
      peer = raw_peer_accept (context, listener);
      head = raw_peer_read_head (peer);
      g_assert_true (g_str_has_prefix (head, asking->request_line));
      host = raw_head_value (head, "Host");
      g_assert_true (g_str_equal (host, with_port) || g_str_equal (host, asking->host_field));
      origin = raw_head_value (head, "Origin");
      g_assert_cmpstr (origin, ==, asking->origin);
      subprotocols = raw_head_value (head, "Sec-WebSocket-Protocol");
      g_assert_cmpint (subprotocols != NULL, ==, asks);

      libwebsocket_context_destroy (context);
      g_assert_cmpuint (errors, ==, 1);
    }
  close (listener);
}

static void
refuse (struct libwebsocket_context *context, const char *address, int port, int ssl, const char *path,
        const char *host, const char *origin, const char *protocol, const char *pattern)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, pattern);
  g_assert_null (libwebsocket_client_connect (context, address, port, ssl, path, host, origin, protocol));
  g_test_assert_expected_messages ();
}

static void
test_bad_arguments (void)
{
  struct libwebsocket_context *context = begin (protocols);
  const char *const bad_hosts[] = { "a\r\nInjected: 1", "a b", "a\nb", "a\rb", "http://a b", "a\tb", "" };

  refuse (context, "127.0.0.1", 80, 3, "/", NULL, NULL, NULL, "libwebsocket_client_connect: *ssl_connection is 3*");
  refuse (context, "127.0.0.1", 80, -1, "/", NULL, NULL, NULL, "*ssl_connection is -1*");
  refuse (context, "127.0.0.1", 0, 0, "/", NULL, NULL, NULL, "*port between 1 and 65535*");
  refuse (context, "127.0.0.1", -1, 0, "/", NULL, NULL, NULL, "*port between*");
  refuse (context, "127.0.0.1", 65536 + 80, 0, "/", NULL, NULL, NULL, "*port between*");
  refuse (context, "", 80, 0, "/", NULL, NULL, NULL, "*address*");
  for (guint i = 0; i < G_N_ELEMENTS (bad_hosts); i++)
    {
      refuse (context, "127.0.0.1", 80, 0, "/", bad_hosts[i], NULL, NULL, "libwebsocket_client_connect: *host*");
      if (bad_hosts[i][0] != '\0')
        refuse (context, bad_hosts[i], 80, 0, "/", NULL, NULL, NULL, "libwebsocket_client_connect: *host*");
    }
  refuse (context, "127.0.0.1", 80, 0, "/a b", NULL, NULL, NULL, "*path*");
  refuse (context, "127.0.0.1", 80, 0, "/\r\nInjected: 1", NULL, NULL, NULL, "*path*");
  refuse (context, "127.0.0.1", 80, 0, "/a#b", NULL, NULL, NULL, "*fragment*");
  refuse (context, "127.0.0.1", 80, 0, "/", NULL, "a\r\nInjected: 1", NULL, "*origin*");
  refuse (context, "127.0.0.1", 80, 0, "/", NULL, NULL, "chat\r\nInjected: 1", "libwebsocket_client_connect: *");
  refuse (context, "127.0.0.1", 80, 0, "/", NULL, NULL, "chat,chat", "libwebsocket_client_connect: *");

  libwebsocket_context_destroy (context);
  g_assert_cmpuint (errors, ==, 0);
}

/* --- success */

/* What the server chooses is the protocol of the connection. */
static void
establish (struct libwebsocket_protocols *list, const char *asked, const char *fields, int expected)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (list);
  g_autoptr (RawPeer) peer = NULL;
  struct libwebsocket *wsi = dial (context, port, asked);

  peer = raw_peer_accept (context, listener);
  /* Not before it stands. */
  g_assert_cmpint (stage_write_text (wsi, "early"), ==, -1);
  g_assert_cmpint (libwebsocket_callback_on_writable (wsi), ==, -1);
  raw_peer_accept_handshake (peer, fields);
  STAGE_SERVE_UNTIL (context, opened == 1);
  g_assert_true (chosen == &list[expected]);
  g_assert_cmpint (libwebsocket_get_socket_fd (wsi), >=, 0);

  g_assert_cmpint (stage_write_text (wsi, "hello"), ==, 0);
  raw_peer_expect_text (peer, "hello");
  raw_peer_send_close (peer, 1000);
  raw_peer_expect_close (peer, 1000);
  STAGE_SERVE_UNTIL (context, closed == 1);

  libwebsocket_context_destroy (context);
  g_assert_cmpuint (errors, ==, 0);
  close (listener);
}

static void
test_established (void)
{
  establish (protocols, NULL, NULL, PROTOCOL_NONE);
  establish (protocols, "", NULL, PROTOCOL_NONE);
  establish (protocols, "chat", "Sec-WebSocket-Protocol: chat\r\n", PROTOCOL_CHAT);
  establish (protocols, "chat,news", "Sec-WebSocket-Protocol: news\r\n", PROTOCOL_NEWS);
  establish (protocols, "news, unknown", "sec-websocket-protocol:news\r\n", PROTOCOL_NEWS);
  /* With one protocol, index 0 is as good as any. */
  establish (single, "chat", "Sec-WebSocket-Protocol: chat\r\n", 0);
  establish (single, NULL, NULL, 0);
}

/* Frames that come in one packet with the answer. */
static void
test_eager_server (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  raw_peer_accept_handshake (peer, NULL);
  raw_peer_send_frame (peer, RAW_FIN | RAW_PING, "eager", 5);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_PONG, "eager", 5);
  g_assert_cmpuint (opened, ==, 1);

  libwebsocket_context_destroy (context);
  raw_peer_expect_close (peer, 1001);
  g_assert_cmpuint (closed, ==, 1);
  close (listener);
}

static void
test_many_at_once (void)
{
  const guint count = 50;
  gint64 deadline = stage_deadline ();
  guint16 port;
  struct libwebsocket_context *context;
  struct libwebsocket_context *server;
  static struct libwebsocket_protocols served[] = {
    { .name = "other", .callback = callback_client, .per_session_data_size = sizeof (Session) }, { 0 }
  };

  server = stage_listen (served, &port);
  context = begin (served);
  for (guint i = 0; i < count; i++)
    g_assert_nonnull (libwebsocket_client_connect (context, i % 2 == 0 ? "localhost" : "127.0.0.1", port, 0, "/", NULL,
                                                   NULL, "other"));
  while (opened + errors < count)
    {
      stage_turn (context, deadline);
      stage_turn (server, deadline);
    }
  g_assert_cmpuint (opened, ==, count);

  libwebsocket_context_destroy (context);
  libwebsocket_context_destroy (server);
}

/* --- failure */

static void
expect_error (struct libwebsocket_context *context, const char *pattern)
{
  STAGE_SERVE_UNTIL (context, errors == 1);
  if (!g_pattern_match_simple (pattern, error_text))
    g_error ("Expected \"%s\", got \"%s\"", pattern, error_text);
  stage_serve_turns (context, 3);
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (errors, ==, 1);
  g_assert_cmpuint (given_up, ==, 1);
  g_assert_cmpuint (opened, ==, 0);
  g_assert_cmpuint (closed, ==, 0);
}

/* As in 2011 the call says so, and nothing else does. */
static void
test_refused_port (void)
{
  struct libwebsocket_context *context = begin (protocols);

  refuse (context, "127.0.0.1", stage_free_port (), 0, "/", NULL, NULL, "unknown, news",
          "libwebsocket_client_connect: *127.0.0.1*refused*");
  refuse (context, "127.0.0.1", stage_free_port (), 2, "/", NULL, NULL, NULL, "*127.0.0.1*refused*");
  stage_serve_turns (context, 3);
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (errors + closed + given_up, ==, 0);
}

/* What fails later is told by a reason that old programs don't know, by one that they do, and on
 * standard error. */
static void
test_told_aloud (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;

  dial (context, port, "unknown, news");
  peer = raw_peer_accept (context, listener);
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsocket_client_connect: *403 Forbidden*");
  raw_peer_send_text (peer, "HTTP/1.1 403 Forbidden\r\n\r\n");
  expect_error (context, "*403 Forbidden*");
  g_test_assert_expected_messages ();
  g_assert_true (told == &protocols[PROTOCOL_NEWS]);
  close (listener);
}

/* From inside a callback of a server, to itself. */

static struct libwebsocket *inner;

static int
callback_dial (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  struct libwebsocket_context *context = libwebsockets_get_protocol (wsi)->owning_server;

  if (reason == LWS_CALLBACK_RECEIVE)
    {
      inner = libwebsocket_client_connect (context, "localhost", atoi (in), 0, "/", NULL, NULL, NULL);
      g_assert_nonnull (inner);
      g_assert_cmpint (libwebsocket_get_socket_fd (inner), >=, 0);
      g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*refused*");
      g_assert_null (libwebsocket_client_connect (context, "127.0.0.1", stage_free_port (), 0, "/", NULL, NULL, NULL));
      g_test_assert_expected_messages ();
    }
  opened += reason == LWS_CALLBACK_CLIENT_ESTABLISHED && wsi == inner;

  return 0;
}

static struct libwebsocket_protocols dialing[] = {
  { .name = "dial", .callback = callback_dial },
  { .callback = NULL },
};

static void
test_within_callback (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (dialing, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autofree char *text = g_strdup_printf ("%u", port);

  opened = 0;
  raw_peer_send_message (peer, text);
  STAGE_SERVE_UNTIL (context, opened == 1);
  libwebsocket_context_destroy (context);
}

static void
test_unknown_name (void)
{
  struct libwebsocket_context *context;

  if (stage_is_slow ())
    {
      g_test_skip ("valgrind finds what the C library's resolver keeps");
      return;
    }

  context = begin (protocols);
  /* RFC 6761: this name never resolves. */
  refuse (context, "no-such-host.invalid", 80, 0, "/", NULL, NULL, NULL, "*no-such-host.invalid*");
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (errors + closed + given_up, ==, 0);
}

typedef struct {
  const char *answer;           /* %s: the right Sec-WebSocket-Accept */
  const char *pattern;
} Refusal;

#define UPGRADE "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: %s\r\n"

static const Refusal refusals[] = {
  { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "*200 OK*101*" },
  { "HTTP/1.1 301 Moved Permanently\r\nLocation: http://else.example.com/\r\n\r\n",
    "*301 Moved Permanently*http://else.example.com/*" },
  { "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", "*401 Unauthorized*" },
  { "HTTP/1.1 503\r\n\r\n", "*503*" },
  { UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "*Sec-WebSocket-Accept*instead of*" },
  { UPGRADE "\r\n", "*Sec-WebSocket-Accept*" },
  { UPGRADE ACCEPT ACCEPT "\r\n", "*Sec-WebSocket-Accept*more than once*" },
  { "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", "*Upgrade*" },
  { "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", "*Upgrade*h2c*" },
  { "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n" ACCEPT "\r\n", "*Connection*" },
  { "HTTP/1.0 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", "*HTTP/1.0*" },
  { UPGRADE ACCEPT "Sec-WebSocket-Extensions: x-unasked\r\n\r\n", "*extension*x-unasked*" },
  { UPGRADE ACCEPT "\r\n", "*no subprotocol*chat,unknown*" },
  { UPGRADE ACCEPT "Sec-WebSocket-Protocol: news\r\n\r\n", "*subprotocol*news*chat,unknown*" },
  { UPGRADE ACCEPT "Sec-WebSocket-Protocol: unknown\r\n\r\n", "*subprotocol*unknown*does not have*" },
  { "SSH-2.0-OpenSSH_9.2\r\n\r\n", "*HTTP*got*" },
  { "HTTP/1.1 101 X\nUpgrade: websocket\n\n", "*lone LF*" },
};

static void
test_answers (void)
{
  guint16 port;
  int listener = raw_listen (&port);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      struct libwebsocket_context *context = begin (protocols);
      g_autoptr (RawPeer) peer = NULL;
      g_autofree char *head = NULL;
      g_autofree char *key = NULL;
      g_autofree char *accept = NULL;
      g_auto (GStrv) parts = g_strsplit (refusals[i].answer, "%s", -1);
      g_autofree char *answer = NULL;

      dial (context, port, "chat,unknown");
      peer = raw_peer_accept (context, listener);
      head = raw_peer_read_head (peer);
      key = raw_head_value (head, "Sec-WebSocket-Key");
      accept = raw_accept_for_key (key);
      answer = g_strjoinv (accept, parts);
      raw_peer_send_text (peer, answer);
      expect_error (context, refusals[i].pattern);
      g_assert_true (told == &protocols[PROTOCOL_CHAT]);
    }
  close (listener);
}

static void
test_unasked_subprotocol (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  raw_peer_accept_handshake (peer, "Sec-WebSocket-Protocol: chat\r\n");
  expect_error (context, "*subprotocol*chat*none was asked for*");
  close (listener);
}

static void
test_server_hangs_up (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autofree char *head = NULL;
  RawPeer *peer;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  head = raw_peer_read_head (peer);
  raw_peer_send_text (peer, "HTTP/1.1 101 Swi");
  stage_serve_turns (context, 3);
  raw_peer_free (peer);
  expect_error (context, "*server closed*");

  context = begin (protocols);
  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  raw_peer_reset (peer);
  expect_error (context, "*reset by peer*");
  raw_peer_free (peer);
  close (listener);
}

/* --- closing */

static void
test_close_before_connected (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);

  libwebsocket_client_close (dial (context, port, NULL));
  libwebsocket_client_close (last);
  g_assert_cmpuint (errors, ==, 0);
  expect_error (context, "*closed before*");
  close (listener);
}

static void
test_close_in_handshake (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;
  g_autofree char *head = NULL;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  head = raw_peer_read_head (peer);
  libwebsocket_client_close (last);
  raw_peer_await_end (peer);
  expect_error (context, "*closed before*");
  close (listener);
}

static void
test_close_twice (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  raw_peer_accept_handshake (peer, NULL);
  STAGE_SERVE_UNTIL (context, opened == 1);
  libwebsocket_client_close (last);
  libwebsocket_client_close (last);
  raw_peer_expect_close (peer, 1000);
  stage_serve_turns (context, 3);
  libwebsocket_client_close (last);
  g_assert_cmpuint (closed, ==, 0);
  raw_peer_send_close (peer, 1000);
  STAGE_SERVE_UNTIL (context, closed == 1);
  g_assert_cmpuint (peer->input->len, ==, 0);

  libwebsocket_context_destroy (context);
  g_assert_cmpuint (closed, ==, 1);
  close (listener);
}

/* A peer that never answers our Close has 5 seconds. */
static void
test_close_unanswered (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  struct libwebsocket_context *context = begin (protocols);
  g_autoptr (RawPeer) peer = NULL;
  gint64 begin_time;

  dial (context, port, NULL);
  peer = raw_peer_accept (context, listener);
  raw_peer_accept_handshake (peer, NULL);
  STAGE_SERVE_UNTIL (context, opened == 1);
  begin_time = g_get_monotonic_time ();
  libwebsocket_client_close (last);
  STAGE_SERVE_UNTIL (context, closed == 1);
  g_assert_cmpint (g_get_monotonic_time () - begin_time, >=, 5 * G_TIME_SPAN_SECOND);

  libwebsocket_context_destroy (context);
  close (listener);
}

/* Destroyed at each point of the handshake. */
static void
test_destroy_while_connecting (void)
{
  guint16 port;
  int listener = raw_listen (&port);

  for (guint turns = 0; turns < 4; turns++)
    {
      struct libwebsocket_context *context = begin (protocols);

      dial (context, port, NULL);
      last = libwebsocket_client_connect (context, "localhost", port, 0, "/", NULL, NULL, NULL);
      g_assert_nonnull (last);
      stage_serve_turns (context, turns);
      libwebsocket_context_destroy (context);
      g_assert_cmpuint (errors, ==, 2);
    }
  close (listener);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/client/requests", test_requests);
  g_test_add_func ("/classic/client/bad-arguments", test_bad_arguments);
  g_test_add_func ("/classic/client/established", test_established);
  g_test_add_func ("/classic/client/eager-server", test_eager_server);
  g_test_add_func ("/classic/client/many-at-once", test_many_at_once);
  g_test_add_func ("/classic/client/refused-port", test_refused_port);
  g_test_add_func ("/classic/client/unknown-name", test_unknown_name);
  g_test_add_func ("/classic/client/told-aloud", test_told_aloud);
  g_test_add_func ("/classic/client/within-callback", test_within_callback);
  g_test_add_func ("/classic/client/answers", test_answers);
  g_test_add_func ("/classic/client/unasked-subprotocol", test_unasked_subprotocol);
  g_test_add_func ("/classic/client/server-hangs-up", test_server_hangs_up);
  g_test_add_func ("/classic/client/close/before-connected", test_close_before_connected);
  g_test_add_func ("/classic/client/close/in-handshake", test_close_in_handshake);
  g_test_add_func ("/classic/client/close/twice", test_close_twice);
  g_test_add_func ("/classic/client/close/unanswered", test_close_unanswered);
  g_test_add_func ("/classic/client/destroy-while-connecting", test_destroy_while_connecting);

  result = g_test_run ();
  g_free (error_text);

  return result;
}
