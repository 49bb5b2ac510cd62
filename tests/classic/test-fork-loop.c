/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* libwebsockets_fork_service_loop(): a process that serves, and who ends it. */

typedef struct {
  guint messages;
} Session;

static guint callbacks;

/* Answers who it is, and how often this connection has asked. */
static int
callback_tell (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  Session *session = user;
  g_autofree char *answer = NULL;

  callbacks++;
  if (reason != LWS_CALLBACK_RECEIVE)
    return 0;

  if (strcmp (in, "hang") == 0)
    for (;;)
      pause ();
  if (strcmp (in, "fork") == 0)
    answer = g_strdup_printf ("%d", libwebsockets_fork_service_loop (libwebsockets_get_protocol (wsi)->owning_server));
  else
    answer = g_strdup_printf ("%d %u", (int) getpid (), ++session->messages);

  return stage_write_text (wsi, answer);
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "tell", .callback = callback_tell, .per_session_data_size = sizeof (Session) },
  { .callback = NULL },
};

static pid_t
ask (RawPeer *peer, guint expected_messages)
{
  g_auto (RawFrame) frame = { 0 };
  g_auto (GStrv) words = NULL;

  raw_peer_send_message (peer, "who?");
  g_assert_true (raw_peer_read_frame (peer, &frame));
  words = g_strsplit ((char *) frame.payload, " ", 2);
  g_assert_cmpint (g_ascii_strtoll (words[1], NULL, 10), ==, expected_messages);

  return (pid_t) g_ascii_strtoll (words[0], NULL, 10);
}

static void
assert_gone (pid_t process)
{
  g_assert_cmpint (kill (process, 0), ==, -1);
  g_assert_cmpint (errno, ==, ESRCH);
}

static void
assert_port_is_free (guint16 port)
{
  struct libwebsocket_context *context = libwebsocket_create_context (port, protocols, NULL, NULL, -1, -1);

  g_assert_nonnull (context);
  libwebsocket_context_destroy (context);
}

static void
test_serves (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) before = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) after = NULL;
  pid_t service;

  g_assert_cmpint (ask (before, 1), ==, getpid ());
  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  before->context = NULL;
  callbacks = 0;

  /* The connection lives on over there. */
  service = ask (before, 2);
  g_assert_cmpint (service, !=, getpid ());
  after = raw_peer_open (NULL, port, "tell");
  g_assert_cmpint (ask (after, 1), ==, service);

  libwebsocket_context_destroy (context);
  raw_peer_expect_close (before, 1001);
  raw_peer_expect_close (after, 1001);
  raw_peer_await_end (before);
  assert_gone (service);
  assert_port_is_free (port);
  g_assert_cmpuint (callbacks, ==, 0);
}

static void
test_only_once (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsockets_fork_service_loop: *runs already*");
  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, -1);
  g_test_assert_expected_messages ();
  g_assert_cmpint (libwebsocket_service (context, 0), ==, -1);

  /* Nothing of this has disturbed it. */
  peer = raw_peer_open (NULL, port, NULL);
  g_assert_cmpint (ask (peer, 1), !=, getpid ());
  libwebsocket_context_destroy (context);
}

static void
test_not_in_callback (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsockets_fork_service_loop: *runs already*");
  raw_peer_send_message (peer, "fork");
  raw_peer_expect_text (peer, "-1");
  g_test_assert_expected_messages ();

  libwebsocket_context_destroy (context);
}

/* The program reaps all its children, and is quicker than we are. */
static void
test_children_are_ignored (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction before;

  g_assert_cmpint (sigaction (SIGCHLD, &ignore, &before), ==, 0);
  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  libwebsocket_context_destroy (context);
  g_assert_cmpint (sigaction (SIGCHLD, &before, NULL), ==, 0);
  assert_port_is_free (port);
}

/* --- the loop ends with its parent */

/* The end of a pipe that is closed when everybody who has it is gone. */
typedef struct {
  guint16 port;
  int alive[2];
  int port_pipe[2];
  gboolean has_sibling;
  gboolean leaves;
} Middle;

static int
stay (gpointer data)
{
  Middle *middle = data;

  close (middle->alive[1]);

  return pause ();
}

static int
run_middle (gpointer data)
{
  Middle *middle = data;
  struct libwebsocket_context *context = stage_listen (protocols, &middle->port);
  pid_t sibling = 0;

  if (libwebsockets_fork_service_loop (context) != 0)
    return 1;
  if (middle->has_sibling)
    sibling = stage_fork (stay, middle);
  if (write (middle->port_pipe[1], &middle->port, sizeof middle->port) != sizeof middle->port ||
      write (middle->port_pipe[1], &sibling, sizeof sibling) != sizeof sibling)
    return 2;
  if (!middle->leaves)
    pause ();

  return 0;
}

