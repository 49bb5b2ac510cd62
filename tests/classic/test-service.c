/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* libwebsocket_service() and who is told that it may write, and when. */

typedef struct {
  struct libwebsocket *wsi;
  guint writeables;
  guint messages;
  gboolean asks_again;
} Session;

static GPtrArray *sessions;     /* of open connections, in order of opening */
static guint messages;

static int
callback_ask (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  Session *session = user;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      session->wsi = wsi;
      g_ptr_array_add (sessions, session);
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      session->writeables++;
      if (session->asks_again)
        g_assert_cmpint (libwebsocket_callback_on_writable (wsi), ==, 0);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      session->messages++;
      messages++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      g_assert_true (g_ptr_array_remove (sessions, session));
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "one", .callback = callback_ask, .per_session_data_size = sizeof (Session) },
  { .name = "two", .callback = callback_ask, .per_session_data_size = sizeof (Session) },
  { .callback = NULL },
};

static Session *
session_at (guint index)
{
  return g_ptr_array_index (sessions, index);
}

static struct libwebsocket_context *
begin (guint16 *port)
{
  g_assert_cmpuint (sessions->len, ==, 0);
  messages = 0;

  return stage_listen (protocols, port);
}

/* --- time */

static void
test_timeout (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  gint64 start;

  /* What is left of the beginning. */
  stage_serve_turns (context, 3);

  start = g_get_monotonic_time ();
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_TIME_SPAN_SECOND);

  start = g_get_monotonic_time ();
  g_assert_cmpint (libwebsocket_service (context, 150), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 150 * 1000);

  libwebsocket_context_destroy (context);
}

static gpointer
send_later (gpointer data)
{
  RawPeer *peer = data;

  g_usleep (50 * 1000);
  raw_peer_send_message (peer, "wake up");

  return NULL;
}

/* An iteration that waits for ever ends when something comes. */
static void
test_wakes_up (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  GThread *thread;

  peer->context = NULL;
  thread = g_thread_new ("sender", send_later, peer);
  while (messages == 0)
    g_assert_cmpint (libwebsocket_service (context, -1), ==, 0);
  g_thread_join (thread);

  libwebsocket_context_destroy (context);
}

/* A flood on one connection lets others have their iteration. */
static void
test_flood_is_fair (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) flooder = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) other = raw_peer_open (context, port, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize sent = 0;
  gsize step;

  for (guint i = 0; i < 200000; i++)
    raw_append_frame (bytes, TRUE, RAW_FIN | RAW_TEXT, "x", 1);
  while ((step = raw_peer_send_some (flooder, bytes->data + sent, bytes->len - sent)) > 0 && sent < bytes->len)
    sent += step;
  g_assert_cmpuint (sent, >, 7 * 10000);
  raw_peer_send_message (other, "me too");
  STAGE_SERVE_UNTIL (context, session_at (1)->messages == 1);
  /* The other one did not wait for the last of them. */
  g_assert_cmpuint (session_at (0)->messages, <, sent / 7);

  libwebsocket_context_destroy (context);
}

/* --- writable callbacks */

static void
test_one_request_one_callback (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (libwebsocket_callback_on_writable (session_at (0)->wsi), ==, 0);
  g_assert_cmpuint (session_at (0)->writeables, ==, 0);
  g_assert_cmpint (libwebsocket_service (context, 10000), ==, 0);
  g_assert_cmpuint (session_at (0)->writeables, ==, 1);
  stage_serve_turns (context, 10);
  g_assert_cmpuint (session_at (0)->writeables, ==, 1);

  libwebsocket_context_destroy (context);
}

