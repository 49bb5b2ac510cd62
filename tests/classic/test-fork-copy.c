/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A forked process that does not serve: it has a copy of the context, and can do nothing to the
 * connections of the process that does. */

static struct libwebsocket *socket_of_peer;
static struct libwebsocket *visitor;  /* whose request waits for an answer */
static guint received;
static guint paused_received;
static gboolean paused;
static guint closed;
static pid_t forked;                  /* by a callback */
static gboolean forks;

static int
callback_talk (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      socket_of_peer = wsi;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      received++;
      paused_received += paused;
      if (!forks)
        return 0;
      g_assert_cmpint (libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT), ==, 0);
      if (forked == 0)
        forked = fork ();
      return 0;
    case LWS_CALLBACK_HTTP:
      visitor = wsi;
      return libwebsocket_callback_on_writable (wsi);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      /* The answer is not known yet. */
      return libwebsocket_callback_on_writable (wsi);
    case LWS_CALLBACK_BROADCAST:
      return libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT);
    case LWS_CALLBACK_CLOSED:
      closed++;
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "talk", .callback = callback_talk },
  { .callback = NULL },
};

static struct libwebsocket_context *
begin (guint16 *port)
{
  socket_of_peer = visitor = NULL;
  received = paused_received = closed = 0;
  paused = forks = FALSE;
  forked = 0;

  return stage_listen (protocols, port);
}

#define REFUSED(call)                                                                                              \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*: Another process runs the service loop*");    \
    call;                                                                                                          \
    g_test_assert_expected_messages ();                                                                            \
  }                                                                                                                \
  G_STMT_END

/* Each function that does something to a connection. */
static int
try_everything (gpointer context)
{
  static const char response[] = "HTTP/1.1 204 No Content\r\n\r\n";

  for (guint type = LWS_WRITE_TEXT; type <= LWS_WRITE_PONG; type++)
    REFUSED (g_assert_cmpint (stage_write (socket_of_peer, "child", 5, (int) type), ==, -1));
  REFUSED (g_assert_cmpint (stage_write (visitor, response, strlen (response), LWS_WRITE_HTTP), ==, -1));
  REFUSED (g_assert_cmpint (libwebsockets_serve_http_file (visitor, "/etc/hostname", NULL), !=, 0));
  REFUSED (libwebsocket_client_close (socket_of_peer));
  REFUSED (libwebsocket_client_close (visitor));
  REFUSED (g_assert_cmpint (libwebsocket_rx_flow_control (socket_of_peer, 1), ==, -1));
  REFUSED (g_assert_cmpint (libwebsocket_callback_on_writable (socket_of_peer), ==, -1));
  REFUSED (g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (protocols), ==, -1));
  REFUSED (g_assert_null (libwebsocket_client_connect (context, "127.0.0.1", 80, 0, "/", NULL, NULL, NULL)));

  return 0;
}

static int
free_copy (gpointer context)
{
  libwebsocket_context_destroy (context);

  return 0;
}

static int
broadcast (gpointer context)
{
  unsigned char buffer[STAGE_PADDED (4)];

  memcpy (STAGE_PAYLOAD (buffer), "news", 4);

  return libwebsockets_broadcast (protocols, STAGE_PAYLOAD (buffer), 4);
}

/* The peer has got nothing of all that, and goes on. */
static void
test_refuses (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) asking = raw_peer_connect (context, port);

  raw_peer_send_text (asking, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  STAGE_SERVE_UNTIL (context, visitor != NULL);
  g_assert_cmpint (libwebsocket_rx_flow_control (socket_of_peer, 0), ==, 0);
  raw_peer_send_message (peer, "not now");
  stage_serve_turns (context, 3);
  paused = TRUE;
  g_assert_cmpuint (received, ==, 0);

  stage_expect_exit (stage_fork (try_everything, context), NULL);
  stage_serve_turns (context, 3);
  g_assert_cmpuint (paused_received, ==, 0);
  g_assert_cmpint (stage_write_text (socket_of_peer, "parent"), ==, 0);
  raw_peer_expect_text (peer, "parent");

  /* What is left to it. */
  stage_expect_exit (stage_fork (broadcast, context), context);
  raw_peer_expect_text (peer, "news");
  stage_expect_exit (stage_fork (free_copy, context), NULL);
  stage_serve_turns (context, 3);
  g_assert_cmpuint (closed, ==, 0);
  g_assert_false (raw_peer_look (asking));
  g_assert_false (asking->ended);
  libwebsocket_rx_flow_control (socket_of_peer, 1);
  STAGE_SERVE_UNTIL (context, received == 1);

  libwebsocket_context_destroy (context);
}

/* Whoever forks in a callback and returns from it in both processes: the rest of the iteration is the
 * parent's, with what was written before and the next message. */
static void
test_fork_in_callback (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) other = raw_peer_open (context, port, NULL);
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  const pid_t parent = getpid ();
  gint64 end = stage_deadline ();

  forks = TRUE;
  raw_append_frame (frames, TRUE, RAW_FIN | RAW_TEXT, "one", 3);
  raw_append_frame (frames, TRUE, RAW_FIN | RAW_TEXT, "two", 3);
  raw_peer_send (peer, frames->data, frames->len);
  while (received == 0)
    stage_turn (context, end);
  if (getpid () != parent)
    /* The second message was not for it. */
    _exit (received == 1 ? 0 : 1);

  /* The child has left the iteration, too. */
  stage_expect_exit (forked, context);
  raw_peer_expect_text (peer, "one");
  raw_peer_expect_text (peer, "two");
  raw_peer_send_message (other, "three");
  raw_peer_expect_text (other, "three");
  raw_peer_say_goodbye (peer);
  g_assert_cmpuint (received, ==, 3);

  libwebsocket_context_destroy (context);
}

/* It takes the service over, as the API has it; then the others can do nothing. */

static int
serve (gpointer context)
{
  while (libwebsocket_service (context, 1000) >= 0 && received < 2)
    ;

  return 0;
}

static void
test_adopts (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  pid_t child;

  forks = TRUE;
  forked = getpid ();
  child = stage_fork (serve, context);
  peer->context = NULL;
  raw_peer_send_message (peer, "one");
  raw_peer_expect_text (peer, "one");
  REFUSED (g_assert_cmpint (stage_write_text (socket_of_peer, "parent"), ==, -1));
  REFUSED (libwebsocket_client_close (socket_of_peer));
  raw_peer_send_message (peer, "two");
  raw_peer_expect_text (peer, "two");
  stage_expect_exit (child, NULL);

  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/fork-copy/refuses", test_refuses);
  g_test_add_func ("/classic/fork-copy/fork-in-callback", test_fork_in_callback);
  g_test_add_func ("/classic/fork-copy/adopts", test_adopts);

  return g_test_run ();
}
