/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "wire/deflater-private.h"

static void
check_run (WireDeflater *deflater, const char *text, gboolean last, const guint8 *expected, gsize length)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_true (wire_deflater_run (deflater, (const guint8 *) text, strlen (text), last, G_MAXSIZE, out));
  g_assert_cmpmem (out->data, out->len, expected, length);
}

/* RFC 7692 section 7.2.3. */
static void
test_vectors (void)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 6, 8);
  const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
  const guint8 hello_again[] = { 0xf2, 0x00, 0x11, 0x00, 0x00 };

  check_run (deflater, "Hello", TRUE, hello, sizeof hello);
  check_run (deflater, "Hello", TRUE, hello_again, sizeof hello_again);
  wire_deflater_reset (deflater);
  check_run (deflater, "Hello", TRUE, hello, sizeof hello);
}

/* A fragment keeps its tail, the last one has an empty block without it. */
static void
test_fragments (void)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 6, 8);
  const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff };
  const guint8 end[] = { 0x00 };

  check_run (deflater, "Hello", FALSE, hello, sizeof hello);
  check_run (deflater, "", FALSE, NULL, 0);
  check_run (deflater, "", TRUE, end, sizeof end);
}

static void
test_empty (void)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (9, 1, 1);
  const guint8 empty[] = { 0x02, 0x00 };
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_true (wire_deflater_run (deflater, NULL, 0, TRUE, G_MAXSIZE, out));
  /* Either of the two empty blocks will do. */
  g_assert_cmpuint (out->len, <=, sizeof empty);
  g_assert_cmpuint (out->len, >, 0);
}

/* What gets no shorter costs no more room than it may have, and a reset mends all. */
static void
test_growth (void)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (12, 1, 5);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) again = g_byte_array_new ();
  g_autofree guint8 *noise = g_malloc (100000);
  const gsize lengths[] = { 1, 2, 10, 1000, 100000 };
  guint8 text[1000];

  memset (text, 'x', sizeof text);
  for (gsize i = 0; i < 100000; i++)
    noise[i] = (guint8) g_random_int ();

  g_assert_true (wire_deflater_run (deflater, text, sizeof text, TRUE, sizeof text - 1, out));
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_assert_false (wire_deflater_run (deflater, noise, lengths[i], TRUE, lengths[i] - 1, again));
      g_assert_cmpuint (again->len, <=, lengths[i] + 4);
      wire_deflater_reset (deflater);
      g_assert_true (wire_deflater_run (deflater, text, sizeof text, TRUE, sizeof text - 1, again));
      g_assert_cmpmem (again->data, again->len, out->data, out->len);
      wire_deflater_reset (deflater);
    }
}

/* The most that may come out is the most that does. */
static void
test_max (void)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 6, 8);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const guint8 *text = (const guint8 *) "one two three four five six seven eight nine ten eleven twelve";
  const gsize length = strlen ((const char *) text);
  gsize size;

  g_assert_true (wire_deflater_run (deflater, text, length, TRUE, G_MAXSIZE, out));
  size = out->len;
  for (gsize max = 0; max <= length; max++)
    {
      wire_deflater_reset (deflater);
      g_assert_cmpint (wire_deflater_run (deflater, text, length, TRUE, max, out), ==, max >= size);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/deflater/vectors", test_vectors);
  g_test_add_func ("/wire/deflater/fragments", test_fragments);
  g_test_add_func ("/wire/deflater/empty", test_empty);
  g_test_add_func ("/wire/deflater/growth", test_growth);
  g_test_add_func ("/wire/deflater/max", test_max);

  return g_test_run ();
}
