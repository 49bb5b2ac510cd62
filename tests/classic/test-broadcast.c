/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Broadcasts inside one process: from the thread of the loop and from others. */

#define THREADS 4
#define LARGE_SIZE (5 * 1024 * 1024)

typedef enum {
  PLAY_FORWARD,                 /* what comes is passed on */
  PLAY_SIGN,                    /* ... with the connection's own call as its first byte */
  PLAY_NOTHING,
} Play;

typedef struct {
  char call;
} Session;

static Play play;
static guint broadcasts;
static guint nested;
static gboolean in_callback;
static const struct libwebsocket_protocols *rebroadcast;
static guint8 expected_next[THREADS];
static guint from_threads;

static int
forward (struct libwebsocket *wsi, Session *session, unsigned char *bytes, size_t length)
{
  broadcasts++;
  nested += in_callback;
  if (play == PLAY_SIGN)
    bytes[0] = (unsigned char) session->call;
  if (play != PLAY_NOTHING)
    g_assert_cmpint (libwebsocket_write (wsi, bytes, length, LWS_WRITE_TEXT), ==, 0);

  return 0;
}

static void
receive (struct libwebsocket *wsi, const unsigned char *bytes, size_t length)
{
  unsigned char buffer[STAGE_PADDED (64)];
  guint before = broadcasts;

  memcpy (STAGE_PAYLOAD (buffer), bytes, length);
  in_callback = TRUE;
  g_assert_cmpint (libwebsockets_broadcast (rebroadcast != NULL ? rebroadcast : libwebsockets_get_protocol (wsi),
                                            STAGE_PAYLOAD (buffer), length), ==, 0);
  in_callback = FALSE;
  g_assert_cmpuint (broadcasts, >, before);
}

static int
callback_all (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  static char next_letter = 'A';
  Session *session = user;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      session->call = next_letter++;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      receive (wsi, in, len);
      return 0;
    case LWS_CALLBACK_BROADCAST:
      return forward (wsi, session, in, len);
    default:
      return 0;
    }
}

/* Of calls that several threads post: the order of each thread. */
static int
callback_order (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  const guint8 *bytes = in;

  if (reason != LWS_CALLBACK_BROADCAST)
    return 0;

  g_assert_cmpuint (bytes[0], <, THREADS);
  g_assert_cmpuint (bytes[1], ==, expected_next[bytes[0]]);
  g_assert_cmpuint (bytes[len - 1], ==, bytes[1]);
  g_assert_cmpuint (bytes[len], ==, 0);
  expected_next[bytes[0]]++;
  from_threads++;

  return 0;
}

enum {
  PROTOCOL_ONE,
  PROTOCOL_TWO,
  PROTOCOL_ORDER,
};

static struct libwebsocket_protocols protocols[] = {
  [PROTOCOL_ONE] = { .name = "one", .callback = callback_all, .per_session_data_size = sizeof (Session) },
  [PROTOCOL_TWO] = { .name = "two", .callback = callback_all, .per_session_data_size = sizeof (Session) },
  [PROTOCOL_ORDER] = { .name = "order", .callback = callback_order },
  { .callback = NULL },
};

static struct libwebsocket_context *
begin (guint16 *port)
{
  play = PLAY_FORWARD;
  broadcasts = nested = from_threads = 0;
  rebroadcast = NULL;
  memset (expected_next, 0, sizeof expected_next);

  return stage_listen (protocols, port);
}

static int
broadcast_text (guint protocol, const char *text)
{
  unsigned char buffer[STAGE_PADDED (64)];
  gsize length = strlen (text);

  memcpy (STAGE_PAYLOAD (buffer), text, length);

  return libwebsockets_broadcast (&protocols[protocol], STAGE_PAYLOAD (buffer), length);
}

static void
test_same_thread (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) a = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) b = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) other = raw_peer_open (context, port, "two");

  /* Called back before it returns, and the protocol's own only. */
  g_assert_cmpint (broadcast_text (PROTOCOL_ONE, "all"), ==, 0);
  g_assert_cmpuint (broadcasts, ==, 2);
  raw_peer_expect_text (a, "all");
  raw_peer_expect_text (b, "all");
  g_assert_cmpint (broadcast_text (PROTOCOL_TWO, "others"), ==, 0);
  raw_peer_expect_text (other, "others");

  libwebsocket_context_destroy (context);
}

