/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/output/block-private.h"
#include "engine/output/output-queue-private.h"
#include "wire/decoder-private.h"

#define PARTS_MAX 1000

/* A frame at the end of @block; returns its size. */
static gsize
add_frame (EngineBlock *block, guint8 first_byte, gsize length, guint8 fill)
{
  gsize header = wire_frame_header (block->data + block->used, first_byte, length, NULL);

  memset (block->data + block->used + header, fill, length);
  block->used += header + length;

  return header + length;
}

static GBytes *
output_bytes (const EngineOutputQueue *output)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  struct iovec parts[PARTS_MAX];
  int count = engine_output_queue_parts (output, parts, PARTS_MAX);

  for (int i = 0; i < count; i++)
    g_byte_array_append (bytes, parts[i].iov_base, (guint) parts[i].iov_len);
  g_assert_cmpuint (bytes->len, ==, output->bytes);

  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static int
count_spans (const EngineOutputQueue *output)
{
  struct iovec parts[PARTS_MAX];

  return engine_output_queue_parts (output, parts, PARTS_MAX);
}

static void
assert_output (const EngineOutputQueue *output, const char *expected, gsize length)
{
  g_autoptr (GBytes) bytes = output_bytes (output);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, length);
}

/* --- spans */

static void
test_append_merges (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 100);
  g_autoptr (EngineBlock) other = engine_block_new (NULL, 100);

  memcpy (block->data, "abcdefghij", 10);
  memcpy (other->data, "0123456789", 10);
  engine_output_queue_append (&output, block, 0, 3);
  engine_output_queue_append (&output, block, 3, 2);
  g_assert_cmpint (count_spans (&output), ==, 1);
  g_assert_cmpuint (block->references, ==, 2);
  /* A gap, another block, and the first one again where it had ended. */
  engine_output_queue_append (&output, block, 6, 1);
  engine_output_queue_append (&output, other, 7, 1);
  engine_output_queue_append (&output, block, 7, 1);
  engine_output_queue_append (&output, block, 8, 2);
  g_assert_cmpint (count_spans (&output), ==, 4);
  assert_output (&output, "abcdeg7hij", 10);
  engine_output_queue_clear (&output);

  g_assert_cmpuint (output.bytes, ==, 0);
  g_assert_cmpint (count_spans (&output), ==, 0);
  g_assert_cmpuint (block->references, ==, 1);
  g_assert_cmpuint (other->references, ==, 1);
}

static void
test_parts_limited (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 1000);
  struct iovec parts[10];

  for (gsize i = 0; i < 70; i++)
    engine_output_queue_append (&output, block, i * 2, 1);
  g_assert_cmpint (engine_output_queue_parts (&output, parts, 10), ==, 10);
  g_assert_true (parts[9].iov_base == block->data + 18);
  g_assert_true (engine_output_queue_is_long (&output, 69));
  g_assert_false (engine_output_queue_is_long (&output, 70));
  engine_output_queue_clear (&output);
}

/* --- what is sent in part */

#define BORDER_FRAMES 4

/* Frames of every length encoding, in one span or one each. */
static GByteArray *
fill (EngineOutputQueue *output, gboolean one_span, gsize borders[BORDER_FRAMES])
{
  static const gsize lengths[BORDER_FRAMES] = { 0, 5, 130, 3 };
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 1000);

  for (guint i = 0; i < BORDER_FRAMES; i++)
    {
      gsize offset = block->used;
      gsize size;

      borders[i] = bytes->len;
      size = add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, lengths[i], (guint8) ('a' + i));
      g_byte_array_append (bytes, block->data + offset, (guint) size);
      engine_output_queue_append (output, block, offset, size);
      if (!one_span)
        block->used += 10;
    }

  return bytes;
}

/* The place in the whole stream where a frame goes that comes when @sent bytes have left. */
static gsize
first_border (const gsize borders[BORDER_FRAMES], gsize sent, gsize length)
{
  for (guint i = 0; i < BORDER_FRAMES; i++)
    if (borders[i] >= sent)
      return borders[i];

  return length;
}

