/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* What the manual says is different from 2011, as far as no other test is about it. */

static struct libwebsocket *connection;
static guint closed;
static size_t target_length;

static int
callback_note (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  if (reason == LWS_CALLBACK_ESTABLISHED)
    {
      connection = wsi;
      target_length = len;
    }
  closed += reason == LWS_CALLBACK_CLOSED;

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "note", .callback = callback_note },
  { .callback = NULL },
};

static RawPeer *
begin (struct libwebsocket_context **context)
{
  RawPeer *peer;
  guint16 port;

  connection = NULL;
  closed = 0;
  *context = stage_listen (protocols, &port);
  /* Without a subprotocol it gets the first. */
  peer = raw_peer_open (*context, port, NULL);
  STAGE_SERVE_UNTIL (*context, connection != NULL);

  return peer;
}

static void
test_empty_write (void)
{
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = begin (&context);

  g_assert_cmpint (stage_write (connection, "", 0, LWS_WRITE_TEXT), ==, 0);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_TEXT, "", 0);
  libwebsocket_context_destroy (context);
}

static void
test_target (void)
{
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = begin (&context);

  g_assert_cmpuint (target_length, >=, 1);
  libwebsocket_context_destroy (context);
}

/* What getpeername() fills in is of the family that it says, and has room in a sockaddr_storage. */
static void
test_address (void)
{
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = begin (&context);
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  g_assert_cmpint (getpeername (libwebsocket_get_socket_fd (connection), (struct sockaddr *) &address, &length), ==, 0);
  if (address.ss_family == AF_INET6)
    g_assert_true (IN6_IS_ADDR_V4MAPPED (&((struct sockaddr_in6 *) &address)->sin6_addr));
  else
    g_assert_cmpint (address.ss_family, ==, AF_INET);
  libwebsocket_context_destroy (context);
}

static void
test_close_is_told_later (void)
{
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = begin (&context);

  libwebsocket_client_close (connection);
  g_assert_cmpuint (closed, ==, 0);
  raw_peer_expect_close (peer, 1000);
  raw_peer_send_close (peer, 1000);
  STAGE_SERVE_UNTIL (context, closed == 1);
  libwebsocket_context_destroy (context);
}

static volatile sig_atomic_t signals;

static void
on_signal (int number)
{
  signals++;
}

/* It interrupts the waiting, which would have no end, and not the program's loop. */
static void
test_signal (void)
{
  struct libwebsocket_context *context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL,
                                                                      -1, -1);
  const struct sigaction action = { .sa_handler = on_signal };
  const struct itimerval soon = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 };
  const struct itimerval never = { 0 };
  struct sigaction before;

  g_assert_cmpint (sigaction (SIGALRM, &action, &before), ==, 0);
  g_assert_cmpint (setitimer (ITIMER_REAL, &soon, NULL), ==, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (libwebsocket_service (context, -1), ==, 0);
  g_assert_cmpint (setitimer (ITIMER_REAL, &never, NULL), ==, 0);
  g_assert_cmpint (sigaction (SIGALRM, &before, NULL), ==, 0);
  g_assert_cmpint (signals, >=, 3);
  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/differences/empty-write", test_empty_write);
  g_test_add_func ("/classic/differences/target", test_target);
  g_test_add_func ("/classic/differences/address", test_address);
  g_test_add_func ("/classic/differences/close-is-told-later", test_close_is_told_later);
  g_test_add_func ("/classic/differences/signal", test_signal);

  return g_test_run ();
}
