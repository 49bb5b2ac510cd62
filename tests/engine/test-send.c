/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/scope-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include <string.h>
#include <sys/ioctl.h>

#include "owner.h"

/* What is sent: frames of all sizes, and what happens while the peer doesn't read. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)
#define PING_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PING)
#define PONG_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PONG)

#define KIB 1024
#define MIB (1024 * KIB)

static guint8 *
pattern_new (gsize length, guint seed)
{
  guint8 *bytes = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i * 7 + i / 251 + seed);

  return bytes;
}

static gboolean
send_pattern (Owner *owner, gsize length, guint seed, GError **error)
{
  g_autofree guint8 *bytes = pattern_new (length, seed);

  return engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, bytes, length, error);
}

static void
expect_pattern (RawPeer *peer, gsize length, guint seed)
{
  g_autofree guint8 *bytes = pattern_new (length, seed);

  raw_peer_expect_frame (peer, BINARY_FRAME, bytes, length);
}

/* --- frames */

/* At the borders of the lengths, of what is gathered, and of its block. */
static const gsize sizes[] = {
  0, 1, 125, 126, 127, ENGINE_FRAME_CACHE_FRAME_MAX - 4, ENGINE_FRAME_CACHE_FRAME_MAX - 3, ENGINE_FRAME_CACHE_FRAME_MAX,
  65535, 65536, ENGINE_FRAME_CACHE_BLOCK + 1, 3 * MIB,
};

static void
test_sizes_at_once (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_assert_true (send_pattern (owner, sizes[i], (guint) i, NULL));
      expect_pattern (peer, sizes[i], (guint) i);
    }
}

/* One after the other in one iteration, in every order of small and large. */
static void
test_sizes_gathered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  for (guint round = 0; round < 3; round++)
    {
      engine_context_hold (owner->context);
      for (guint i = 0; i < 40; i++)
        g_assert_true (send_pattern (owner, sizes[i * 5 % (G_N_ELEMENTS (sizes) - 1)], i + round, NULL));
      engine_context_release (owner->context);
      for (guint i = 0; i < 40; i++)
        expect_pattern (peer, sizes[i * 5 % (G_N_ELEMENTS (sizes) - 1)], i + round);
    }
}

/* Several connections in one iteration, to and fro, the same bytes and others. */
static void
test_interleaved (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[3];
  EngineConnection *connections[3];
  g_autofree guint8 *bytes = pattern_new (20 * KIB, 0);

  for (guint i = 0; i < 3; i++)
    {
      peers[i] = owner_connect_open (owner);
      connections[i] = owner->newest;
    }

  engine_context_hold (owner->context);
  for (guint n = 0; n < 60; n++)
    {
      gsize length = n % 4 == 3 ? 20 * KIB : 10 + n / 6;

      bytes[0] = (guint8) (n / 3 % 5);
      g_assert_true (engine_connection_send_data (connections[n % 3], WIRE_OPCODE_BINARY, TRUE, bytes, length, NULL));
    }
  engine_context_release (owner->context);

  for (guint n = 0; n < 60; n++)
    {
      gsize length = n % 4 == 3 ? 20 * KIB : 10 + n / 6;

      bytes[0] = (guint8) (n / 3 % 5);
      raw_peer_expect_frame (peers[n % 3], BINARY_FRAME, bytes, length);
    }
  for (guint i = 0; i < 3; i++)
    raw_peer_free (peers[i]);
}

static void
test_fragments (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  EngineConnection *connection = owner->newest;
  const guint8 *text = (const guint8 *) "abc";

  g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_TEXT, FALSE, text, 1, NULL));
  g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_TEXT, FALSE, text + 1, 1, NULL));
  g_assert_true (engine_connection_send_control (connection, WIRE_OPCODE_PING, text, 3, NULL));
  g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_TEXT, TRUE, text + 2, 1, NULL));
  g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_TEXT, TRUE, text, 3, NULL));

  raw_peer_expect_frame (peer, WIRE_OPCODE_TEXT, "a", 1);
  raw_peer_expect_frame (peer, WIRE_OPCODE_CONTINUATION, "b", 1);
  raw_peer_expect_frame (peer, PING_FRAME, "abc", 3);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, "c", 1);
  raw_peer_expect_frame (peer, TEXT_FRAME, "abc", 3);
}

/* Outside of an iteration there is nobody who would send it later. */
static void
test_outside_a_turn (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  peer->iteration = NULL;
  g_assert_true (send_pattern (owner, 100, 0, NULL));
  g_assert_true (send_pattern (owner, MIB / 8, 1, NULL));
  expect_pattern (peer, 100, 0);
  expect_pattern (peer, MIB / 8, 1);
}

