/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "vectors.h"
#include "wire/utf8-private.h"

typedef enum {
  VALID,
  INCOMPLETE,                   /* the beginning of a valid text */
  REFUSED,
} Verdict;

#define SURROUNDINGS 80          /* more than two of the steps in which ASCII is passed over */

static Verdict
verdict_of (gboolean fed, WireUtf8 state)
{
  return !fed ? REFUSED : state == WIRE_UTF8_BOUNDARY ? VALID : INCOMPLETE;
}

static Verdict
feed_whole (const guint8 *data, gsize length)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;
  gboolean fed = wire_utf8_feed (&state, data, length);

  return verdict_of (fed, state);
}

static Verdict
feed_in_two (const guint8 *data, gsize length, gsize first)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;
  gboolean fed = wire_utf8_feed (&state, data, first) && wire_utf8_feed (&state, data + first, length - first);

  return verdict_of (fed, state);
}

/* Which byte is refused (the first is 1), or 0. */
static gsize
feed_bytes (const guint8 *data, gsize length, Verdict *verdict)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;

  *verdict = REFUSED;
  for (gsize i = 0; i < length; i++)
    if (!wire_utf8_feed (&state, data + i, 1))
      return i + 1;

  *verdict = verdict_of (TRUE, state);
  return 0;
}

/* GLib's opinion, apart from NUL, which it refuses. */
static gboolean
glib_accepts (const guint8 *data, gsize length)
{
  char text[16];

  g_assert_cmpuint (length, <=, sizeof text);
  for (gsize i = 0; i < length; i++)
    text[i] = data[i] != 0 ? data[i] : 'x';

  return g_utf8_validate_len (text, length, NULL);
}

/* An incomplete text is one that some ending makes valid, and each lead byte with
 * rules of its own has an ending in this list. */
static Verdict
glib_verdict (const guint8 *data, gsize length)
{
  static const char *const endings[] = { "\x80", "\x80\x80", "\x80\x80\x80", "\xa0\x80", "\x90\x80\x80" };
  guint8 text[16];

  if (glib_accepts (data, length))
    return VALID;

  memcpy (text, data, length);
  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      memcpy (text + length, endings[i], strlen (endings[i]));
      if (glib_accepts (text, length + strlen (endings[i])))
        return INCOMPLETE;
    }

  return REFUSED;
}

/* --- known vectors */

typedef struct {
  char *name;
  GByteArray *input;
  gsize refused_at;
  Verdict verdict;
} Vector;

static void
vector_free (gpointer data)
{
  Vector *vector = data;

  g_free (vector->name);
  g_byte_array_unref (vector->input);
  g_free (vector);
}

static Vector *
vector_load (GKeyFile *file, const char *group)
{
  Vector *vector = g_new0 (Vector, 1);

  vector->name = g_strdup (group);
  vector->input = vectors_get_bytes (file, group, "input");
  vector->refused_at = g_key_file_get_uint64 (file, group, "refused-at", NULL);
  vector->verdict = vector->refused_at > 0 ? REFUSED
                    : g_key_file_get_boolean (file, group, "incomplete", NULL) ? INCOMPLETE : VALID;
  g_assert_nonnull (vector->input);

  return vector;
}

/* The same bytes at every distance from the start and from the end of the text
 * meet each width in which text is read. */
static void
check_surrounded (const Vector *vector)
{
  const gsize length = vector->input->len;
  const Verdict after = vector->verdict == INCOMPLETE ? REFUSED : vector->verdict;
  guint8 text[SURROUNDINGS + 64 + SURROUNDINGS];

  g_assert_cmpuint (length, <=, 64);
  memset (text, 'a', sizeof text);
  for (gsize before = 0; before <= SURROUNDINGS; before++)
    {
      if (length > 0)
        memcpy (text + before, vector->input->data, length);
      g_assert_cmpint (feed_whole (text, before + length), ==, vector->verdict);
      for (gsize more = 1; more <= SURROUNDINGS; more++)
        g_assert_cmpint (feed_whole (text, before + length + more), ==, after);
      memset (text + before, 'a', length);
    }
}

