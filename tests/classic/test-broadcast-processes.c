/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Broadcasts from one process to another. */

#define WRITERS 3
#define LARGE_SIZE (16 * 1024 * 1024)

/* The first byte of a message says whose it is and which. */
#define SEQUENCE_BITS 6
#define SEQUENCE_MASK ((1 << SEQUENCE_BITS) - 1)

/* On both sides of where a datagram becomes a memory file. */
static const gsize sizes[] = { 1, 2, 125, 126, 1000, 4096, 32767, 32768, 32769, 65536, 100000 };

/* All of it fits into the output queue of a connection. */
#define ROUNDS 8
#define MESSAGES (ROUNDS * (guint) G_N_ELEMENTS (sizes))

static int
callback_forward (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                  size_t len)
{
  g_autofree char *pid = NULL;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      pid = g_strdup_printf ("%d", (int) getpid ());
      return stage_write_text (wsi, pid);
    case LWS_CALLBACK_BROADCAST:
      g_assert_cmpint (((char *) in)[len], ==, 0);
      g_assert_cmpint (libwebsocket_write (wsi, in, len, LWS_WRITE_BINARY), ==, 0);
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "forward", .callback = callback_forward },
  { .callback = NULL },
};

/* --- writers */

static void
fill (guint8 *bytes, gsize length, guint writer, guint sequence)
{
  for (gsize i = 1; i < length; i++)
    bytes[i] = (guint8) (i * 7 + (i >> 8) + sequence + writer);
  bytes[0] = (guint8) (writer << SEQUENCE_BITS | (sequence & SEQUENCE_MASK));
}

static gsize
size_of (guint sequence)
{
  return sequence < MESSAGES ? sizes[sequence % G_N_ELEMENTS (sizes)] : LARGE_SIZE;
}

static int
broadcast (guint writer, guint sequence)
{
  gsize length = size_of (sequence);
  g_autofree guint8 *bytes = g_malloc (length);

  fill (bytes, length, writer, sequence);

  return libwebsockets_broadcast (protocols, bytes, length);
}

typedef struct {
  guint index;
  int tokens[2];                /* a byte here asks for the large message */
} Writer;

static int
write_all (gpointer data)
{
  const Writer *writer = data;
  char token;

  /* A test that fails hangs up. */
  close (writer->tokens[1]);
  for (guint i = 0; i < MESSAGES; i++)
    if (broadcast (writer->index, i) != 0)
      return 1;
  if (read (writer->tokens[0], &token, 1) != 1)
    return 2;

  return broadcast (writer->index, MESSAGES) == 0 ? 0 : 3;
}

static pid_t
writer_fork (Writer *writer, guint index)
{
  writer->index = index;
  g_assert_cmpint (pipe2 (writer->tokens, O_CLOEXEC), ==, 0);

  return stage_fork (write_all, writer);
}

static void
writer_ask (Writer *writer)
{
  g_assert_cmpint (write (writer->tokens[1], "", 1), ==, 1);
}

static void
writer_clear (Writer *writer)
{
  close (writer->tokens[0]);
  close (writer->tokens[1]);
}

/* --- the reader */

static void
read_one (RawPeer *peer, guint next[WRITERS])
{
  g_auto (RawFrame) frame = { 0 };
  g_autofree guint8 *expected = NULL;
  guint writer;

  g_assert_true (raw_peer_read_frame (peer, &frame));
  g_assert_cmphex (frame.first_byte, ==, RAW_FIN | RAW_BINARY);
  g_assert_cmpuint (frame.length, >, 0);
  writer = frame.payload[0] >> SEQUENCE_BITS;
  g_assert_cmpuint (writer, <, WRITERS);

  g_assert_cmpuint (frame.length, ==, size_of (next[writer]));
  expected = g_malloc (frame.length);
  fill (expected, frame.length, writer, next[writer]);
  g_assert_true (memcmp (frame.payload, expected, frame.length) == 0);
  next[writer]++;
}

