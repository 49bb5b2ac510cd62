/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/connection/admission-private.h"
#include "engine/connection/end-private.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "owner.h"

/* How many connections a server takes, in all and from each address. */

static void
set_address (struct sockaddr_storage *address, const char *text)
{
  g_autoptr (GSocketAddress) parsed = g_inet_socket_address_new_from_string (text, 7681);
  g_autoptr (GError) error = NULL;

  memset (address, 0, sizeof *address);
  g_socket_address_to_native (parsed, address, sizeof *address, &error);
  g_assert_no_error (error);
}

/* Lets in a peer of each address, in order; the last one is expected to be turned away,
 * or not. */
static void
expect (const EngineLimits *limits, const char *const *texts, gboolean last_enters)
{
  EngineAdmission admission = { 0 };
  EnginePeer *peers[8];
  guint count = 0;

  for (; texts[count] != NULL; count++)
    {
      struct sockaddr_storage address;
      gboolean entered;

      set_address (&address, texts[count]);
      entered = engine_admission_admit (&admission, limits, (struct sockaddr *) &address, &peers[count]) ==
                ENGINE_ADMISSION_ADMITTED;
      g_assert_cmpint (entered, ==, texts[count + 1] != NULL || last_enters);
      if (!entered)
        break;
    }
  g_assert_cmpuint (admission.count, ==, count);
  while (count > 0)
    {
      engine_admission_handshake_done (&admission, peers[--count]);
      engine_admission_release (&admission, peers[count]);
    }
  g_assert_cmpuint (admission.count, ==, 0);
  g_assert_cmpuint (admission.handshakes, ==, 0);
  if (admission.peers != NULL)
    g_assert_cmpuint (g_hash_table_size (admission.peers), ==, 0);
  engine_admission_clear (&admission);
}

static void
test_addresses (void)
{
  static const struct {
    const char *texts[6];
    gboolean last_enters;
  } cases[] = {
    { { "192.0.2.1", "192.0.2.1", "192.0.2.1" }, FALSE },
    { { "192.0.2.1", "192.0.2.1", "192.0.2.2" }, TRUE },
    /* The same on a socket of both families. */
    { { "192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1" }, FALSE },
    { { "::ffff:192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.3" }, TRUE },
    /* A network of 64 bits is one customer. */
    { { "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::" }, FALSE },
    { { "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1" }, TRUE },
    { { "127.0.0.1", "127.0.0.1", "127.0.0.1" }, TRUE },
    { { "127.8.8.8", "127.8.8.8", "127.8.8.8" }, TRUE },
    { { "::1", "::1", "::1" }, TRUE },
    { { "::ffff:127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1" }, TRUE },
    /* Four in all. */
    { { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5" }, FALSE },
    { { "::1", "::1", "::1", "::1", "::1" }, FALSE },
  };
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;

  limits.connections = 4;
  limits.connections_per_peer = 2;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (&limits, cases[i].texts, cases[i].last_enters);
}

static void
test_loopback_on_demand (void)
{
  static const char *const both[] = { "127.0.0.1", "127.0.0.1", NULL };
  static const char *const other[] = { "::1", "127.0.0.1", NULL };
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;

  limits.count_loopback = TRUE;
  limits.connections_per_peer = 1;
  expect (&limits, both, FALSE);
  expect (&limits, other, TRUE);
}

static void
test_any_number (void)
{
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;
  EngineAdmission admission = { 0 };
  struct sockaddr_storage address;
  EnginePeer *peer;

  limits.connections = limits.connections_per_peer = limits.handshakes = limits.handshakes_per_peer = 0;
  set_address (&address, "192.0.2.1");
  for (guint i = 0; i < 100000; i++)
    g_assert_cmpint (engine_admission_admit (&admission, &limits, (struct sockaddr *) &address, &peer), ==,
                     ENGINE_ADMISSION_ADMITTED);
  g_assert_cmpuint (admission.count, ==, 100000);
  g_assert_false (engine_admission_is_busy (&admission, &limits));
  engine_admission_clear (&admission);
}

static void
test_without_address (void)
{
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;
  EngineAdmission admission = { 0 };
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  EnginePeer *peer;

  limits.connections = 2;
  limits.connections_per_peer = 1;
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (engine_admission_admit (&admission, &limits, (struct sockaddr *) &address, &peer), ==,
                       ENGINE_ADMISSION_ADMITTED);
      g_assert_null (peer);
    }
  g_assert_cmpint (engine_admission_admit (&admission, &limits, (struct sockaddr *) &address, &peer), ==,
                   ENGINE_ADMISSION_FULL);
  engine_admission_release (&admission, NULL);
  engine_admission_release (&admission, NULL);
  engine_admission_clear (&admission);
}

/* So many of one address come in, all of them through their handshakes. */
static guint
let_in (EngineAdmission *admission, const EngineLimits *limits, const char *text, guint count)
{
  struct sockaddr_storage address;
  EnginePeer *peer;
  guint entered = 0;

  set_address (&address, text);
  for (guint i = 0; i < count; i++)
    if (engine_admission_admit (admission, limits, (struct sockaddr *) &address, &peer) == ENGINE_ADMISSION_ADMITTED)
      {
        engine_admission_handshake_done (admission, peer);
        entered++;
      }

  return entered;
}

/* One address is never everybody, however few there is room for; what the program has chosen holds. */
static void
test_room (void)
{
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;
  EngineAdmission admission = { .room = 896 };

  g_assert_cmpuint (let_in (&admission, &limits, "192.0.2.1", 1000), ==, 224);
  g_assert_cmpuint (let_in (&admission, &limits, "192.0.2.2", 1), ==, 1);
  limits.connections_per_peer = 300;
  g_assert_cmpuint (let_in (&admission, &limits, "192.0.2.1", 1000), ==, 76);
  limits.connections_per_peer = 0;
  g_assert_cmpuint (let_in (&admission, &limits, "192.0.2.1", 1000), ==, 896 - 301);
  g_assert_cmpuint (let_in (&admission, &limits, "192.0.2.3", 1), ==, 0);
  engine_admission_clear (&admission);
}

/* Those who say nothing don't fill the room, nor one address the handshakes. */
static void
test_room_for_handshakes (void)
{
  static const struct {
    guint room, handshakes, per_peer;
  } cases[] = { { 0, 2048, 64 }, { 65280, 2048, 64 }, { 896, 448, 56 }, { 48, 24, 4 }, { 10, 5, 4 } };
  EngineLimits limits = ENGINE_LIMITS_DEFAULT;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EngineAdmission admission = { .room = cases[i].room };
      struct sockaddr_storage address;
      EnginePeer *peer;

      set_address (&address, "192.0.2.1");
      while (engine_admission_admit (&admission, &limits, (struct sockaddr *) &address, &peer) == ENGINE_ADMISSION_ADMITTED)
        ;
      g_assert_cmpuint (admission.count, ==, cases[i].per_peer);
      set_address (&address, "127.0.0.1");
      while (!engine_admission_is_busy (&admission, &limits))
        g_assert_cmpint (engine_admission_admit (&admission, &limits, (struct sockaddr *) &address, &peer), ==,
                         ENGINE_ADMISSION_ADMITTED);
      g_assert_cmpuint (admission.handshakes, ==, cases[i].handshakes);
      engine_admission_clear (&admission);
    }
}