static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;
  const GByteArray *input = vector->input;
  Verdict verdict;

  g_assert_cmpint (feed_whole (input->data, input->len), ==, vector->verdict);
  g_assert_cmpuint (feed_bytes (input->data, input->len, &verdict), ==, vector->refused_at);
  g_assert_cmpint (verdict, ==, vector->verdict);
  for (gsize first = 0; first <= input->len && input->len > 0; first++)
    g_assert_cmpint (feed_in_two (input->data, input->len, first), ==, vector->verdict);

  if (vector->refused_at > 0)
    {
      g_assert_cmpint (feed_whole (input->data, vector->refused_at - 1), !=, REFUSED);
      g_assert_cmpint (feed_whole (input->data, vector->refused_at), ==, REFUSED);
    }
  check_surrounded (vector);
}

static void
add_vectors (void)
{
  g_autoptr (GKeyFile) file = vectors_load ("utf8.ini");
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      Vector *vector = vector_load (file, groups[i]);
      g_autofree char *path = g_strconcat ("/wire/utf8/vectors/", vector->name, NULL);

      g_test_add_data_func_full (path, vector, test_vector, vector_free);
    }
}

/* --- against GLib */

static void
check_against_glib (const guint8 *data, gsize length)
{
  const Verdict expected = glib_verdict (data, length);
  Verdict verdict;

  if (feed_whole (data, length) != expected)
    g_error ("%02x %02x %02x %02x (%zu bytes): expected %d", data[0], data[1], data[2], data[3], length, expected);

  feed_bytes (data, length, &verdict);
  g_assert_cmpint (verdict, ==, expected);
}

static void
test_all_short_sequences (void)
{
  guint8 data[4] = { 0 };

  for (guint32 i = 0; i < 1 << 24; i++)
    {
      data[0] = i >> 16;
      data[1] = i >> 8;
      data[2] = i;
      if ((i & 0xffff) == 0)
        check_against_glib (data, 1);
      if ((i & 0xff) == 0)
        check_against_glib (data, 2);

      /* A first byte that is a character, or refused, makes this one of the cases above. */
      if (data[0] >= 0xc2 && data[0] <= 0xf4)
        check_against_glib (data, 3);
    }
}

static void
test_all_characters (void)
{
  for (gunichar c = 0; c <= 0x10ffff; c++)
    {
      char text[6];
      gsize length = g_unichar_to_utf8 (c, text);
      Verdict expected = c >= 0xd800 && c <= 0xdfff ? REFUSED : VALID;

      if (feed_whole ((guint8 *) text, length) != expected)
        g_error ("U+%04X: expected %d", c, expected);
    }
}

static void
test_random_sequences (void)
{
  static const guint8 bytes[] = {
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
    0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 0x80, 0xa0, 0xbf,
  };
  guint8 data[8];

  for (guint round = 0; round < 200000; round++)
    {
      for (gsize i = 0; i < sizeof data; i++)
        data[i] = bytes[g_test_rand_int_range (0, sizeof bytes)];
      check_against_glib (data, g_test_rand_int_range (4, sizeof data + 1));
    }
}

/* --- long texts */

static GString *
random_text (gsize n_characters)
{
  static const gunichar last[] = { 0x7f, 0x7f, 0x7ff, 0xd7ff, 0x10ffff };
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < n_characters; i++)
    {
      gunichar c = g_test_rand_int_range (1, last[g_test_rand_int_range (0, G_N_ELEMENTS (last))] + 1);

      g_string_append_unichar (text, c >= 0xd800 && c <= 0xdfff ? 'x' : c);
    }

  return text;
}