/* Who asks again each time is called once in each iteration; others are not forgotten. */
static void
test_asks_again (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) greedy = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) greedy_too = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) modest = raw_peer_open (context, port, NULL);
  guint before;

  for (guint i = 0; i < 2; i++)
    {
      session_at (i)->asks_again = TRUE;
      g_assert_cmpint (libwebsocket_callback_on_writable (session_at (i)->wsi), ==, 0);
    }
  for (guint iteration = 1; iteration <= 50; iteration++)
    {
      g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
      g_assert_cmpuint (session_at (0)->writeables, ==, iteration);
      g_assert_cmpuint (session_at (1)->writeables, ==, iteration);
    }

  before = session_at (0)->writeables;
  g_assert_cmpint (libwebsocket_callback_on_writable (session_at (2)->wsi), ==, 0);
  raw_peer_send_message (modest, "and a message");
  STAGE_SERVE_UNTIL (context, session_at (2)->writeables == 1 && session_at (2)->messages == 1);
  g_assert_cmpuint (session_at (0)->writeables, <, before + 100);

  libwebsocket_context_destroy (context);
}

static void
test_all_of_a_protocol (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) a = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) b = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) other = raw_peer_open (context, port, "two");

  g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (&protocols[0]), ==, 0);
  g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (&protocols[0]), ==, 0);
  g_assert_cmpuint (session_at (0)->writeables, ==, 0);
  stage_serve_turns (context, 5);
  g_assert_cmpuint (session_at (0)->writeables, ==, 1);
  g_assert_cmpuint (session_at (1)->writeables, ==, 1);
  g_assert_cmpuint (session_at (2)->writeables, ==, 0);

  libwebsocket_context_destroy (context);
  g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (&protocols[0]), ==, -1);
}

/* --- small questions */

static void
test_socket_fd (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  int fd = libwebsocket_get_socket_fd (session_at (0)->wsi);
  int type = 0;
  socklen_t length = sizeof type;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length), ==, 0);
  g_assert_cmpint (type, ==, SOCK_STREAM);
  g_assert_cmpint (send (fd, "\x81\x02hi", 4, MSG_NOSIGNAL), ==, 4);
  raw_peer_expect_text (peer, "hi");

  libwebsocket_context_destroy (context);
}

static void
test_get_protocol (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) one = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) two = raw_peer_open (context, port, "two");

  g_assert_true (libwebsockets_get_protocol (session_at (0)->wsi) == &protocols[0]);
  g_assert_true (libwebsockets_get_protocol (session_at (1)->wsi) == &protocols[1]);

  libwebsocket_context_destroy (context);
}

static void
test_null_arguments (void)
{
  unsigned char byte = 0;

  for (guint i = 0; i < 8; i++)
    g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_assert_cmpint (libwebsocket_service (NULL, 0), ==, -1);
  g_assert_cmpint (libwebsockets_fork_service_loop (NULL), ==, -1);
  g_assert_cmpint (libwebsocket_callback_on_writable (NULL), ==, -1);
  g_assert_cmpint (libwebsocket_write (NULL, &byte, 1, LWS_WRITE_TEXT), ==, -1);
  g_assert_cmpint (libwebsockets_broadcast (NULL, &byte, 1), ==, -1);
  g_assert_cmpint (libwebsocket_get_socket_fd (NULL), ==, -1);
  g_assert_null (libwebsocket_client_connect (NULL, "a", 80, 0, "/", NULL, NULL, NULL));
  libwebsocket_context_destroy (NULL);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  sessions = g_ptr_array_new ();

  g_test_add_func ("/classic/service/timeout", test_timeout);
  g_test_add_func ("/classic/service/wakes-up", test_wakes_up);
  g_test_add_func ("/classic/service/flood-is-fair", test_flood_is_fair);
  g_test_add_func ("/classic/service/writable/one-request-one-callback", test_one_request_one_callback);
  g_test_add_func ("/classic/service/writable/asks-again", test_asks_again);
  g_test_add_func ("/classic/service/writable/all-of-a-protocol", test_all_of_a_protocol);
  g_test_add_func ("/classic/service/socket-fd", test_socket_fd);
  g_test_add_func ("/classic/service/get-protocol", test_get_protocol);
  g_test_add_func ("/classic/service/null-arguments", test_null_arguments);

  result = g_test_run ();
  g_ptr_array_unref (sessions);

  return result;
}