static void
test_errors (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GError) too_long = NULL;
  g_autoptr (GError) closed = NULL;
  g_autoptr (GError) closed_control = NULL;
  const guint8 bytes[WIRE_CONTROL_MAX + 1] = { 0 };

  g_assert_true (engine_connection_send_control (owner->newest, WIRE_OPCODE_PING, bytes, sizeof bytes - 1, NULL));
  g_assert_false (engine_connection_send_control (owner->newest, WIRE_OPCODE_PING, bytes, sizeof bytes, &too_long));
  g_assert_error (too_long, ENGINE_ERROR, ENGINE_ERROR_INVALID);

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  g_assert_false (send_pattern (owner, 1, 0, &closed));
  g_assert_error (closed, ENGINE_ERROR, ENGINE_ERROR_CLOSED);
  g_assert_false (engine_connection_send_control (owner->newest, WIRE_OPCODE_PING, bytes, 1, &closed_control));
  g_assert_error (closed_control, ENGINE_ERROR, ENGINE_ERROR_CLOSED);
}

/* --- a peer that does not read */

#define BLOCKED_FRAMES 20
#define BLOCKED_SIZE (256 * KIB)

static void
fill_output (Owner *owner)
{
  for (guint i = 0; i < BLOCKED_FRAMES; i++)
    g_assert_true (send_pattern (owner, BLOCKED_SIZE, i, NULL));
  g_assert_true (owner->newest->blocked);
}

/* Reads what fill_output() sent, and control frames between; returns in front of
 * which data frame the last of them came. */
static guint
read_output (RawPeer *peer, guint n_control, guint8 first_byte, const char *payload)
{
  guint place = 0;
  guint controls = 0;

  for (guint n = 0; n < BLOCKED_FRAMES;)
    {
      g_autofree guint8 *expected = pattern_new (BLOCKED_SIZE, n);
      RawFrame frame;

      raw_peer_read_frame (peer, &frame);
      if (frame.first_byte == BINARY_FRAME)
        {
          g_assert_cmpmem (frame.payload, frame.length, expected, BLOCKED_SIZE);
          n++;
        }
      else
        {
          g_assert_cmphex (frame.first_byte, ==, first_byte);
          g_assert_cmpmem (frame.payload, frame.length, payload, strlen (payload));
          place = n;
          controls++;
        }
      raw_frame_clear (&frame);
    }
  g_assert_cmpuint (controls, ==, n_control);

  return place;
}

/* Until what the peer has sent was read, and answered. */
static void
wait_for_pong (Owner *owner)
{
  int unread;

  do
    {
      owner_turn (owner);
      g_assert_no_errno (ioctl (owner->newest->watch.fd, FIONREAD, &unread));
    }
  while (unread > 0);
  owner_settle (owner);
}

static void
test_pong_overtakes (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  fill_output (owner);
  raw_peer_send_frame (peer, PING_FRAME, "alive?", 6);
  wait_for_pong (owner);

  /* What the kernel has taken can't be overtaken, nor the frame that it has cut. */
  g_assert_cmpuint (read_output (peer, 1, PONG_FRAME, "alive?"), <, BLOCKED_FRAMES / 2);
}

static void
test_last_ping_answered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autoptr (GByteArray) pings = g_byte_array_new ();

  fill_output (owner);
  for (guint i = 0; i < 1000; i++)
    raw_frame_append (pings, PING_FRAME, "early", 5);
  raw_frame_append (pings, PING_FRAME, "last", 4);
  raw_peer_send (peer, pings->data, pings->len);
  wait_for_pong (owner);

  g_assert_cmpuint (owner->newest->output.bytes, <=, BLOCKED_FRAMES * (BLOCKED_SIZE + WIRE_FRAME_HEADER_MAX));
  g_assert_cmpuint (read_output (peer, 1, PONG_FRAME, "last"), <, BLOCKED_FRAMES / 2);
}

static void
test_ping_overtakes (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  fill_output (owner);
  g_assert_true (engine_connection_send_control (owner->newest, WIRE_OPCODE_PING, (const guint8 *) "you?", 4, NULL));

  g_assert_cmpuint (read_output (peer, 1, PING_FRAME, "you?"), <, BLOCKED_FRAMES / 2);
}

/* Small frames that wait must not hold the large block in which they were gathered,
 * nor grow with the number of spans. */
static void
test_many_small_frames (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  fill_output (owner);
  for (guint i = 0; i < 5000; i++)
    g_assert_true (send_pattern (owner, 10 + i % 50, i, NULL));
  g_assert_false (engine_output_queue_is_long (&owner->newest->output, 300));
  read_output (peer, 0, 0, "");
  for (guint i = 0; i < 5000; i++)
    expect_pattern (peer, 10 + i % 50, i);
}

static void
send_to_newest (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_CLOSED)
    g_assert_true (send_pattern (owner, 10, 0, NULL));
}

