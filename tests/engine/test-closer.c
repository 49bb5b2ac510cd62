/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/closer-private.h"
#include "engine/base/error-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/server/listener-private.h"
#include "engine/websocket/open-private.h"
#include "owner.h"

/* Descriptors whose closing waits. A test in which the service thread waits for one never ends by itself. */

#define PATIENCE_SECONDS 60
#define LINGER_SECONDS 3600

/* A TCP socket whose last close waits until @peer has taken what was sent. */
static int
lingering_new (RawPeer **peer)
{
  const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_SECONDS };
  static const guint8 bytes[64 * 1024];
  guint16 port;
  int listener = raw_listen (&port);
  int fd;

  *peer = raw_peer_connect (port, NULL, NULL);
  fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  close (listener);
  while (send (fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
    ;
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);

  return fd;
}

/* All that was sent has come, and then the end: it was closed. */
static void
expect_closed (RawPeer *peer)
{
  raw_peer_expect_lost (peer);
  raw_peer_free (peer);
}

/* With the first byte of @bytes. */
static void
pass_with (int sender, const char *bytes, const int *fds, guint count)
{
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (2 * sizeof (int))];
  } control = { .header = { .cmsg_len = CMSG_LEN (count * sizeof (int)), .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS } };
  struct iovec part = { (char *) bytes, MAX (strlen (bytes), 1) };
  const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                                  .msg_controllen = CMSG_SPACE (count * sizeof (int)) };

  memcpy (CMSG_DATA (&control.header), fds, count * sizeof (int));
  g_assert_cmpint (sendmsg (sender, &message, MSG_NOSIGNAL), ==, (int) part.iov_len);
  for (guint i = 0; i < count; i++)
    close (fds[i]);
}

static void
pass (int sender, const int *fds, guint count)
{
  pass_with (sender, "", fds, count);
}

static int
sealed_new (void)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_cmpint (write (fd, "sealed", 6), ==, 6);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), ==, 0);

  return fd;
}

/* Alone, or behind a broadcast where the kernel would close it if there was no room for it. */
static void
test_broadcast (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  RawPeer *alone;
  RawPeer *behind;
  int fds[2];

  fds[0] = lingering_new (&alone);
  pass (owner->protocol->channel.sender, fds, 1);
  fds[0] = sealed_new ();
  fds[1] = lingering_new (&behind);
  pass (owner->protocol->channel.sender, fds, 2);
  fds[0] = sealed_new ();
  pass (owner->protocol->channel.sender, fds, 1);
  owner_wait (owner, OWNER_BROADCAST, 1);
  g_assert_cmpstr (owner->log->str, ==, "broadcast sealed\n");

  expect_closed (alone);
  expect_closed (behind);
}

/* Nobody has received it when the context ends. */
static void
test_unreceived (void)
{
  Owner *owner = owner_new_deaf ();
  RawPeer *peer;
  int fd = lingering_new (&peer);

  pass (owner->protocol->channel.sender, &fd, 1);
  owner_free (owner);
  expect_closed (peer);
}

static void
wait_for_room (EngineCloser *closer)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;

  while (!engine_closer_has_room (closer))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* Those that wait are counted. */
static void
test_bound (void)
{
  EngineCloser *closer = engine_closer_new ();
  RawPeer *peer;
  guint count;

  engine_closer_take (closer, lingering_new (&peer));
  for (count = 1; engine_closer_has_room (closer); count++)
    {
      g_assert_cmpuint (count, <, 1000);
      engine_closer_take (closer, dup (0));
    }
  g_assert_cmpuint (count, ==, 64);
  expect_closed (peer);
  wait_for_room (closer);
  engine_closer_free (closer);
}