static void
overtake_after (gsize sent, gsize step, gboolean one_span)
{
  EngineOutputQueue output = { 0 };
  gsize borders[BORDER_FRAMES];
  g_autoptr (GByteArray) bytes = fill (&output, one_span, borders);
  gsize place = first_border (borders, sent, bytes->len);
  g_autoptr (EngineBlock) pending_control = engine_block_new (NULL, 10);
  gsize size = add_frame (pending_control, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, 1, '!');
  gsize left = sent;

  for (; left > step; left -= step)
    engine_output_queue_sent (&output, step);
  engine_output_queue_sent (&output, left);
  engine_output_queue_overtake (&output, pending_control, 0, size);
  g_byte_array_set_size (bytes, bytes->len + (guint) size);
  memmove (bytes->data + place + size, bytes->data + place, bytes->len - size - place);
  memcpy (bytes->data + place, pending_control->data, size);

  assert_output (&output, (const char *) bytes->data + sent, bytes->len - sent);
  engine_output_queue_clear (&output);
  g_assert_cmpuint (pending_control->references, ==, 1);
}

static void
test_overtake_at_every_byte (void)
{
  EngineOutputQueue output = { 0 };
  gsize borders[BORDER_FRAMES];
  g_autoptr (GByteArray) bytes = fill (&output, TRUE, borders);

  engine_output_queue_clear (&output);
  for (gsize sent = 0; sent < bytes->len; sent++)
    {
      overtake_after (sent, 1, TRUE);
      overtake_after (sent, 7, FALSE);
      overtake_after (sent, G_MAXSIZE, TRUE);
      overtake_after (sent, G_MAXSIZE, FALSE);
    }
}

/* The later one is the more urgent one, whatever has begun to leave. */
static void
test_overtake_twice (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 100);
  gsize frame = add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, 2, 'a');

  add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_PING, 1, 'i');
  add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, 1, 'o');
  engine_output_queue_append (&output, block, 0, frame);
  engine_output_queue_sent (&output, 1);
  engine_output_queue_overtake (&output, block, frame, 3);
  engine_output_queue_overtake (&output, block, frame + 3, 3);
  assert_output (&output, "\x02" "aa" "\x8a\x01o" "\x89\x01i", 9);
  engine_output_queue_sent (&output, 3);
  engine_output_queue_overtake (&output, block, 0, frame);
  assert_output (&output, "\x81\x02" "aa" "\x8a\x01o" "\x89\x01i", 10);
  engine_output_queue_clear (&output);
}

/* --- settling */

static EngineBlock *
gathering_block (gsize capacity)
{
  EngineBlock *block = engine_block_new (NULL, capacity);

  block->gathers = TRUE;

  return block;
}

static void
test_settle_moves (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) shared = gathering_block (64 * 1024);
  g_autoptr (EngineBlock) own = engine_block_new (NULL, 10);

  memcpy (shared->data, "abcdef", 6);
  memcpy (own->data, "01", 2);
  engine_output_queue_append (&output, own, 0, 2);
  engine_output_queue_append (&output, shared, 0, 3);
  engine_output_queue_append (&output, shared, 4, 2);
  engine_output_queue_queue_compact (&output);
  g_assert_cmpuint (shared->references, ==, 1);
  assert_output (&output, "01abcef", 7);

  /* The next ones find room in the block that was made. */
  engine_output_queue_append (&output, shared, 0, 1);
  engine_output_queue_queue_compact (&output);
  g_assert_cmpint (count_spans (&output), ==, 2);
  assert_output (&output, "01abcefa", 8);
  engine_output_queue_clear (&output);
}

