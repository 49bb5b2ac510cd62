/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/base/limits-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/memory-private.h"
#include "engine/connection/read-private.h"
#include "engine/connection/state-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

/* The memory that peers make a context hold. */

#define KIB 1024
#define MIB (1024 * 1024)
#define BINARY_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)

/* What a context has whoever is there. */
#define OWN ENGINE_FRAME_CACHE_BLOCK

static gsize
used (Owner *owner)
{
  return owner->context->memory.used;
}

static RawPeer *
connect_small (Owner *owner)
{
  RawPeer *peer = raw_peer_connect_small (owner->port, 4 * KIB, owner_turn, owner);

  raw_peer_upgrade (peer);

  return peer;
}

/* Sends to it until that much waits here. */
static void
fill (Owner *owner, EngineConnection *connection, gsize length)
{
  g_autofree guint8 *bytes = g_malloc0 (64 * KIB);

  owner->context->limits.output_limit = G_MAXSIZE;
  while (connection->output.bytes < length)
    g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_BINARY, TRUE, bytes, 64 * KIB, NULL));
}

/* Small messages that leave at once are not counted, and cost no counting. */
static void
test_nothing_waits (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->echo = TRUE;
  for (guint i = 0; i < 10; i++)
    {
      raw_peer_send_frame (peer, BINARY_FRAME, "message", 7);
      raw_peer_expect_frame (peer, BINARY_FRAME, "message", 7);
      g_assert_cmpuint (used (owner), <=, OWN);
    }
}

/* Whatever waits is counted as long as it does. */
static void
test_input (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree guint8 *bytes = g_malloc0 (4 * KIB);
  const gsize before = used (owner);

  raw_frame_append (frame, BINARY_FRAME, bytes, 4 * KIB);
  raw_peer_send (peer, frame->data, 3 * KIB);
  owner_settle (owner);
  g_assert_cmpuint (used (owner), >=, before + 3 * KIB);
  raw_peer_send (peer, frame->data + 3 * KIB, frame->len - 3 * KIB);
  owner_wait (owner, OWNER_DATA, 1);
  owner_settle (owner);
  g_assert_cmpuint (used (owner), ==, before);

  raw_peer_send (peer, frame->data, 3 * KIB);
  owner_settle (owner);
  raw_peer_reset (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (used (owner), <=, OWN);
}

static void
test_output (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_small (owner);
  const gsize before = used (owner);

  fill (owner, owner->newest, MIB);
  g_assert_cmpuint (used (owner), >=, before + MIB);
  raw_peer_reset (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (used (owner), <=, OWN);
}

/* What waits for many counts once. */
static void
test_broadcast (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autofree guint8 *bytes = g_malloc0 (MIB);
  EngineConnection *connections[5];
  RawPeer *peers[5];
  gsize before;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = connect_small (owner);
      connections[i] = owner->newest;
      fill (owner, connections[i], 1);
    }
  before = used (owner);
  engine_protocol_share_begin (owner->protocol);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    g_assert_true (engine_connection_send_data (connections[i], WIRE_OPCODE_BINARY, TRUE, bytes, MIB, NULL));
  engine_protocol_share_end (owner->protocol);
  g_assert_cmpuint (used (owner), >=, before + MIB);
  g_assert_cmpuint (used (owner), <, before + MIB + MIB / 2);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

/* A message of compressed "Hello", RFC 7692 section 7.2.3.1. */
static void
test_compression (void)
{
  static const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  gsize before;

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  g_free (raw_peer_read_head (peer));
  before = used (owner);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, hello, sizeof hello);
  owner_wait (owner, OWNER_DATA, 1);
  owner_settle (owner);
  /* The window, and zlib's tables. */
  g_assert_cmpuint (used (owner), >=, before + 32 * KIB);
  g_assert_cmpuint (used (owner), ==, before + engine_deflate_get_memory (owner->newest->deflate));
  before = used (owner);
  owner_advance (owner, ENGINE_DEFLATE_IDLE_TICKS + 2);
  g_assert_cmpuint (used (owner), <, before);
  raw_peer_reset (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (used (owner), <=, OWN);
}

/* --- beyond the limit */

/* The greediest goes, and the others don't notice. */
static void
test_slow_reader (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) modest = connect_small (owner);
  EngineConnection *less = owner->newest;
  g_autoptr (RawPeer) greedy = NULL;

  fill (owner, less, 200 * KIB);
  greedy = connect_small (owner);
  engine_memory_set_limit (&owner->context->memory, MIB);
  fill (owner, owner->newest, MIB);
  g_assert_true (owner->context->memory.pressed);
  g_assert_true (engine_loop_has_work (owner->context));
  owner_turn (owner);
  g_assert_false (owner->context->memory.pressed);
  g_assert_cmpint (owner->newest->state, >, ENGINE_STATE_OPEN);
  g_assert_cmpuint (used (owner), <=, MIB - MIB / 8);
  g_assert_cmpint (less->state, ==, ENGINE_STATE_OPEN);
  g_assert_cmpuint (less->output.bytes, >=, 200 * KIB);
  raw_peer_expect_lost (greedy);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_nonnull (strstr (owner->log->str, "1013"));
}

/* Where nothing has begun to leave that is large, the peer is told. */
static void
test_is_told (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_small (owner);
  g_autofree guint8 *bytes = g_malloc0 (KIB);
  RawFrame frame = { 0 };

  owner->context->limits.output_limit = G_MAXSIZE;
  while (owner->newest->output.bytes < 256 * KIB)
    g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, bytes, KIB, NULL));
  engine_memory_set_limit (&owner->context->memory, 128 * KIB);
  owner_turn (owner);
  g_assert_cmpuint (used (owner), <=, 128 * KIB);
  do
    {
      raw_frame_clear (&frame);
      raw_peer_read_frame (peer, &frame);
    }
  while (frame.first_byte == BINARY_FRAME);
  g_assert_cmphex (frame.first_byte, ==, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE);
  g_assert_cmpuint (frame.payload[0] << 8 | frame.payload[1], ==, WIRE_CLOSE_TRY_AGAIN_LATER);
  raw_frame_clear (&frame);
}