/* ... and senders wait in the channel meanwhile. */
static void
test_channel_rests (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  RawPeer *peer;
  int fd = lingering_new (&peer);

  pass (owner->protocol->channel.sender, &fd, 1);
  owner_settle (owner);
  while (engine_closer_has_room (owner->context->closer))
    engine_closer_take (owner->context->closer, dup (0));
  g_assert_cmpint (write (owner->protocol->channel.sender, "later", 5), ==, 5);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_BROADCAST], ==, 0);

  expect_closed (peer);
  wait_for_room (owner->context->closer);
  owner_advance (owner, 2);
  owner_wait (owner, OWNER_BROADCAST, 1);
  g_assert_cmpstr (owner->log->str, ==, "broadcast later\n");
}

/* Connections inherit it from a listening socket that the program made. */
static void
test_listener (void)
{
  const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_SECONDS };
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (RawPeer) peer = NULL;
  g_autoptr (GError) error = NULL;
  struct linger found = { .l_onoff = 1 };
  socklen_t length = sizeof found;
  guint16 port;
  int listener = raw_listen (&port);

  g_assert_cmpint (setsockopt (listener, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);
  g_assert_cmpint (fcntl (listener, F_SETFL, O_NONBLOCK), ==, 0);
  g_assert_nonnull (engine_listener_add (owner->context, listener, &error));
  peer = raw_peer_connect (port, owner_turn, owner);
  raw_peer_upgrade (peer);
  g_assert_cmpint (getsockopt (owner->newest->watch.fd, SOL_SOCKET, SO_LINGER, &found, &length), ==, 0);
  g_assert_cmpint (found.l_onoff, ==, 0);
}

/* --- connections by Unix sockets */

/* An abstract address, which leaves nothing behind. */
static GSocketAddress *
unix_address (void)
{
  static guint count;
  g_autofree char *name = g_strdup_printf ("lws-glib-test-closer-%d-%u", getpid (), count++);

  return g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
}

static EngineListener *
unix_listen (Owner *owner, GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;
  EngineListener *listener = engine_listener_open_address (owner->context, address, &error);

  g_assert_no_error (error);

  return listener;
}

static RawPeer *
unix_connect (Owner *owner, GSocketAddress *address)
{
  struct sockaddr_storage native;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  g_assert_true (g_socket_address_to_native (address, &native, sizeof native, NULL));
  g_assert_cmpint (connect (fd, (struct sockaddr *) &native, (socklen_t) g_socket_address_get_native_size (address)),
                   ==, 0);

  return raw_peer_new (fd, owner_turn, owner);
}

/* In front of a descriptor, with it and behind it there are bytes. */
static void
test_peer_passes (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  g_autoptr (RawPeer) client = NULL;
  RawPeer *peer;
  int fd = lingering_new (&peer);

  unix_listen (owner, address);
  client = unix_connect (owner, address);
  raw_peer_upgrade (client);
  raw_peer_send_frame (client, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "first", 5);
  pass_with (client->fd, "x", &fd, 1);
  raw_peer_send_frame (client, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "last", 4);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_null (strstr (owner->log->str, "last"));
  g_assert_nonnull (strstr (owner->log->str, "closed 1006 The connection was lost: it passed descriptors"));
  raw_peer_expect_lost (client);
  expect_closed (peer);
}

/* It has come, and the connection ends before it is read. */
static void
test_peer_is_not_read (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  g_autoptr (RawPeer) client = NULL;
  RawPeer *peer;
  int fd = lingering_new (&peer);

  unix_listen (owner, address);
  client = unix_connect (owner, address);
  raw_peer_upgrade (client);
  engine_connection_pause (owner->newest, TRUE);
  raw_peer_send_frame (client, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "first", 5);
  pass_with (client->fd, "x", &fd, 1);
  engine_connection_abort (owner->newest, ENGINE_ERROR_CLOSED, "enough");
  owner_wait (owner, OWNER_CLOSED, 1);
  raw_peer_expect_lost (client);
  expect_closed (peer);
}