static void
read_all (RawPeer *peer, guint next[WRITERS])
{
  for (guint i = 0; i < WRITERS * MESSAGES; i++)
    read_one (peer, next);
  for (guint i = 0; i < WRITERS; i++)
    g_assert_cmpuint (next[i], ==, MESSAGES);
}

/* The service process names itself to each client. */
static pid_t
read_pid (RawPeer *peer)
{
  g_auto (RawFrame) frame = { 0 };

  g_assert_true (raw_peer_read_frame (peer, &frame));

  return (pid_t) g_ascii_strtoll ((char *) frame.payload, NULL, 10);
}

/* --- tests */

static void
test_children (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  Writer writers[WRITERS];
  pid_t children[WRITERS];
  guint next[WRITERS] = { 0 };

  g_assert_cmpint (read_pid (peer), ==, getpid ());
  for (guint i = 0; i < WRITERS; i++)
    children[i] = writer_fork (&writers[i], i);
  read_all (peer, next);
  for (guint i = 0; i < WRITERS; i++)
    {
      writer_ask (&writers[i]);
      read_one (peer, next);
      stage_expect_exit (children[i], context);
      writer_clear (&writers[i]);
    }

  libwebsocket_context_destroy (context);
}

/* The loop in a process of its own; a parent, and siblings older and younger than
 * that process, write. */
static void
test_family (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  Writer writers[WRITERS - 1];
  pid_t children[WRITERS - 1];
  guint next[WRITERS] = { 0 };

  g_assert_cmpint (read_pid (peer), ==, getpid ());
  children[0] = writer_fork (&writers[0], 0);
  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer->context = NULL;
  children[1] = writer_fork (&writers[1], 1);

  for (guint i = 0; i < MESSAGES; i++)
    g_assert_cmpint (broadcast (2, i), ==, 0);
  read_all (peer, next);
  for (guint i = 0; i < WRITERS - 1; i++)
    {
      writer_ask (&writers[i]);
      read_one (peer, next);
      stage_expect_exit (children[i], NULL);
      writer_clear (&writers[i]);
    }
  g_assert_cmpint (broadcast (2, MESSAGES), ==, 0);
  read_one (peer, next);

  libwebsocket_context_destroy (context);
  raw_peer_expect_close (peer, 1001);
}

/* Nobody is connected: a broadcast is taken all the same. */
static int
write_to_nobody (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    if (broadcast (0, 3) != 0)
      return 1;

  return 0;
}

static void
test_nobody (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);

  stage_expect_exit (stage_fork (write_to_nobody, NULL), context);
  libwebsocket_context_destroy (context);
}

static int
write_barely (gpointer data)
{
  int fd = protocols[0].broadcast_socket_user_fd;

  return write (fd, "one", 3) == 3 && write (fd, "two", 3) == 3 &&
         libwebsockets_broadcast (protocols, (unsigned char *) "", 0) == 0 && write (fd, "three", 5) == 5 ? 0 : 1;
}

static void
test_bare_write (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer->context = NULL;
  read_pid (peer);
  g_assert_cmpint (write_barely (NULL), ==, 0);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "one", 3);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "two", 3);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "", 0);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "three", 5);
  stage_expect_exit (stage_fork (write_barely, NULL), NULL);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "one", 3);

  libwebsocket_context_destroy (context);
}

/* Threads of a process that does not run the loop. */

static gpointer
write_in_thread (gpointer data)
{
  guint writer = GPOINTER_TO_UINT (data);
  int failures = 0;

  for (guint i = 0; i < MESSAGES; i++)
    failures += broadcast (writer, i) != 0;

  return GINT_TO_POINTER (failures);
}

static void
test_threads_of_parent (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  GThread *threads[WRITERS];
  guint next[WRITERS] = { 0 };

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer->context = NULL;
  read_pid (peer);
  for (guint i = 0; i < WRITERS; i++)
    threads[i] = g_thread_new ("writer", write_in_thread, GUINT_TO_POINTER (i));
  read_all (peer, next);
  for (guint i = 0; i < WRITERS; i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[i])), ==, 0);

  libwebsocket_context_destroy (context);
}

/* --- a service process that is gone */