static Verdict
feed_randomly (const guint8 *data, gsize length)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;

  while (length > 0)
    {
      gsize piece = g_test_rand_int_range (0, 100);

      piece = MIN (piece, length);
      if (!wire_utf8_feed (&state, data, piece))
        return REFUSED;
      data += piece;
      length -= piece;
    }

  return verdict_of (TRUE, state);
}

static void
test_every_split (void)
{
  g_autoptr (GString) text = random_text (150);
  const guint8 *data = (const guint8 *) text->str;

  for (gsize first = 0; first <= text->len; first++)
    {
      WireUtf8 state = WIRE_UTF8_BOUNDARY;
      gboolean inside = first < text->len && (data[first] & 0xc0) == 0x80;

      g_assert_cmpint (feed_in_two (data, text->len, first), ==, VALID);
      g_assert_true (wire_utf8_feed (&state, data, first));
      g_assert_cmpint (state != WIRE_UTF8_BOUNDARY, ==, inside);
    }
}

static void
test_random_texts (void)
{
  for (guint round = 0; round < 2000; round++)
    {
      g_autoptr (GString) text = random_text (g_test_rand_int_range (1, 300));
      gboolean valid;

      g_assert_cmpint (feed_whole ((guint8 *) text->str, text->len), ==, VALID);
      g_assert_cmpint (feed_randomly ((guint8 *) text->str, text->len), ==, VALID);

      text->str[g_test_rand_int_range (0, text->len)] = g_test_rand_int_range (1, 256);
      valid = g_utf8_validate_len (text->str, text->len, NULL);
      g_assert_cmpint (feed_whole ((guint8 *) text->str, text->len) == VALID, ==, valid);
      g_assert_cmpint (feed_randomly ((guint8 *) text->str, text->len) == VALID, ==, valid);
    }
}

/* What is fed whole is looked at in vectors, what comes byte by byte never is. */
static void
test_long_as_bytes (void)
{
  static const guint8 bytes[] = {
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5,
  };
  const guint n = G_N_ELEMENTS (bytes);
  guint8 text[100];

  memset (text, 'a', sizeof text);
  for (guint i = 0; i < n * n * n * n; i++)
    {
      guint8 *at = text + i % (sizeof text - 3);
      const guint8 sequence[] = { bytes[i % n], bytes[i / n % n], bytes[i / n / n % n], bytes[i / n / n / n] };
      Verdict expected;

      memcpy (at, sequence, sizeof sequence);
      feed_bytes (text, sizeof text, &expected);
      g_assert_cmpint (feed_whole (text, sizeof text), ==, expected);
      memset (at, 'a', sizeof sequence);
    }
}

static void
test_empty_pieces (void)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;

  g_assert_true (wire_utf8_feed (&state, NULL, 0));
  g_assert_cmpuint (state, ==, WIRE_UTF8_BOUNDARY);
  g_assert_true (wire_utf8_feed (&state, (const guint8 *) "\xe2\x82", 2));
  g_assert_true (wire_utf8_feed (&state, NULL, 0));
  g_assert_cmpuint (state, !=, WIRE_UTF8_BOUNDARY);
  g_assert_true (wire_utf8_feed (&state, (const guint8 *) "\xac", 1));
  g_assert_cmpuint (state, ==, WIRE_UTF8_BOUNDARY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_vectors ();
  g_test_add_func ("/wire/utf8/all-short-sequences", test_all_short_sequences);
  g_test_add_func ("/wire/utf8/all-characters", test_all_characters);
  g_test_add_func ("/wire/utf8/random-sequences", test_random_sequences);
  g_test_add_func ("/wire/utf8/every-split", test_every_split);
  g_test_add_func ("/wire/utf8/random-texts", test_random_texts);
  g_test_add_func ("/wire/utf8/long-as-bytes", test_long_as_bytes);
  g_test_add_func ("/wire/utf8/empty-pieces", test_empty_pieces);

  return g_test_run ();
}