/* Nobody has accepted whoever passed it, or there was no room. */
static void
test_peer_is_outside (void)
{
  Owner *owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  g_autoptr (RawPeer) first = NULL;
  g_autoptr (RawPeer) second = NULL;
  g_autoptr (RawPeer) third = NULL;
  RawPeer *peers[2];
  int fds[2] = { lingering_new (&peers[0]), lingering_new (&peers[1]) };

  owner->context->limits.connections = 1;
  unix_listen (owner, address);
  first = unix_connect (owner, address);
  raw_peer_upgrade (first);
  second = unix_connect (owner, address);
  pass_with (second->fd, "x", &fds[0], 1);
  raw_peer_expect_lost (second);
  third = unix_connect (owner, address);
  pass_with (third->fd, "x", &fds[1], 1);
  owner_free (owner);
  third->iteration = NULL;
  first->iteration = NULL;
  expect_closed (peers[0]);
  expect_closed (peers[1]);
}

/* Towards a client, behind the answer to its handshake. */
static void
test_server_passes (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  const EngineDestination destination = { .address = "localhost", .target = "/",
                                          .connectable = G_SOCKET_CONNECTABLE (address) };
  struct sockaddr_storage native;
  int listener = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  g_autoptr (RawPeer) server = NULL;
  g_autofree char *request = NULL;
  g_autofree char *answer = NULL;
  RawPeer *peer;
  int fd = lingering_new (&peer);

  g_assert_true (g_socket_address_to_native (address, &native, sizeof native, NULL));
  g_assert_cmpint (bind (listener, (struct sockaddr *) &native, (socklen_t) g_socket_address_get_native_size (address)),
                   ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_nonnull (engine_connector_dial (owner->context, &destination, NULL));
  server = raw_accept (listener, owner_turn, owner);
  request = raw_peer_read_head (server);
  answer = raw_peer_fill_in_accept (request, RAW_PEER_SWITCHING "\r\n");
  raw_peer_send_text (server, answer);
  owner_wait (owner, OWNER_OPENED, 1);
  pass_with (server->fd, "x", &fd, 1);
  owner_wait (owner, OWNER_CLOSED, 1);
  raw_peer_expect_lost (server);
  close (listener);
  expect_closed (peer);
}

/* A program that wants to know who sends has set this, and honest peers are served all the same. */
static void
test_senders_told (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  g_autoptr (RawPeer) client = NULL;
  EngineListener *listener = unix_listen (owner, address);
  const int one = 1;

  g_assert_cmpint (setsockopt (listener->watch.fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one), ==, 0);
  client = unix_connect (owner, address);
  raw_peer_upgrade (client);
  owner->echo = TRUE;
  raw_peer_send_frame (client, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "hello", 5);
  raw_peer_expect_frame (client, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "hello", 5);
}

/* What would not be read in its place would be dropped, and closed with it. */
static void
test_peer_is_urgent (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GSocketAddress) address = unix_address ();
  g_autoptr (RawPeer) client = NULL;
  int value = 0;
  socklen_t length = sizeof value;

  unix_listen (owner, address);
  client = unix_connect (owner, address);
  raw_peer_upgrade (client);
  g_assert_cmpint (getsockopt (owner->newest->watch.fd, SOL_SOCKET, SO_OOBINLINE, &value, &length), ==, 0);
  g_assert_cmpint (value, !=, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  alarm (10 * PATIENCE_SECONDS);

  g_test_add_func ("/engine/closer/broadcast", test_broadcast);
  g_test_add_func ("/engine/closer/unreceived", test_unreceived);
  g_test_add_func ("/engine/closer/bound", test_bound);
  g_test_add_func ("/engine/closer/channel-rests", test_channel_rests);
  g_test_add_func ("/engine/closer/listener", test_listener);
  g_test_add_func ("/engine/closer/peer/passes", test_peer_passes);
  g_test_add_func ("/engine/closer/peer/is-not-read", test_peer_is_not_read);
  g_test_add_func ("/engine/closer/peer/is-outside", test_peer_is_outside);
  g_test_add_func ("/engine/closer/peer/is-urgent", test_peer_is_urgent);
  g_test_add_func ("/engine/closer/server-passes", test_server_passes);
  g_test_add_func ("/engine/closer/senders-told", test_senders_told);

  return g_test_run ();
}
