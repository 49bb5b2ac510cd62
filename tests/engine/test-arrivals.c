/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "owner.h"

/* Clients that keep their requests back. */

/* Those who say nothing hold up nobody: the clock stands still, and everybody else is served at once. */
static void
test_silent (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) honest = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  RawPeer *silent[12];

  owner->context->limits.handshakes = 4;
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    silent[i] = owner_connect (owner);
  owner_settle (owner);
  g_assert_cmpuint (owner_n_connections (owner), ==, 4);
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (honest, owner_connect_open (owner));

  /* The first to come was the first to go. None had to that was not in the way of another. */
  for (guint i = 0; i < 9; i++)
    raw_peer_expect_end (silent[i]);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 3);
  raw_peer_upgrade (silent[9]);
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    raw_peer_free (silent[i]);
}

/* Of one address, too, which others of its network need not suffer for. */
static void
test_silent_of_one_address (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) first = NULL;
  g_autoptr (RawPeer) second = NULL;
  g_autoptr (RawPeer) honest = NULL;

  owner->context->limits.count_loopback = TRUE;
  owner->context->limits.handshakes_per_peer = 2;
  first = owner_connect (owner);
  second = owner_connect (owner);
  owner_settle (owner);
  honest = owner_connect_open (owner);
  raw_peer_expect_end (first);
  raw_peer_upgrade (second);
}

/* What has come and was not read is no silence. */
static void
test_unread (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) early = NULL;
  g_autoptr (RawPeer) late = NULL;

  owner->context->limits.handshakes = 1;
  early = raw_peer_connect (owner->port, owner_turn, owner);
  owner_settle (owner);
  late = raw_peer_connect (owner->port, owner_turn, owner);
  raw_peer_send_text (early, raw_peer_upgrade_request);
  raw_peer_send_text (late, raw_peer_upgrade_request);
  owner_wait (owner, OWNER_OPENED, 2);
}

/* Who has begun to speak gets the time to end, and no more. */
static void
test_speaking (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) slow = NULL;
  g_autoptr (RawPeer) waiting = NULL;

  owner->context->limits.handshakes = 1;
  slow = owner_connect (owner);
  raw_peer_begin_upgrade (slow);
  owner_settle (owner);
  waiting = owner_connect (owner);
  raw_peer_send_text (waiting, raw_peer_upgrade_request);
  owner_advance (owner, ENGINE_SPEAKING_TICKS - 1);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_OPENED], ==, 0);
  owner_advance (owner, 2);
  owner_wait (owner, OWNER_OPENED, 1);
  raw_peer_expect_end (slow);
}

/* Under pressure the silent have far less time than others. */
static void
test_pressure (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[8];

  owner->context->limits.handshakes = 10;
  for (guint i = 0; i < 7; i++)
    peers[i] = owner_connect (owner);
  raw_peer_begin_upgrade (peers[0]);
  owner_settle (owner);
  owner_advance (owner, ENGINE_SILENT_TICKS + 1);
  owner_settle (owner);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 7);
  peers[7] = owner_connect (owner);
  owner_settle (owner);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 6);
  raw_peer_expect_end (peers[1]);
  raw_peer_expect_end (peers[2]);
  raw_peer_finish_upgrade (peers[0]);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/arrivals/silent", test_silent);
  g_test_add_func ("/engine/arrivals/silent-of-one-address", test_silent_of_one_address);
  g_test_add_func ("/engine/arrivals/unread", test_unread);
  g_test_add_func ("/engine/arrivals/speaking", test_speaking);
  g_test_add_func ("/engine/arrivals/pressure", test_pressure);

  return g_test_run ();
}