/* What was written in several iterations that came to their end before it could leave. */
static void
test_settle_moves_several (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) first = gathering_block (64 * 1024);
  g_autoptr (EngineBlock) second = gathering_block (64 * 1024);

  memcpy (first->data, "abc", 3);
  memcpy (second->data, "def", 3);
  engine_output_queue_append (&output, first, 0, 3);
  engine_output_queue_append (&output, second, 0, 3);
  engine_output_queue_queue_compact (&output);
  g_assert_cmpuint (first->references, ==, 1);
  g_assert_cmpuint (second->references, ==, 1);
  assert_output (&output, "abcdef", 6);
  engine_output_queue_clear (&output);
}

/* Where a thousand wait for the same frame, one block is cheaper than a thousand. */
static void
test_settle_keeps (void)
{
  EngineOutputQueue outputs[40] = { 0 };
  g_autoptr (EngineBlock) shared = gathering_block (4000);

  memset (shared->data, 'x', 4000);
  for (guint i = 0; i < 40; i++)
    engine_output_queue_append (&outputs[i], shared, 0, 1000);
  for (guint i = 0; i < 40; i++)
    {
      engine_output_queue_queue_compact (&outputs[i]);
      g_assert_true (outputs[i].head.block == shared);
    }
  for (guint i = 0; i < 40; i++)
    engine_output_queue_clear (&outputs[i]);
  g_assert_cmpuint (shared->references, ==, 1);
}

static void
test_settle_joins_many (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 1000);
  g_autofree char *expected = g_strnfill (65, 'x');

  memset (block->data, 'x', 1000);
  for (gsize i = 0; i < 65; i++)
    engine_output_queue_append (&output, block, i * 2, 1);
  engine_output_queue_queue_compact (&output);
  g_assert_cmpint (count_spans (&output), ==, 1);
  g_assert_cmpuint (block->references, ==, 1);
  assert_output (&output, expected, 65);
  engine_output_queue_clear (&output);
}

/* A hundred broadcasts wait once for all who don't read them; what is small among them holds
 * no block. */
static void
test_settle_keeps_large (void)
{
  const gsize size = 8 * 1024;
  EngineOutputQueue outputs[2] = { 0 };
  g_autoptr (EngineBlock) large = engine_block_new (NULL, size);
  g_autoptr (EngineBlock) small = engine_block_new (NULL, 1000);

  memset (large->data, 'x', size);
  memset (small->data, 'y', 1000);
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    for (guint n = 0; n < 100; n++)
      {
        engine_output_queue_append (&outputs[i], large, 0, size);
        engine_output_queue_queue_compact (&outputs[i]);
        engine_output_queue_append (&outputs[i], small, 10, 1);
        engine_output_queue_queue_compact (&outputs[i]);
      }
  g_assert_cmpuint (large->references, ==, 1 + 2 * 100);
  g_assert_cmpuint (small->references, <, 2 * 100 / 2);
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    {
      g_assert_cmpuint (outputs[i].bytes, ==, 100 * (size + 1));
      engine_output_queue_clear (&outputs[i]);
    }
  g_assert_cmpuint (large->references, ==, 1);
}

/* --- against a naive oracle */

typedef struct {
  EngineOutputQueue output;
  EngineBlock *shared;
  GPtrArray *frames;            /* GBytes, in the order of leaving */
  gsize begun;                  /* bytes of the first one that have left */
} Oracle;

static void
oracle_check (Oracle *oracle)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  /* The parts of more spans would not be all of the output. */
  if (engine_output_queue_is_long (&oracle->output, PARTS_MAX))
    engine_output_queue_queue_compact (&oracle->output);
  for (guint i = 0; i < oracle->frames->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (oracle->frames->pdata[i], &size);

      g_byte_array_append (expected, data, (guint) size);
    }
  if (oracle->begun > 0)
    g_byte_array_remove_range (expected, 0, (guint) oracle->begun);
  bytes = output_bytes (&oracle->output);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected->data, expected->len);
}

