/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/broadcast/broadcast-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

/* What compression keeps. */

#define LARGE (4 * 1024 * 1024)
#define KEPT_MAX (256 * 1024)

static RawPeer *
connect_deflating (Owner *owner)
{
  RawPeer *peer = owner_connect (owner);

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  g_free (raw_peer_read_head (peer));
  g_assert_nonnull (owner->newest->deflate);

  return peer;
}

/* Some of it can be compressed, much can't. */
static guint8 *
large_new (void)
{
  guint8 *bytes = g_malloc (LARGE);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (gsize i = 0; i < LARGE; i++)
    bytes[i] = i % 16 == 0 ? 0 : (guint8) g_rand_int (rand);

  return bytes;
}

static gsize
kept (Owner *owner)
{
  gsize bytes = 0;

  for (guint i = 0; i < ENGINE_DEFLATE_N_SHARES; i++)
    {
      const EngineDeflateShare *share = &owner->context->deflate_shares[i];

      bytes += share->out != NULL ? share->out->len : 0;
      bytes += share->source != NULL ? share->source->len : 0;
    }

  return bytes;
}

static void
test_message (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autofree guint8 *bytes = large_new ();

  owner->context->limits.output_limit = G_MAXSIZE;
  for (guint i = 0; i < 2; i++)
    {
      engine_deflate_set_independent (owner->newest, i == 0);
      g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, bytes, LARGE, NULL));
      g_assert_cmpuint (kept (owner), <=, KEPT_MAX);
    }
}

static void
test_fragments (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autofree guint8 *bytes = large_new ();

  owner->context->limits.output_limit = G_MAXSIZE;
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, i == 2, bytes, LARGE, NULL));
      g_assert_cmpuint (kept (owner), <=, KEPT_MAX);
    }
}

/* It is compressed once, and kept until all have it. */
static void
test_broadcast (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) one = connect_deflating (owner);
  EngineConnection *first = owner->newest;
  g_autoptr (RawPeer) other = connect_deflating (owner);
  g_autofree guint8 *bytes = large_new ();

  engine_protocol_share_begin (owner->protocol);
  g_assert_true (engine_connection_send_data (first, WIRE_OPCODE_BINARY, TRUE, bytes, LARGE, NULL));
  g_assert_cmpuint (kept (owner), >, LARGE);
  g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, bytes, LARGE, NULL));
  engine_protocol_share_end (owner->protocol);
  g_assert_cmpuint (kept (owner), <=, KEPT_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/deflate-memory/message", test_message);
  g_test_add_func ("/engine/deflate-memory/fragments", test_fragments);
  g_test_add_func ("/engine/deflate-memory/broadcast", test_broadcast);

  return g_test_run ();
}
