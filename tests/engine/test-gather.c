/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/gather-private.h"

#define FIRST_BYTE 0x81

/* What a server does: a header of two bytes and the payload. */
static void
make_frame (EngineGather *gather, guint8 first_byte, const guint8 *source, gsize length)
{
  guint8 *room = engine_gather_room (gather, length + 2);

  g_assert_nonnull (room);
  room[0] = first_byte;
  room[1] = (guint8) length;
  if (length > 0)
    memcpy (room + 2, source, length);
  engine_gather_remember (gather, gather->block, (gsize) (room - gather->block->data), length + 2, first_byte, source,
                          length);
}

static void
test_room (void)
{
  EngineGather gather = { 0 };
  guint8 *first = engine_gather_room (&gather, 10);

  g_assert_true (engine_gather_room (&gather, 10) == first + 10);
  g_assert_true (engine_gather_room (&gather, ENGINE_GATHER_BLOCK - 20) == first + 20);
  g_assert_null (engine_gather_room (&gather, 1));
  g_assert_true (engine_gather_room (&gather, 0) == first + ENGINE_GATHER_BLOCK);
  engine_gather_clear (&gather);
}

static void
test_repeats (void)
{
  EngineGather gather = { 0 };
  guint8 source[] = "payload";
  const guint8 other[] = "payload";

  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, source, 7));
  make_frame (&gather, FIRST_BYTE, source, 7);
  g_assert_true (engine_gather_repeats (&gather, FIRST_BYTE, source, 7));
  /* All of it must be the same: where the bytes are, how many, and what they are for. */
  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, other, 7));
  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, source, 6));
  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE + 1, source, 7));

  for (guint i = 0; i < 7; i++)
    {
      source[i] ^= 1;
      g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, source, 7));
      source[i] ^= 1;
    }
  g_assert_true (engine_gather_repeats (&gather, FIRST_BYTE, source, 7));
  engine_gather_forget (&gather);
  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, source, 7));
  engine_gather_clear (&gather);
}

static void
test_empty_repeats (void)
{
  EngineGather gather = { 0 };

  make_frame (&gather, FIRST_BYTE, NULL, 0);
  g_assert_true (engine_gather_repeats (&gather, FIRST_BYTE, NULL, 0));
  engine_gather_clear (&gather);
}

/* A block of its own is held for as long as it is remembered. */
static void
test_own_block (void)
{
  EngineGather gather = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 10);
  const guint8 source[] = "own";

  memcpy (block->data, "\x81\x03own", 5);
  engine_gather_remember (&gather, block, 0, 5, FIRST_BYTE, source, 3);
  g_assert_cmpuint (block->references, ==, 2);
  g_assert_true (engine_gather_repeats (&gather, FIRST_BYTE, source, 3));
  make_frame (&gather, FIRST_BYTE, source, 3);
  g_assert_cmpuint (block->references, ==, 1);
  engine_gather_remember (&gather, block, 0, 5, FIRST_BYTE, source, 3);
  engine_gather_clear (&gather);
  g_assert_cmpuint (block->references, ==, 1);
}

static void
test_restart (void)
{
  EngineGather gather = { 0 };
  const guint8 source[] = "a";
  guint8 *start;
  EngineBlock *held;

  engine_gather_restart (&gather);
  g_assert_null (gather.block);

  /* Nobody has the block any more: its front is free again. */
  make_frame (&gather, FIRST_BYTE, source, 1);
  start = gather.block->data;
  engine_gather_restart (&gather);
  g_assert_false (engine_gather_repeats (&gather, FIRST_BYTE, source, 1));
  g_assert_true (engine_gather_room (&gather, 3) == start);

  /* Somebody has: what stands there stays as it is. */
  memcpy (start, "abc", 3);
  held = engine_block_ref (gather.block);
  engine_gather_restart (&gather);
  memset (engine_gather_room (&gather, 3), 'x', 3);
  g_assert_cmpmem (held->data, 3, "abc", 3);
  g_assert_cmpuint (held->references, ==, 1);
  engine_block_unref (held);
  engine_gather_clear (&gather);
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
