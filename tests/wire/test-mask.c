/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "wire/mask-private.h"

#define LONGEST 300              /* several rounds of the widest step, and all that can be left of it */
#define OFFSETS 17               /* past the widest alignment that a step could ask for */

static guint32
key_from_bytes (const guint8 bytes[4])
{
  guint32 key;

  memcpy (&key, bytes, sizeof key);
  return key;
}

/* The definition in RFC 6455 section 5.3, word for word. */
static void
mask_by_definition (guint8 *to, const guint8 *from, gsize length, const guint8 key[4])
{
  for (gsize i = 0; i < length; i++)
    to[i] = from[i] ^ key[i % 4];
}

static void
fill_randomly (guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = g_test_rand_int_range (0, 256);
}

static void
test_rfc_example (void)
{
  const guint8 key[4] = { 0x37, 0xfa, 0x21, 0x3d };
  const guint8 masked[5] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
  guint8 data[5] = { 'H', 'e', 'l', 'l', 'o' };
  guint8 copy[5];

  wire_mask_copy (copy, data, sizeof data, key_from_bytes (key));
  g_assert_cmpmem (copy, sizeof copy, masked, sizeof masked);
  g_assert_cmpmem (data, sizeof data, "Hello", 5);

  wire_mask (data, sizeof data, key_from_bytes (key));
  g_assert_cmpmem (data, sizeof data, masked, sizeof masked);
}

static void
test_every_length_and_alignment (void)
{
  guint8 plain[OFFSETS + LONGEST + 64], expected[sizeof plain], data[sizeof plain];
  guint8 key[4];

  for (gsize offset = 0; offset < OFFSETS; offset++)
    for (gsize length = 0; length <= LONGEST; length++)
      {
        guint32 next;

        fill_randomly (key, sizeof key);
        fill_randomly (plain, sizeof plain);
        memcpy (expected, plain, sizeof plain);
        mask_by_definition (expected + offset, plain + offset, length, key);

        memcpy (data, plain, sizeof plain);
        next = wire_mask (data + offset, length, key_from_bytes (key));
        g_assert_cmpmem (data, sizeof data, expected, sizeof expected);

        for (gsize i = 0; i < 4; i++)
          g_assert_cmpuint (((guint8 *) &next)[i], ==, key[(length + i) % 4]);
      }
}

static void
test_copy_every_length_and_alignment (void)
{
  guint8 plain[OFFSETS + LONGEST + 64], expected[sizeof plain], data[sizeof plain];
  guint8 key[4];

  fill_randomly (plain, sizeof plain);
  for (gsize offset = 0; offset < OFFSETS; offset++)
    for (gsize length = 0; length <= LONGEST; length++)
      {
        const gsize from = g_test_rand_int_range (0, OFFSETS);
        guint32 next;

        fill_randomly (key, sizeof key);
        memset (expected, 0xa5, sizeof expected);
        memset (data, 0xa5, sizeof data);
        mask_by_definition (expected + offset, plain + from, length, key);

        next = wire_mask_copy (data + offset, plain + from, length, key_from_bytes (key));
        g_assert_cmpmem (data, sizeof data, expected, sizeof expected);
        g_assert_cmpuint (next, ==, wire_mask (data, length, key_from_bytes (key)));
      }
}

/* Blocks of exactly the payload's size: a tool that checks memory sees a read or a
 * write beside them. */
static void
test_stays_inside (void)
{
  for (gsize length = 1; length <= LONGEST; length++)
    {
      g_autofree guint8 *from = g_malloc (length);
      g_autofree guint8 *to = g_malloc (length);

      memset (from, 'x', length);
      wire_mask_copy (to, from, length, 0x01020304);
      wire_mask (to, length, 0x01020304);
      g_assert_cmpmem (to, length, from, length);
    }
}

static void
test_piece_by_piece (void)
{
  guint8 plain[100], whole[100], pieces[100];
  const guint8 key[4] = { 0x12, 0x34, 0x56, 0x78 };

  fill_randomly (plain, sizeof plain);
  mask_by_definition (whole, plain, sizeof plain, key);

  for (gsize first = 0; first <= sizeof plain; first++)
    for (gsize second = first; second <= sizeof plain; second++)
      {
        guint32 now = key_from_bytes (key);

        memcpy (pieces, plain, sizeof plain);
        now = wire_mask (pieces, first, now);
        now = wire_mask_copy (pieces + first, plain + first, second - first, now);
        wire_mask (pieces + second, sizeof plain - second, now);
        g_assert_cmpmem (pieces, sizeof pieces, whole, sizeof whole);
      }
}

static void
test_large (void)
{
  const gsize length = 1024 * 1024 + 13;
  const guint8 key[4] = { 0xff, 0x00, 0x80, 0x7f };
  g_autofree guint8 *plain = g_malloc (length);
  g_autofree guint8 *expected = g_malloc (length);
  g_autofree guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    plain[i] = i * 31 >> 3;
  mask_by_definition (expected, plain, length, key);

  wire_mask_copy (data, plain, length, key_from_bytes (key));
  g_assert_true (memcmp (data, expected, length) == 0);
  wire_mask (data, length, key_from_bytes (key));
  g_assert_true (memcmp (data, plain, length) == 0);
}

static void
test_nothing (void)
{
  g_assert_cmpuint (wire_mask (NULL, 0, 0x01020304), ==, 0x01020304);
  g_assert_cmpuint (wire_mask_copy (NULL, NULL, 0, 0x01020304), ==, 0x01020304);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/mask/rfc-example", test_rfc_example);
  g_test_add_func ("/wire/mask/every-length-and-alignment", test_every_length_and_alignment);
  g_test_add_func ("/wire/mask/copy-every-length-and-alignment", test_copy_every_length_and_alignment);
  g_test_add_func ("/wire/mask/stays-inside", test_stays_inside);
  g_test_add_func ("/wire/mask/piece-by-piece", test_piece_by_piece);
  g_test_add_func ("/wire/mask/large", test_large);
  g_test_add_func ("/wire/mask/nothing", test_nothing);

  return g_test_run ();
}