/* Nor may those that were written as late as an iteration can tell of anything. */
static void
test_small_frame_at_the_end_of_a_turn (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) leaving = owner_connect_open (owner);
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  fill_output (owner);
  owner->hook = send_to_newest;
  raw_peer_send_close (leaving, WIRE_CLOSE_NORMAL);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_nonnull (owner->context->frame_cache.block);
  g_assert_cmpuint (owner->context->frame_cache.block->references, ==, 1);

  owner->hook = NULL;
  read_output (peer, 0, 0, "");
  expect_pattern (peer, 10, 0);
}

static void
test_limit (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autoptr (GError) error = NULL;
  guint sent = 0;

  owner->context->limits.output_limit = MIB;
  while (send_pattern (owner, 64 * KIB, sent, &error))
    sent++;
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_FULL);
  g_assert_cmpuint (owner->newest->output.bytes, <=, MIB + sent * WIRE_FRAME_HEADER_MAX);
  g_assert_cmpuint (owner->newest->output.bytes, >, MIB - 64 * KIB - 1);
  /* The connection lives, and answers. */
  raw_peer_send_frame (peer, PING_FRAME, "?", 1);
  wait_for_pong (owner);

  for (guint n = 0; n < sent;)
    {
      RawFrame frame;

      raw_peer_read_frame (peer, &frame);
      n += frame.first_byte == BINARY_FRAME;
      raw_frame_clear (&frame);
    }
  g_assert_true (send_pattern (owner, 64 * KIB, 0, NULL));
  expect_pattern (peer, 64 * KIB, 0);
}

/* One message that is larger than the limit may wait beside others. */
static void
test_limit_one_large (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  owner->context->limits.output_limit = KIB;
  g_assert_true (send_pattern (owner, 4 * MIB, 0, NULL));
  g_assert_true (send_pattern (owner, 500, 1, NULL));
  g_assert_false (send_pattern (owner, 2 * KIB, 2, NULL));
  g_assert_false (send_pattern (owner, KIB, 2, NULL));
  g_assert_true (send_pattern (owner, 500, 2, NULL));
  g_assert_false (send_pattern (owner, 500, 3, NULL));
  expect_pattern (peer, 4 * MIB, 0);
  expect_pattern (peer, 500, 1);
  expect_pattern (peer, 500, 2);
  owner_settle (owner);

  /* Once it has left it is the iteration of another one. */
  g_assert_true (send_pattern (owner, 4 * MIB, 3, NULL));
  g_assert_true (send_pattern (owner, 1, 4, NULL));
  expect_pattern (peer, 4 * MIB, 3);
  expect_pattern (peer, 1, 4);
}

/* Empty messages have headers, which wait as well. */
static void
test_limit_empty (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autoptr (GError) error = NULL;

  fill_output (owner);
  owner->context->limits.output_limit = owner->newest->output.bytes + 10;
  for (guint i = 0; i < 5; i++)
    g_assert_true (send_pattern (owner, 0, i, NULL));
  g_assert_false (send_pattern (owner, 0, 5, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_FULL);
}

static void
test_writable (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);

  engine_connection_request_writable (owner->newest);
  owner_turn (owner);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, 1);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, 1);

  fill_output (owner);
  engine_connection_request_writable (owner->newest);
  engine_connection_request_writable (owner->newest);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, 1);
  read_output (peer, 0, 0, "");
  owner_wait (owner, OWNER_WRITABLE, 2);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, 2);
}

static void
request_again (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_WRITABLE)
    engine_connection_request_writable (connection);
}

/* Once an iteration, not again and again in the same. */
static void
test_writable_again (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->hook = request_again;
  engine_connection_request_writable (owner->newest);
  for (guint i = 1; i <= 5; i++)
    {
      g_assert_true (engine_loop_service (owner->context, -1));
      g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, i);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/send/sizes/at-once", test_sizes_at_once);
  g_test_add_func ("/engine/send/sizes/gathered", test_sizes_gathered);
  g_test_add_func ("/engine/send/interleaved", test_interleaved);
  g_test_add_func ("/engine/send/fragments", test_fragments);
  g_test_add_func ("/engine/send/outside-a-turn", test_outside_a_turn);
  g_test_add_func ("/engine/send/errors", test_errors);
  g_test_add_func ("/engine/send/blocked/pong-overtakes", test_pong_overtakes);
  g_test_add_func ("/engine/send/blocked/last-ping-answered", test_last_ping_answered);
  g_test_add_func ("/engine/send/blocked/ping-overtakes", test_ping_overtakes);
  g_test_add_func ("/engine/send/blocked/many-small-frames", test_many_small_frames);
  g_test_add_func ("/engine/send/blocked/end-of-a-turn", test_small_frame_at_the_end_of_a_turn);
  g_test_add_func ("/engine/send/limit/reached", test_limit);
  g_test_add_func ("/engine/send/limit/one-large-message", test_limit_one_large);
  g_test_add_func ("/engine/send/limit/empty-messages", test_limit_empty);
  g_test_add_func ("/engine/send/writable/blocked", test_writable);
  g_test_add_func ("/engine/send/writable/again", test_writable_again);

  return g_test_run ();
}
