/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NOTES: the automaton keeps its transitions in the 64 bits of a word, six for
 * each state: a state is the place of its six bits, and a byte of text costs one
 * shift by the state. The words do not depend on the state, so they are loaded
 * ahead, and nothing branches on the text. (A table indexed by state and byte has
 * to wait for each load.) What is long is left to vectors first; the automaton takes over
 * at their end, and where they find a bad byte.
 */
#include "utf8-private.h"
#include "utf8-vector-private.h"

#include <string.h>

/* What may come next; the names tell what has been seen of a character. */
enum {
  BOUNDARY = WIRE_UTF8_BOUNDARY,
  REFUSED = 6,                  /* never left */
  WANTS_1 = 12,                 /* any bytes 80..BF, so many */
  WANTS_2 = 18,
  WANTS_3 = 24,
  AFTER_E0 = 30,                /* 80..9F would be an overlong form */
  AFTER_ED = 36,                /* A0..BF would be a surrogate */
  AFTER_F0 = 42,                /* 80..8F would be an overlong form */
  AFTER_F4 = 48,                /* 90..BF would be above U+10FFFF */
  STATE_MASK = 63,
};

#define EDGE(from, to) ((guint64) (to) << (from))

/* A byte that can only begin a character. */
#define LEAD(next) \
  (EDGE (BOUNDARY, next) | EDGE (REFUSED, REFUSED) | EDGE (WANTS_1, REFUSED) \
   | EDGE (WANTS_2, REFUSED) | EDGE (WANTS_3, REFUSED) | EDGE (AFTER_E0, REFUSED) \
   | EDGE (AFTER_ED, REFUSED) | EDGE (AFTER_F0, REFUSED) | EDGE (AFTER_F4, REFUSED))

/* A byte that can only go on with one. */
#define TAIL(after_e0, after_ed, after_f0, after_f4) \
  (EDGE (BOUNDARY, REFUSED) | EDGE (REFUSED, REFUSED) | EDGE (WANTS_1, BOUNDARY) \
   | EDGE (WANTS_2, WANTS_1) | EDGE (WANTS_3, WANTS_2) | EDGE (AFTER_E0, after_e0) \
   | EDGE (AFTER_ED, after_ed) | EDGE (AFTER_F0, after_f0) | EDGE (AFTER_F4, after_f4))

static const guint64 edges[256] = {
  [0x00 ... 0x7f] = LEAD (BOUNDARY),
  [0x80 ... 0x8f] = TAIL (REFUSED, WANTS_1, REFUSED, WANTS_2),
  [0x90 ... 0x9f] = TAIL (REFUSED, WANTS_1, WANTS_2, REFUSED),
  [0xa0 ... 0xbf] = TAIL (WANTS_1, REFUSED, WANTS_2, REFUSED),
  [0xc0 ... 0xc1] = LEAD (REFUSED),
  [0xc2 ... 0xdf] = LEAD (WANTS_1),
  [0xe0] = LEAD (AFTER_E0),
  [0xe1 ... 0xec] = LEAD (WANTS_2),
  [0xed] = LEAD (AFTER_ED),
  [0xee ... 0xef] = LEAD (WANTS_2),
  [0xf0] = LEAD (AFTER_F0),
  [0xf1 ... 0xf3] = LEAD (WANTS_3),
  [0xf4] = LEAD (AFTER_F4),
  [0xf5 ... 0xff] = LEAD (REFUSED),
};

#define STEP 32

/* What vectors look back on may end in the middle of a character. */
#define VECTOR_START_MAX (WIRE_UTF8_VECTOR_BEHIND + 3)

static inline gboolean
is_ascii (const guint8 *data, gsize n_words)
{
  guint64 all = 0;

  for (gsize i = 0; i < n_words; i++)
    {
      guint64 word;

      memcpy (&word, data + i * sizeof word, sizeof word);
      all |= word;
    }

  return (all & G_GUINT64_CONSTANT (0x8080808080808080)) == 0;
}

static inline guint64
walk (guint64 state, const guint8 *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    state = edges[data[i]] >> (state & STATE_MASK);

  return state & STATE_MASK;
}

/* How much of a long text need not be walked through byte by byte. */
static gsize
pass_valid (guint64 *now, const guint8 *data, gsize length)
{
  gsize passed = 0;

  if (length < WIRE_UTF8_VECTOR_STEP + VECTOR_START_MAX)
    return 0;

  /* Vectors start with a character, and with others behind it. */
  while (passed < WIRE_UTF8_VECTOR_BEHIND || (*now != BOUNDARY && *now != REFUSED))
    *now = walk (*now, data + passed++, 1);

  return *now == BOUNDARY ? passed + wire_utf8_vector_check (data + passed, length - passed) : passed;
}

gboolean
wire_utf8_feed (WireUtf8 *state, const guint8 *data, gsize length)
{
  guint64 now = *state;
  gsize passed = pass_valid (&now, data, length);

  /* What has no bytes may be NULL, to which nothing can be added. */
  if (passed > 0)
    data += passed;
  length -= passed;

  for (; length >= STEP; data += STEP, length -= STEP)
    {
      if (now == BOUNDARY && is_ascii (data, STEP / 8))
        continue;

      now = walk (now, data, STEP);
      if (now == REFUSED)
        return FALSE;
    }

  for (; now == BOUNDARY && length >= 8 && is_ascii (data, 1); data += 8)
    length -= 8;

  now = walk (now, data, length);
  *state = (WireUtf8) now;
  return now != REFUSED;
}