static void
test_nobody_there (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) stranger = raw_peer_connect (context, port);

  raw_peer_send_text (stranger, "GET / HTTP/1.1\r\n");
  stage_serve_turns (context, 3);
  g_assert_cmpint (broadcast_text (PROTOCOL_ONE, "hello?"), ==, 0);
  g_assert_cmpuint (broadcasts, ==, 0);

  libwebsocket_context_destroy (context);
}

static void
test_in_callback (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) a = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) b = raw_peer_open (context, port, "one");
  g_autoptr (RawPeer) other = raw_peer_open (context, port, "two");

  raw_peer_send_message (a, "to all");
  raw_peer_expect_text (a, "to all");
  raw_peer_expect_text (b, "to all");
  g_assert_cmpuint (nested, ==, 2);

  rebroadcast = &protocols[PROTOCOL_TWO];
  raw_peer_send_message (a, "to the others");
  raw_peer_expect_text (other, "to the others");
  g_assert_cmpuint (broadcasts, ==, 3);

  libwebsocket_context_destroy (context);
}

/* A program that changes the payload between two connections. */
static void
test_own_bytes (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  RawPeer *peers[5];
  g_autofree char *large = g_strnfill (100000, '-');
  char calls[G_N_ELEMENTS (peers)];

  play = PLAY_SIGN;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = raw_peer_open (context, port, "one");
  g_assert_cmpint (broadcast_text (PROTOCOL_ONE, "?signed"), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      g_auto (RawFrame) frame = { 0 };

      g_assert_true (raw_peer_read_frame (peers[i], &frame));
      g_assert_cmpstr ((char *) frame.payload + 1, ==, "signed");
      calls[i] = (char) frame.payload[0];
      for (guint j = 0; j < i; j++)
        g_assert_cmpint (calls[i], !=, calls[j]);
    }

  /* The same with a frame too large to be gathered. */
  g_assert_cmpint (write (protocols[PROTOCOL_ONE].broadcast_socket_user_fd, large, 100000), ==, 100000);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      g_auto (RawFrame) frame = { 0 };

      g_assert_true (raw_peer_read_frame (peers[i], &frame));
      g_assert_cmpuint (frame.length, ==, 100000);
      g_assert_cmpint (frame.payload[0], ==, calls[i]);
      raw_peer_free (peers[i]);
    }

  libwebsocket_context_destroy (context);
}

/* --- other threads */

typedef struct {
  guint index;
  guint messages;
  gsize size;
} Poster;

static gpointer
post (gpointer data)
{
  const Poster *poster = data;
  g_autofree guint8 *bytes = g_malloc0 (poster->size);
  int failures = 0;

  for (guint i = 0; i < poster->messages; i++)
    {
      bytes[0] = (guint8) poster->index;
      bytes[1] = bytes[poster->size - 1] = (guint8) i;
      failures += libwebsockets_broadcast (&protocols[PROTOCOL_ORDER], bytes, poster->size) != 0;
    }

  return GINT_TO_POINTER (failures);
}

static void
post_from_threads (struct libwebsocket_context *context, guint messages, gsize size)
{
  Poster posters[THREADS];
  GThread *threads[THREADS];

  memset (expected_next, 0, sizeof expected_next);
  from_threads = 0;
  for (guint i = 0; i < THREADS; i++)
    {
      posters[i] = (Poster){ i, messages, size };
      threads[i] = g_thread_new ("poster", post, &posters[i]);
    }
  STAGE_SERVE_UNTIL (context, from_threads == THREADS * messages);
  for (guint i = 0; i < THREADS; i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[i])), ==, 0);
}

static void
test_threads (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, "order");

  post_from_threads (context, stage_is_slow () ? 500 : 5000, 10);
  /* More than may wait: the threads do. */
  post_from_threads (context, stage_is_slow () ? 3 : 10, LARGE_SIZE);

  libwebsocket_context_destroy (context);
}

/* The other thread runs the loop, and the one that made the context does not. */

typedef struct {
  struct libwebsocket_context *context;
  gint stop;
} Loop;

static gpointer
run_loop (gpointer data)
{
  Loop *loop = data;

  while (!g_atomic_int_get (&loop->stop))
    if (libwebsocket_service (loop->context, 10) < 0)
      return GINT_TO_POINTER (-1);

  return NULL;
}

