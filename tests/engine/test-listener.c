/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/context-private.h"
#include "engine/server/listener-private.h"
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "owner.h"

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)

static void
test_port_in_use (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *start = g_strdup_printf ("Port %u can't be listened on: ", owner->port);

  g_assert_false (engine_listener_open (owner->context, owner->port, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_true (g_str_has_prefix (error->message, start));
}

/* A port is free again as soon as its context is gone, whatever connections there were. */
static void
test_port_used_again (void)
{
  Owner *owner = owner_new ();
  RawPeer *peer = owner_connect_open (owner);
  guint16 port = owner->port;
  g_autoptr (Owner) next = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  owner_free (owner);
  engine_listener_open (next->context, port, &error);
  g_assert_no_error (error);
  raw_peer_free (peer);
}

static void
test_both_families (void)
{
  g_autoptr (Owner) owner = owner_new ();
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (RawPeer) peer = NULL;

  address.sin6_port = htons (owner->port);
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    {
      if (fd >= 0)
        close (fd);
      g_test_skip ("no IPv6 on the loopback interface");
      return;
    }
  peer = raw_peer_new (fd, owner_turn, owner);
  raw_peer_upgrade (peer);
}

/* Leaves this process no descriptor to open; returns the former limit. */
static rlim_t
take_descriptors (void)
{
  struct rlimit limit;
  int first_free = dup (0);
  rlim_t before;

  g_assert_cmpint (first_free, >=, 0);
  close (first_free);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  before = limit.rlim_cur;
  limit.rlim_cur = (rlim_t) first_free;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  return before;
}

static void
give_descriptors (rlim_t count)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = count;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
test_out_of_descriptors (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) served = owner_connect_open (owner);
  const char *preloaded = g_getenv ("LD_PRELOAD");
  RawPeer *peers[4];
  struct epoll_event event;
  rlim_t before;

  if (preloaded != NULL && strstr (preloaded, "vgpreload") != NULL)
    {
      g_test_skip ("valgrind has the kernel accept a connection, and closes it when the limit is passed");
      return;
    }

  owner->echo = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = owner_connect (owner);
  before = take_descriptors ();
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_INFO, "No new connections for a moment: *");
  owner_settle (owner);
  g_test_assert_expected_messages ();

  /* No busy loop, and who is there is served. */
  g_assert_cmpint (epoll_wait (owner->context->epoll_fd, &event, 1, 0), ==, 0);
  g_assert_false (engine_loop_has_work (owner->context));
  raw_peer_send_frame (served, TEXT_FRAME, "still here", 10);
  raw_peer_expect_frame (served, TEXT_FRAME, "still here", 10);

  /* A second try fails as well, and rests again; the log has it already. */
  owner_advance (owner, 2);
  owner_settle (owner);
  g_assert_cmpint (epoll_wait (owner->context->epoll_fd, &event, 1, 0), ==, 0);

  give_descriptors (before);
  g_assert_cmpuint (owner_n_connections (owner), ==, 1);
  owner_advance (owner, 2);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      raw_peer_upgrade (peers[i]);
      raw_peer_free (peers[i]);
    }
}

/* A storm of connections leaves the rest of a turn to those who are there. */
static void
test_storm (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[300];
  guint before = 0;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = raw_peer_connect (owner->port, NULL, NULL);
  for (guint turns = 0; owner_n_connections (owner) < G_N_ELEMENTS (peers); turns++)
    {
      g_assert_cmpuint (turns, <, 1000);
      owner_turn (owner);
      g_assert_cmpuint (owner_n_connections (owner) - before, <=, 256);
      before = owner_n_connections (owner);
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

#define CROWD 2000

/* Two for each connection, and what the process has open besides. */
#define ADMISSION_DESCRIPTORS (2 * CROWD + 600)

static gboolean
make_room_for_crowd (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < ADMISSION_DESCRIPTORS)
    return FALSE;
  limit.rlim_cur = MAX (limit.rlim_cur, ADMISSION_DESCRIPTORS);

  return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

static void
test_crowd (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autofree RawPeer **peers = g_new0 (RawPeer *, CROWD);

  if (!make_room_for_crowd ())
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  owner->echo = TRUE;
  for (guint i = 0; i < CROWD; i++)
    {
      peers[i] = owner_connect (owner);
      raw_peer_send_text (peers[i], raw_peer_upgrade_request);
    }
  owner_wait (owner, OWNER_OPENED, CROWD);
  for (guint i = 0; i < CROWD; i++)
    {
      g_autofree char *head = raw_peer_read_head (peers[i]);

      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
      raw_peer_send_frame (peers[i], TEXT_FRAME, &i, 0);
      raw_peer_send_frame (peers[i], WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, &i, sizeof i);
    }
  owner_wait (owner, OWNER_DATA, 2 * CROWD);
  for (guint i = 0; i < CROWD; i++)
    {
      raw_peer_expect_frame (peers[i], TEXT_FRAME, "", 0);
      raw_peer_expect_frame (peers[i], WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, &i, sizeof i);
    }
  g_assert_cmpuint (owner_n_connections (owner), ==, CROWD);

  /* Every other one leaves in the middle of the list. */
  for (guint i = 0; i < CROWD; i += 2)
    raw_peer_reset (peers[i]);
  owner_wait (owner, OWNER_RELEASED, CROWD / 2);
  g_assert_cmpuint (owner_n_connections (owner), ==, CROWD / 2);
  for (guint i = 0; i < CROWD; i++)
    raw_peer_free (peers[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/listener/port-in-use", test_port_in_use);
  g_test_add_func ("/engine/listener/port-used-again", test_port_used_again);
  g_test_add_func ("/engine/listener/both-families", test_both_families);
  g_test_add_func ("/engine/listener/out-of-descriptors", test_out_of_descriptors);
  g_test_add_func ("/engine/listener/storm", test_storm);
  g_test_add_func ("/engine/listener/crowd", test_crowd);

  return g_test_run ();
}