static void
oracle_add (Oracle *oracle, gboolean overtake)
{
  gsize length = overtake ? (gsize) g_test_rand_int_range (0, 126)
                          : (gsize) g_test_rand_int_range (0, g_test_rand_int_range (0, 10) == 0 ? 1000 : 20);
  gboolean shared = !overtake && g_test_rand_bit () && engine_block_room (oracle->shared) > length + 14;
  g_autoptr (EngineBlock) block = shared ? engine_block_ref (oracle->shared) : engine_block_new (NULL, length + 14);
  gsize offset = block->used;
  gsize size = add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, length, (guint8) g_test_rand_int ());

  if (overtake)
    engine_output_queue_overtake (&oracle->output, block, offset, size);
  else
    engine_output_queue_append (&oracle->output, block, offset, size);
  g_ptr_array_insert (oracle->frames, overtake ? (oracle->begun > 0) : (int) oracle->frames->len,
                      g_bytes_new (block->data + offset, size));
}

static void
oracle_send (Oracle *oracle)
{
  gsize wish = g_test_rand_bit () ? 10 : 400;
  gsize most = MIN (oracle->output.bytes, wish);
  gsize bytes = most > 0 ? (gsize) g_test_rand_int_range (1, (gint32) most + 1) : 0;

  engine_output_queue_sent (&oracle->output, bytes);
  oracle->begun += bytes;
  while (oracle->frames->len > 0 && oracle->begun >= g_bytes_get_size (oracle->frames->pdata[0]))
    {
      oracle->begun -= g_bytes_get_size (oracle->frames->pdata[0]);
      g_ptr_array_remove_index (oracle->frames, 0);
    }
}

/* The context's block is settled before it is used anew. */
static void
oracle_settle (Oracle *oracle)
{
  engine_output_queue_queue_compact (&oracle->output);
  if (engine_block_room (oracle->shared) < 2000)
    {
      engine_block_unref (oracle->shared);
      oracle->shared = gathering_block (8000);
    }
}

static void
test_oracle (void)
{
  for (guint round = 0; round < 60; round++)
    {
      Oracle oracle = { .shared = gathering_block (8000),
                        .frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref) };

      for (guint step = 0; step < 300; step++)
        {
          int what = g_test_rand_int_range (0, 10);

          if (what < 5)
            oracle_add (&oracle, FALSE);
          else if (what < 6)
            oracle_add (&oracle, TRUE);
          else if (what < 9)
            oracle_send (&oracle);
          else
            oracle_settle (&oracle);
          oracle_check (&oracle);
        }
      engine_output_queue_clear (&oracle.output);
      g_assert_cmpuint (oracle.shared->references, ==, 1);
      engine_block_unref (oracle.shared);
      g_ptr_array_unref (oracle.frames);
    }
}

/* --- room */

static gsize
append_frame (EngineOutputQueue *output, EngineBlock *block, gsize length)
{
  const gsize at = block->used;
  const gsize size = add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, length, 0);

  engine_output_queue_append (output, block, at, size);

  return size;
}

/* A message above the limit counts no more than nothing, wherever it stands and however much of it
 * has left. */
static void
test_room (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 4000);
  gsize small;
  gsize large;

  g_assert_true (engine_output_queue_has_room (&output, 1000, 100));
  small = append_frame (&output, block, 40);
  g_assert_false (engine_output_queue_has_room (&output, 100 - small + 1, 100));
  g_assert_true (engine_output_queue_has_room (&output, 100 - small, 100));
  g_assert_true (engine_output_queue_has_room (&output, 101, 100));
  large = append_frame (&output, block, 1000);
  engine_output_queue_note_large (&output, large);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, small);
  g_assert_false (engine_output_queue_has_room (&output, 101, 100));
  g_assert_true (engine_output_queue_has_room (&output, 100 - small, 100));
  append_frame (&output, block, 40);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, 2 * small);
  g_assert_false (engine_output_queue_has_room (&output, 100, 100));
  /* A limit that was lowered holds. */
  g_assert_false (engine_output_queue_has_room (&output, 101, small));

  engine_output_queue_sent (&output, small + large / 2);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, small);
  engine_output_queue_sent (&output, large - large / 2 - 1);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, small);
  g_assert_false (engine_output_queue_has_room (&output, 101, 100));
  engine_output_queue_sent (&output, 1);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, small);
  g_assert_true (engine_output_queue_has_room (&output, 101, 100));
  g_assert_null (output.marks);
  engine_output_queue_clear (&output);
}