static void
test_loop_in_thread (void)
{
  guint16 port;
  Loop loop = { begin (&port), 0 };
  GThread *thread = g_thread_new ("loop", run_loop, &loop);
  g_autoptr (RawPeer) peer = raw_peer_open (NULL, port, "one");

  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (broadcast_text (PROTOCOL_ONE, "from outside"), ==, 0);
  for (guint i = 0; i < 100; i++)
    raw_peer_expect_text (peer, "from outside");

  g_atomic_int_set (&loop.stop, 1);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, 0);
  libwebsocket_context_destroy (loop.context);
}

/* --- the descriptor */

static void
test_bare_write (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, "one");
  int fd = protocols[PROTOCOL_ONE].broadcast_socket_user_fd;
  g_autofree char *large = g_strnfill (100000, 'l');

  g_assert_cmpint (write (fd, "a", 1), ==, 1);
  g_assert_cmpint (write (fd, "bc", 2), ==, 2);
  g_assert_cmpint (write (fd, large, 100000), ==, 100000);
  /* Nothing happens before the next iteration. */
  g_assert_cmpuint (broadcasts, ==, 0);
  raw_peer_expect_text (peer, "a");
  raw_peer_expect_text (peer, "bc");
  raw_peer_expect_text (peer, large);

  libwebsocket_context_destroy (context);
}

/* Who has the descriptor may pass anything. What is no broadcast is dropped, with all
 * that came along. */

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;

  return count;
}

static void
send_descriptors (int to, const int *fds, guint count)
{
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (4 * sizeof (int))];
  } control = { .header = { .cmsg_len = CMSG_LEN (count * sizeof (int)), .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS } };
  struct iovec part = { (char *) "", 1 };
  const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                                  .msg_controllen = CMSG_SPACE (count * sizeof (int)) };

  memcpy (CMSG_DATA (&control.header), fds, count * sizeof (int));
  g_assert_cmpint (sendmsg (to, &message, MSG_NOSIGNAL), ==, 1);
}

static void
test_strange_descriptors (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  int fd = protocols[PROTOCOL_ORDER].broadcast_socket_user_fd;
  int unsealed = memfd_create ("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const int fds[4] = { unsealed, unsealed, unsealed, unsealed };
  guint before = count_descriptors ();

  g_assert_cmpint (unsealed, >=, 0);
  /* The log is told once. */
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_INFO, "*broadcast was refused*sealed memory file*");
  for (guint count = 1; count <= G_N_ELEMENTS (fds); count++)
    {
      send_descriptors (fd, fds, count);
      stage_serve_turns (context, 1);
      g_test_assert_expected_messages ();
      g_assert_cmpuint (count_descriptors (), ==, before);
    }
  g_assert_cmpuint (from_threads, ==, 0);

  close (unsealed);
  libwebsocket_context_destroy (context);
}

/* --- errors */

static void
test_too_large (void)
{
  const gsize size = 64 * 1024 * 1024 + 1;
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autofree guint8 *bytes = g_malloc (size);

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsockets_broadcast: *at most 67108864*67108865*");
  g_assert_cmpint (libwebsockets_broadcast (&protocols[PROTOCOL_ONE], bytes, size), ==, -1);
  g_test_assert_expected_messages ();

  libwebsocket_context_destroy (context);
}

static void
test_no_context (void)
{
  struct libwebsocket_protocols list[] = { { .name = "lonely", .callback = callback_all }, { 0 } };
  unsigned char buffer[STAGE_PADDED (1)] = { 0 };

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*No context*");
  g_assert_cmpint (libwebsockets_broadcast (list, STAGE_PAYLOAD (buffer), 1), ==, -1);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/broadcast/same-thread", test_same_thread);
  g_test_add_func ("/classic/broadcast/nobody-there", test_nobody_there);
  g_test_add_func ("/classic/broadcast/in-callback", test_in_callback);
  g_test_add_func ("/classic/broadcast/own-bytes", test_own_bytes);
  g_test_add_func ("/classic/broadcast/threads", test_threads);
  g_test_add_func ("/classic/broadcast/loop-in-thread", test_loop_in_thread);
  g_test_add_func ("/classic/broadcast/bare-write", test_bare_write);
  g_test_add_func ("/classic/broadcast/strange-descriptors", test_strange_descriptors);
  g_test_add_func ("/classic/broadcast/too-large", test_too_large);
  g_test_add_func ("/classic/broadcast/no-context", test_no_context);

  return g_test_run ();
}
