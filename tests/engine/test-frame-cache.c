/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/output/block-private.h"
#include "engine/output/frame-cache-private.h"

#define FIRST_BYTE 0x81

/* What a server does: a header of two bytes and the payload. */
static void
make_frame (EngineFrameCache *frame_cache, guint8 first_byte, const guint8 *source, gsize length)
{
  guint8 *room = engine_frame_cache_room (frame_cache, length + 2);

  g_assert_nonnull (room);
  room[0] = first_byte;
  room[1] = (guint8) length;
  if (length > 0)
    memcpy (room + 2, source, length);
  engine_frame_cache_remember (frame_cache, frame_cache->block, (gsize) (room - frame_cache->block->data), length + 2, first_byte, source,
                          length);
}

static void
test_room (void)
{
  EngineFrameCache frame_cache = { 0 };
  guint8 *first = engine_frame_cache_room (&frame_cache, 10);

  g_assert_true (engine_frame_cache_room (&frame_cache, 10) == first + 10);
  g_assert_true (engine_frame_cache_room (&frame_cache, ENGINE_FRAME_CACHE_BLOCK - 20) == first + 20);
  g_assert_null (engine_frame_cache_room (&frame_cache, 1));
  g_assert_true (engine_frame_cache_room (&frame_cache, 0) == first + ENGINE_FRAME_CACHE_BLOCK);
  engine_frame_cache_clear (&frame_cache);
}

static void
test_repeats (void)
{
  EngineFrameCache frame_cache = { 0 };
  guint8 source[] = "payload";
  const guint8 other[] = "payload";

  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 7));
  make_frame (&frame_cache, FIRST_BYTE, source, 7);
  g_assert_true (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 7));
  /* All of it must be the same: where the bytes are, how many, and what they are for. */
  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, other, 7));
  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 6));
  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE + 1, source, 7));

  for (guint i = 0; i < 7; i++)
    {
      source[i] ^= 1;
      g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 7));
      source[i] ^= 1;
    }
  g_assert_true (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 7));
  engine_frame_cache_forget (&frame_cache);
  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 7));
  engine_frame_cache_clear (&frame_cache);
}

static void
test_empty_repeats (void)
{
  EngineFrameCache frame_cache = { 0 };

  make_frame (&frame_cache, FIRST_BYTE, NULL, 0);
  g_assert_true (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, NULL, 0));
  engine_frame_cache_clear (&frame_cache);
}

/* A block of its own is held for as long as it is remembered. */
static void
test_own_block (void)
{
  EngineFrameCache frame_cache = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 10);
  const guint8 source[] = "own";

  memcpy (block->data, "\x81\x03own", 5);
  engine_frame_cache_remember (&frame_cache, block, 0, 5, FIRST_BYTE, source, 3);
  g_assert_cmpuint (block->references, ==, 2);
  g_assert_true (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 3));
  make_frame (&frame_cache, FIRST_BYTE, source, 3);
  g_assert_cmpuint (block->references, ==, 1);
  engine_frame_cache_remember (&frame_cache, block, 0, 5, FIRST_BYTE, source, 3);
  engine_frame_cache_clear (&frame_cache);
  g_assert_cmpuint (block->references, ==, 1);
}

static void
test_restart (void)
{
  EngineFrameCache frame_cache = { 0 };
  const guint8 source[] = "a";
  guint8 *start;
  EngineBlock *held;

  engine_frame_cache_restart (&frame_cache);
  g_assert_null (frame_cache.block);

  /* Nobody has the block any more: its front is free again. */
  make_frame (&frame_cache, FIRST_BYTE, source, 1);
  start = frame_cache.block->data;
  engine_frame_cache_restart (&frame_cache);
  g_assert_false (engine_frame_cache_repeats (&frame_cache, FIRST_BYTE, source, 1));
  g_assert_true (engine_frame_cache_room (&frame_cache, 3) == start);

  /* Somebody has: what stands there stays as it is. */
  memcpy (start, "abc", 3);
  held = engine_block_ref (frame_cache.block);
  engine_frame_cache_restart (&frame_cache);
  memset (engine_frame_cache_room (&frame_cache, 3), 'x', 3);
  g_assert_cmpmem (held->data, 3, "abc", 3);
  g_assert_cmpuint (held->references, ==, 1);
  engine_block_unref (held);
  engine_frame_cache_clear (&frame_cache);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/gather/room", test_room);
  g_test_add_func ("/engine/gather/repeats", test_repeats);
  g_test_add_func ("/engine/gather/empty-repeats", test_empty_repeats);
  g_test_add_func ("/engine/gather/own-block", test_own_block);
  g_test_add_func ("/engine/gather/restart", test_restart);

  return g_test_run ();
}