/* It is dropped, another one is overtaken. */
static void
test_room_moves (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 4000);
  const gsize small = append_frame (&output, block, 40);
  gsize large = append_frame (&output, block, 1000);

  engine_output_queue_note_large (&output, large);
  append_frame (&output, block, 40);
  g_assert_cmpuint (engine_output_queue_drop (&output, large, TRUE), ==, 2);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, small);
  g_assert_null (output.marks);

  large = append_frame (&output, block, 1000);
  engine_output_queue_note_large (&output, large);
  engine_output_queue_overtake (&output, block, 0, small);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, 2 * small);
  engine_output_queue_sent (&output, 2 * small + large - 1);
  g_assert_cmpuint (engine_output_queue_counted (&output), ==, 0);
  g_assert_false (engine_output_queue_has_room (&output, 101, 100));
  engine_output_queue_sent (&output, 1);
  g_assert_null (output.marks);
}

/* --- marks */

/* They are reached in their order, however many wait and whenever others come. */
static void
test_marks (void)
{
  enum { N_MARKS = 100000 };
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, N_MARKS * 2);
  guint marked = 0;
  guint reached = 0;

  while (reached < N_MARKS)
    {
      for (guint i = 0; i < 3000 && marked < N_MARKS; i++)
        {
          const gsize at = block->used;

          engine_output_queue_append (&output, block, at, add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, 0, 0));
          engine_output_queue_mark (&output, GUINT_TO_POINTER (++marked));
        }
      g_assert_null (engine_output_queue_reached (&output));
      engine_output_queue_sent (&output, MIN (output.bytes, 2000));
      while (engine_output_queue_has_reached (&output))
        g_assert_cmpuint (GPOINTER_TO_UINT (engine_output_queue_reached (&output)), ==, ++reached);
      g_assert_cmpuint (output.bytes, ==, 2 * (marked - reached));
    }
  g_assert_null (output.marks);
  engine_output_queue_clear (&output);
}

static void
test_marks_cleared (void)
{
  EngineOutputQueue output = { 0 };
  g_autoptr (EngineBlock) block = engine_block_new (NULL, 100);

  for (guint i = 0; i < 3; i++)
    {
      const gsize at = block->used;

      engine_output_queue_append (&output, block, at, add_frame (block, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, 4, 'x'));
      engine_output_queue_mark (&output, &output);
    }
  engine_output_queue_sent (&output, 6);
  g_assert_nonnull (engine_output_queue_reached (&output));
  engine_output_queue_clear (&output);
  g_assert_false (engine_output_queue_has_reached (&output));
  g_assert_null (engine_output_queue_reached (&output));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/output/append-merges", test_append_merges);
  g_test_add_func ("/engine/output/parts-limited", test_parts_limited);
  g_test_add_func ("/engine/output/overtake/at-every-byte", test_overtake_at_every_byte);
  g_test_add_func ("/engine/output/overtake/twice", test_overtake_twice);
  g_test_add_func ("/engine/output/settle/moves", test_settle_moves);
  g_test_add_func ("/engine/output/settle/moves-several", test_settle_moves_several);
  g_test_add_func ("/engine/output/settle/keeps", test_settle_keeps);
  g_test_add_func ("/engine/output/settle/joins-many", test_settle_joins_many);
  g_test_add_func ("/engine/output/room", test_room);
  g_test_add_func ("/engine/output/room-moves", test_room_moves);
  g_test_add_func ("/engine/output/marks/many", test_marks);
  g_test_add_func ("/engine/output/marks/cleared", test_marks_cleared);
  g_test_add_func ("/engine/output/settle/keeps-large", test_settle_keeps_large);
  g_test_add_func ("/engine/output/oracle", test_oracle);

  return g_test_run ();
}