/* Input, too; and those that are in their handshake. */
static void
test_input_limit (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree guint8 *bytes = g_malloc0 (4 * KIB);
  RawPeer *peers[40];

  raw_frame_append (frame, BINARY_FRAME, bytes, 4 * KIB);
  engine_memory_set_limit (&owner->context->memory, OWN + 64 * KIB);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = i % 2 == 0 ? owner_connect_open (owner) : owner_connect (owner);
      if (i % 2 == 0)
        raw_peer_send (peers[i], frame->data, 4 * KIB - 10);
      else
        raw_peer_send_text (peers[i], "GET / HTTP/1.1\r\nHost: here\r\n");
      owner_settle (owner);
      g_assert_cmpuint (used (owner), <=, OWN + 64 * KIB);
    }
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], >=, 5);
  raw_peer_expect_close (peers[0], WIRE_CLOSE_TOO_BIG);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

static void
test_default (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  g_assert_cmpuint (owner->context->memory.limit, >, 0);
  g_assert_cmpuint (owner->context->memory.limit, <, G_MAXSIZE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/memory/nothing-waits", test_nothing_waits);
  g_test_add_func ("/engine/memory/input", test_input);
  g_test_add_func ("/engine/memory/output", test_output);
  g_test_add_func ("/engine/memory/broadcast", test_broadcast);
  g_test_add_func ("/engine/memory/compression", test_compression);
  g_test_add_func ("/engine/memory/slow-reader", test_slow_reader);
  g_test_add_func ("/engine/memory/is-told", test_is_told);
  g_test_add_func ("/engine/memory/input-limit", test_input_limit);
  g_test_add_func ("/engine/memory/default", test_default);

  return g_test_run ();
}