/* --- a server */

/* One too many is turned away at once; when somebody leaves there is room again. */
static void
check_room (Owner *owner, guint room)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);

  for (guint i = 0; i < room; i++)
    g_ptr_array_add (peers, i % 2 == 0 ? owner_connect_open (owner) : owner_connect (owner));
  owner_settle (owner);
  g_assert_cmpuint (owner_n_connections (owner), ==, room);

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (RawPeer) too_many = owner_connect (owner);
      guint released = owner->counts[OWNER_RELEASED];

      raw_peer_expect_end (too_many);
      g_assert_cmpuint (owner_n_connections (owner), ==, room);

      raw_peer_reset (peers->pdata[round]);
      owner_wait (owner, OWNER_RELEASED, released + 1);
      g_ptr_array_remove_index (peers, round);
      g_ptr_array_insert (peers, (int) round, owner_connect_open (owner));
    }
}

static void
test_in_all (void)
{
  g_autoptr (Owner) owner = owner_new ();

  owner->context->limits.connections = 6;
  check_room (owner, 6);
}

static void
test_per_peer (void)
{
  g_autoptr (Owner) owner = owner_new ();

  owner->context->limits.count_loopback = TRUE;
  owner->context->limits.connections_per_peer = 5;
  check_room (owner, 5);
}

/* Who has come through the handshake makes room for others of its address; an HTTP request
 * that is answered is no handshake any more. */