static void
end_of_parent (gboolean leaves, gboolean has_sibling)
{
  Middle middle = { .leaves = leaves, .has_sibling = has_sibling };
  g_autoptr (RawPeer) peer = NULL;
  pid_t sibling;
  pid_t child;
  char byte;

  g_assert_cmpint (pipe2 (middle.alive, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (middle.port_pipe, O_CLOEXEC), ==, 0);
  child = stage_fork (run_middle, &middle);
  close (middle.alive[1]);
  g_assert_cmpint (read (middle.port_pipe[0], &middle.port, sizeof middle.port), ==, sizeof middle.port);
  g_assert_cmpint (read (middle.port_pipe[0], &sibling, sizeof sibling), ==, sizeof sibling);

  if (!leaves)
    {
      peer = raw_peer_open (NULL, middle.port, NULL);
      g_assert_cmpint (kill (child, SIGKILL), ==, 0);
    }
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);

  /* Returns when the last of them, the loop, is gone. */
  g_assert_cmpint (read (middle.alive[0], &byte, 1), ==, 0);
  assert_port_is_free (middle.port);
  /* Without pidfd_open() the kernel ends it, with no farewell. */
  if (peer != NULL && stage_has_pidfd ())
    raw_peer_expect_close (peer, 1001);

  if (has_sibling)
    g_assert_cmpint (kill (sibling, SIGKILL), ==, 0);
  close (middle.alive[0]);
  close (middle.port_pipe[0]);
  close (middle.port_pipe[1]);
}

static void
test_parent_is_killed (void)
{
  end_of_parent (FALSE, FALSE);
}

static void
test_parent_leaves (void)
{
  end_of_parent (TRUE, FALSE);
}

/* A sibling has copies of all descriptors. */
static void
test_parent_is_killed_beside_sibling (void)
{
  if (stage_has_pidfd ())
    end_of_parent (FALSE, TRUE);
  else
    g_test_skip ("needs pidfd_open()");
}

/* --- a loop that does not end */

#define SIGNAL_MICROSECONDS 100000

/* By then it was waited for one minute. */
#define SIGNALS_MAX 600

static void
count_signal (int number)
{
  static volatile sig_atomic_t count;

  if (++count == SIGNALS_MAX)
    _exit (2);
}

/* It is killed, however many signals its parent gets meanwhile. */
static void
test_hangs (void)
{
  const struct sigaction action = { .sa_handler = count_signal };
  const struct itimerval often = { { 0, SIGNAL_MICROSECONDS }, { 0, SIGNAL_MICROSECONDS } };
  const struct itimerval never = { { 0 } };
  struct sigaction before;
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  pid_t loop;

  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = raw_peer_open (NULL, port, NULL);
  loop = ask (peer, 1);
  raw_peer_send_message (peer, "hang");
  sigaction (SIGALRM, &action, &before);
  setitimer (ITIMER_REAL, &often, NULL);
  libwebsocket_context_destroy (context);
  setitimer (ITIMER_REAL, &never, NULL);
  sigaction (SIGALRM, &before, NULL);
  assert_gone (loop);
}

/* --- a program that forks by itself */

static int
serve (gpointer data)
{
  while (libwebsocket_service (data, 1000) >= 0 && callbacks < 100)
    ;

  return callbacks < 100;
}

/* The old way: fork(), and the child calls the service. */
static void
test_fork_of_its_own (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = NULL;
  pid_t child;

  callbacks = 0;
  child = stage_fork (serve, context);
  peer = raw_peer_open (NULL, port, NULL);
  /* ESTABLISHED was the first callback. */
  for (guint i = 1; i < 100; i++)
    g_assert_cmpint (ask (peer, i), ==, child);
  stage_expect_exit (child, NULL);
  g_assert_cmpint (libwebsocket_service (context, 0), ==, -1);

  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/fork-loop/serves", test_serves);
  g_test_add_func ("/classic/fork-loop/only-once", test_only_once);
  g_test_add_func ("/classic/fork-loop/not-in-callback", test_not_in_callback);
  g_test_add_func ("/classic/fork-loop/children-are-ignored", test_children_are_ignored);
  g_test_add_func ("/classic/fork-loop/parent-is-killed", test_parent_is_killed);
  g_test_add_func ("/classic/fork-loop/parent-leaves", test_parent_leaves);
  g_test_add_func ("/classic/fork-loop/parent-is-killed-beside-sibling", test_parent_is_killed_beside_sibling);
  g_test_add_func ("/classic/fork-loop/hangs", test_hangs);
  g_test_add_func ("/classic/fork-loop/fork-of-its-own", test_fork_of_its_own);

  return g_test_run ();
}
