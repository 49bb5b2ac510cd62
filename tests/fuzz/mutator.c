/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mutator.h"

#include <string.h>

#define CHANGES_MAX 6
#define RUN_MAX 32

/* Bytes at which something changes: lengths of frames, ends of lines, borders of UTF-8. */
static const guint8 edges[] = {
  0x00, 0x01, 0x08, 0x09, 0x0a, 0x0d, 0x20, 0x2c, 0x2e, 0x2f, 0x3a, 0x7d, 0x7e, 0x7f,
  0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xfd, 0xfe, 0xff,
};

typedef void (*Change) (GByteArray *bytes, GRand *random, GPtrArray *corpus);

/* A number below @end, 0 if there is none. */
static guint
pick (GRand *random, guint end)
{
  return end > 0 ? (guint) g_rand_int_range (random, 0, (gint32) end) : 0;
}

static void
insert (GByteArray *bytes, guint at, const guint8 *more, guint length)
{
  guint unread = bytes->len - at;

  g_byte_array_set_size (bytes, bytes->len + length);
  memmove (bytes->data + at + length, bytes->data + at, unread);
  memcpy (bytes->data + at, more, length);
}

static void
change_bit (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  if (bytes->len > 0)
    bytes->data[pick (random, bytes->len)] ^= (guint8) (1 << pick (random, 8));
}

static void
change_byte (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  if (bytes->len > 0)
    bytes->data[pick (random, bytes->len)] = edges[pick (random, G_N_ELEMENTS (edges))];
}

static void
change_number (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  if (bytes->len > 0)
    bytes->data[pick (random, bytes->len)] += (guint8) (1 + pick (random, 16));
}

static void
change_insert (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  guint8 run[RUN_MAX];
  guint length = 1 + pick (random, sizeof run);

  memset (run, pick (random, 2) ? edges[pick (random, G_N_ELEMENTS (edges))] : (int) pick (random, 256), length);
  insert (bytes, pick (random, bytes->len + 1), run, length);
}

static void
change_remove (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  guint at = pick (random, bytes->len);

  if (bytes->len > 0)
    g_byte_array_remove_range (bytes, at, 1 + pick (random, MIN (RUN_MAX, bytes->len - at)));
}

static void
change_repeat (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  guint from = pick (random, bytes->len);
  guint length = 1 + pick (random, bytes->len - from);
  g_autofree guint8 *run = NULL;

  if (bytes->len == 0)
    return;
  run = g_memdup2 (bytes->data + from, length);
  insert (bytes, pick (random, bytes->len + 1), run, length);
}

/* Goes on with what another input has there. */
static void
change_splice (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  gsize size;
  const guint8 *other = g_bytes_get_data (corpus->pdata[pick (random, corpus->len)], &size);
  guint from = pick (random, (guint) size);

  g_byte_array_set_size (bytes, pick (random, bytes->len + 1));
  if (size > 0)
    g_byte_array_append (bytes, other + from, (guint) size - from);
}

static const Change changes[] = {
  change_bit, change_byte, change_number, change_insert, change_remove, change_repeat, change_splice,
};

GByteArray *
mutator_make (GPtrArray *corpus, guint32 seed, guint32 index)
{
  const guint32 seeds[] = { seed, index };
  g_autoptr (GRand) random = g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
  GByteArray *bytes = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (corpus->pdata[pick (random, corpus->len)], &size);

  if (size > 0)
    g_byte_array_append (bytes, data, (guint) size);
  for (guint left = 1 + pick (random, CHANGES_MAX); left > 0; left--)
    changes[pick (random, G_N_ELEMENTS (changes))] (bytes, random, corpus);
  g_byte_array_set_size (bytes, MIN (bytes->len, MUTATOR_INPUT_MAX));

  return bytes;
}