static void
expect_ended (void)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsockets_broadcast: *has ended*");
  g_assert_cmpint (broadcast (0, 0), ==, -1);
  g_test_assert_expected_messages ();
}

static int
expect_ended_in_child (gpointer data)
{
  expect_ended ();

  return 0;
}

static void
test_dead_service (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  siginfo_t information;
  pid_t service;

  if (!stage_has_pidfd ())
    {
      libwebsocket_context_destroy (context);
      g_test_skip ("without pidfd_open() a zombie looks alive");
      return;
    }

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = raw_peer_open (NULL, port, NULL);
  service = read_pid (peer);
  g_assert_cmpint (service, !=, getpid ());
  g_assert_cmpint (broadcast (0, 0), ==, 0);

  g_assert_cmpint (kill (service, SIGKILL), ==, 0);
  g_assert_cmpint (waitid (P_PID, (id_t) service, &information, WEXITED | WNOWAIT), ==, 0);
  expect_ended ();
  stage_expect_exit (stage_fork (expect_ended_in_child, NULL), NULL);

  g_assert_cmpint (waitpid (service, NULL, 0), ==, service);
  expect_ended ();
  stage_expect_exit (stage_fork (expect_ended_in_child, NULL), NULL);

  libwebsocket_context_destroy (context);
}

/* Never sent to before it died. */
static void
test_dead_service_at_first_sight (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  pid_t service;

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = raw_peer_open (NULL, port, NULL);
  service = read_pid (peer);
  g_assert_cmpint (kill (service, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (service, NULL, 0), ==, service);
  expect_ended ();

  libwebsocket_context_destroy (context);
}

/* --- one that stands still */

static void
test_stopped_service (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  guint taken = 0;
  gint64 begin;
  pid_t service;

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = raw_peer_open (NULL, port, NULL);
  service = read_pid (peer);
  g_assert_cmpint (kill (service, SIGSTOP), ==, 0);
  g_assert_cmpint (waitpid (service, NULL, WUNTRACED), ==, service);

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsockets_broadcast: *within 5 s*");
  do
    begin = g_get_monotonic_time ();
  while (broadcast (0, 4) == 0 && ++taken < 100000);
  g_test_assert_expected_messages ();
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 4 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 30 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (taken, >, 0);

  /* What was taken is not lost. */
  g_assert_cmpint (kill (service, SIGCONT), ==, 0);
  for (guint i = 0; i < taken; i++)
    {
      g_auto (RawFrame) frame = { 0 };

      g_assert_true (raw_peer_read_frame (peer, &frame));
      g_assert_cmpuint (frame.length, ==, size_of (4));
    }
  g_assert_cmpint (broadcast (0, 0), ==, 0);
  g_assert_true (raw_peer_await (peer, 3));

  libwebsocket_context_destroy (context);
}

static void
test_destroy_stopped_service (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  pid_t service;

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = raw_peer_open (NULL, port, NULL);
  service = read_pid (peer);
  g_assert_cmpint (kill (service, SIGSTOP), ==, 0);

  libwebsocket_context_destroy (context);
  g_assert_cmpint (kill (service, 0), ==, -1);
  g_assert_cmpint (errno, ==, ESRCH);
  raw_peer_await_end (peer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/broadcast-processes/children", test_children);
  g_test_add_func ("/classic/broadcast-processes/family", test_family);
  g_test_add_func ("/classic/broadcast-processes/nobody", test_nobody);
  g_test_add_func ("/classic/broadcast-processes/bare-write", test_bare_write);
  g_test_add_func ("/classic/broadcast-processes/threads-of-parent", test_threads_of_parent);
  g_test_add_func ("/classic/broadcast-processes/dead-service", test_dead_service);
  g_test_add_func ("/classic/broadcast-processes/dead-service-at-first-sight", test_dead_service_at_first_sight);
  g_test_add_func ("/classic/broadcast-processes/stopped-service", test_stopped_service);
  g_test_add_func ("/classic/broadcast-processes/destroy-stopped-service", test_destroy_stopped_service);

  return g_test_run ();
}
