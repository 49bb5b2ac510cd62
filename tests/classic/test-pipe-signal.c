/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* SIGPIPE is the program's own: it neither kills nor is it taken over. */

#define FILE_SIZE (64 * 1024 * 1024)

static char *file;
static struct libwebsocket *connection;
static guint closed;
static volatile sig_atomic_t signals;

static int
callback_write (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      connection = wsi;
      return 0;
    case LWS_CALLBACK_CLOSED:
      connection = NULL;
      closed++;
      return 0;
    case LWS_CALLBACK_HTTP:
      g_assert_cmpint (libwebsockets_serve_http_file (wsi, file, NULL), ==, 0);
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "write", .callback = callback_write },
  { .callback = NULL },
};

/* A reset after a FIN is what makes the kernel send the signal at the first write. */
static void
vanish (RawPeer *peer)
{
  g_assert_cmpint (shutdown (peer->fd, SHUT_WR), ==, 0);
  raw_peer_reset (peer);
}

/* Nothing is read in between: the reset is found by writing. */
static void
write_to_nobody (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autofree char *bytes = g_strnfill (100000, 'x');
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);

  closed = 0;
  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  vanish (peer);
  for (guint i = 0; i < 5; i++)
    stage_write (connection, bytes, i % 2 == 0 ? 10 : 100000, LWS_WRITE_TEXT);
  STAGE_SERVE_UNTIL (context, closed == 1);

  libwebsocket_context_destroy (context);
}

static void
serve_to_nobody (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_connect (context, port);
  g_autoptr (RawPeer) other = NULL;

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  g_assert_true (raw_peer_await (peer, 1000000));
  vanish (peer);
  stage_serve_turns (context, 5);
  other = raw_peer_open (context, port, NULL);

  libwebsocket_context_destroy (context);
}

static void
on_signal (int number)
{
  signals++;
}

static void
test_default_action (void)
{
  struct sigaction action;

  write_to_nobody ();
  serve_to_nobody ();
  g_assert_cmpint (sigaction (SIGPIPE, NULL, &action), ==, 0);
  g_assert_true (action.sa_handler == SIG_DFL);
}

static void
test_handler_stays (void)
{
  struct sigaction mine = { .sa_handler = on_signal };
  struct sigaction before;
  struct sigaction after;

  g_assert_cmpint (sigaction (SIGPIPE, &mine, &before), ==, 0);
  signals = 0;
  write_to_nobody ();
  serve_to_nobody ();
  g_assert_cmpint (signals, ==, 0);
  g_assert_cmpint (sigaction (SIGPIPE, NULL, &after), ==, 0);
  g_assert_true (after.sa_handler == on_signal);

  /* And it works: a pipe of the program's own. */
  g_assert_cmpint (raise (SIGPIPE), ==, 0);
  g_assert_cmpint (signals, ==, 1);
  g_assert_cmpint (sigaction (SIGPIPE, &before, NULL), ==, 0);
}

/* One that the program has blocked, and that waits, is not taken away. */
static void
test_pending_stays (void)
{
  struct sigaction mine = { .sa_handler = on_signal };
  struct sigaction before;
  sigset_t set;
  sigset_t old;

  g_assert_cmpint (sigaction (SIGPIPE, &mine, &before), ==, 0);
  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  g_assert_cmpint (sigprocmask (SIG_BLOCK, &set, &old), ==, 0);
  signals = 0;
  g_assert_cmpint (raise (SIGPIPE), ==, 0);

  write_to_nobody ();
  serve_to_nobody ();
  g_assert_cmpint (sigprocmask (SIG_BLOCK, NULL, &set), ==, 0);
  g_assert_cmpint (sigismember (&set, SIGPIPE), ==, 1);
  g_assert_cmpint (sigpending (&set), ==, 0);
  g_assert_cmpint (sigismember (&set, SIGPIPE), ==, 1);

  g_assert_cmpint (sigprocmask (SIG_SETMASK, &old, NULL), ==, 0);
  g_assert_cmpint (signals, ==, 1);
  g_assert_cmpint (sigaction (SIGPIPE, &before, NULL), ==, 0);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL;
  int result;

  /* Whatever started us may ignore it. */
  signal (SIGPIPE, SIG_DFL);
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("lws-glib-pipe-XXXXXX", NULL);
  g_assert_nonnull (folder);
  file = g_build_filename (folder, "large", NULL);
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_cmpint (truncate (file, FILE_SIZE), ==, 0);

  g_test_add_func ("/classic/pipe-signal/default-action", test_default_action);
  g_test_add_func ("/classic/pipe-signal/handler-stays", test_handler_stays);
  g_test_add_func ("/classic/pipe-signal/pending-stays", test_pending_stays);

  result = g_test_run ();
  g_unlink (file);
  g_rmdir (folder);
  g_free (file);

  return result;
}