static void
test_handshakes_per_peer (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) slow = NULL;
  g_autoptr (RawPeer) quick = NULL;
  g_autoptr (RawPeer) request = NULL;
  g_autoptr (RawPeer) too_many = NULL;
  g_autoptr (RawPeer) next = NULL;

  owner->context->limits.count_loopback = TRUE;
  owner->context->limits.handshakes_per_peer = 2;
  slow = owner_connect (owner);
  quick = owner_connect_open (owner);
  request = owner_connect (owner);
  raw_peer_begin_upgrade (slow);
  raw_peer_send_text (request, "non");
  owner_settle (owner);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 2);

  too_many = owner_connect (owner);
  raw_peer_expect_end (too_many);
  g_assert_cmpuint (owner_n_connections (owner), ==, 3);

  raw_peer_send_text (request, "sense\r\n\r\n");
  raw_peer_expect_refusal (request, 400);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 1);
  next = owner_connect_open (owner);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 1);
}

static void
count_message (const char *domain, GLogLevelFlags level, const char *text, gpointer count)
{
  g_assert_nonnull (strstr (text, "too many handshakes"));
  (*(guint *) count)++;
}

/* Where all of them are too many, others wait for the first to come through or to give up, and
 * no longer: the clock stands still. The log is told once. */
static void
test_handshakes_in_all (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[8];
  guint count = 0;
  guint handler = g_log_set_handler ("lws-glib", G_LOG_LEVEL_INFO, count_message, &count);

  owner->context->limits.handshakes = 2;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = owner_connect (owner);
      raw_peer_begin_upgrade (peers[i]);
    }
  owner_settle (owner);
  g_assert_cmpuint (count, ==, 1);
  g_assert_cmpuint (owner_n_connections (owner), ==, 2);

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    if (i % 2 == 0)
      raw_peer_finish_upgrade (peers[i]);
    else
      {
        raw_peer_reset (peers[i]);
        owner_wait (owner, OWNER_RELEASED, i / 2 + 1);
      }
  g_assert_cmpuint (owner->counts[OWNER_OPENED], ==, G_N_ELEMENTS (peers) / 2);
  g_assert_cmpuint (owner->context->admission.handshakes, ==, 0);
  g_assert_cmpuint (count, ==, 1);

  g_log_remove_handler ("lws-glib", handler);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

/* Where more of them have come to be allowed, it is seen without any that ends. */
static void
test_handshakes_allowed (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) slow = NULL;
  g_autoptr (RawPeer) waiting = NULL;

  owner->context->limits.handshakes = 1;
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_INFO, "*too many handshakes*");
  slow = owner_connect (owner);
  raw_peer_begin_upgrade (slow);
  waiting = owner_connect (owner);
  owner_settle (owner);
  g_test_assert_expected_messages ();
  owner->context->limits.handshakes = 2;
  owner_advance (owner, 2);
  raw_peer_upgrade (waiting);
}

/* However a connection ends, it is not counted any more. */
static void
test_all_ends (void)
{
  g_autoptr (Owner) owner = owner_new ();
  EngineAdmission *admission = &owner->context->admission;
  RawPeer *peers[5];

  owner->context->limits.count_loopback = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = i < 3 ? owner_connect_open (owner) : owner_connect (owner);
  owner_settle (owner);
  g_assert_cmpuint (admission->count, ==, 5);

  engine_connection_abort (owner->newest, ENGINE_ERROR_CLOSED, "by the test");
  raw_peer_send_close (peers[0], WIRE_CLOSE_NORMAL);
  raw_peer_expect_close (peers[0], WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peers[0]);
  raw_peer_reset (peers[1]);
  raw_peer_shutdown (peers[3]);
  raw_peer_send_text (peers[4], "nonsense\r\n\r\n");
  raw_peer_expect_refusal (peers[4], 400);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
  owner_wait (owner, OWNER_RELEASED, 5);
  g_assert_cmpuint (admission->count, ==, 0);
  g_assert_cmpuint (admission->handshakes, ==, 0);
  g_assert_cmpuint (g_hash_table_size (admission->peers), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/crowd/addresses", test_addresses);
  g_test_add_func ("/engine/crowd/loopback-on-demand", test_loopback_on_demand);
  g_test_add_func ("/engine/crowd/any-number", test_any_number);
  g_test_add_func ("/engine/crowd/without-address", test_without_address);
  g_test_add_func ("/engine/crowd/room", test_room);
  g_test_add_func ("/engine/crowd/room-for-handshakes", test_room_for_handshakes);
  g_test_add_func ("/engine/crowd/server/in-all", test_in_all);
  g_test_add_func ("/engine/crowd/server/per-peer", test_per_peer);
  g_test_add_func ("/engine/crowd/server/handshakes-per-peer", test_handshakes_per_peer);
  g_test_add_func ("/engine/crowd/server/handshakes-in-all", test_handshakes_in_all);
  g_test_add_func ("/engine/crowd/server/handshakes-allowed", test_handshakes_allowed);
  g_test_add_func ("/engine/crowd/server/all-ends", test_all_ends);

  return g_test_run ();
}
