/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NOTES: after J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One Instruction Per
 * Byte" (2021). Whatever can be wrong with two bytes in a row shows in three of their four
 * half-bytes. Each fault is a bit; a table for each half-byte tells which faults it may be
 * part of, and two bytes have those in which all three tables agree. That a character has a
 * third and a fourth byte where it needs them is compared apart.
 */
#include "utf8-vector-private.h"

#include <string.h>

#if defined(__x86_64__)
#include <tmmintrin.h>
#define VECTOR_FUNCTION __attribute__ ((target ("ssse3")))
#elif defined(__aarch64__)
#include <arm_neon.h>
#define VECTOR_FUNCTION
#endif

#ifdef VECTOR_FUNCTION

typedef guint8 Block __attribute__ ((vector_size (16)));

enum {
  TOO_SHORT = 1 << 0,           /* a lead, and no continuation */
  TOO_LONG = 1 << 1,            /* ASCII, and a continuation */
  OVERLONG_3 = 1 << 2,          /* E0 80..9F */
  TOO_LARGE = 1 << 3,           /* F4 90..BF, F5..FF 90..BF */
  SURROGATE = 1 << 4,           /* ED A0..BF */
  OVERLONG_2 = 1 << 5,          /* C0..C1 80..BF */
  OVERLONG_4 = 1 << 6,          /* F0 80..8F */
  TOO_LARGE_8 = 1 << 6,         /* F5..FF 80..8F: shares its bit, the first half-bytes differ */
  TWO_TAILS = 1 << 7,           /* two continuations: right where a third or fourth byte is due */
  ANY_LOW = TOO_SHORT | TOO_LONG | TWO_TAILS,
  BEYOND = ANY_LOW | TOO_LARGE | TOO_LARGE_8,
  ANY_TAIL = TOO_LONG | OVERLONG_2 | TWO_TAILS,
};

static const Block first_high = {
  TOO_LONG,  TOO_LONG,  TOO_LONG,  TOO_LONG,
  TOO_LONG,  TOO_LONG,  TOO_LONG,  TOO_LONG,
  TWO_TAILS, TWO_TAILS, TWO_TAILS, TWO_TAILS,
  TOO_SHORT | OVERLONG_2,
  TOO_SHORT,
  TOO_SHORT | OVERLONG_3 | SURROGATE,
  TOO_SHORT | TOO_LARGE | TOO_LARGE_8 | OVERLONG_4,
};

static const Block first_low = {
  ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4,
  ANY_LOW | OVERLONG_2,
  ANY_LOW, ANY_LOW,
  ANY_LOW | TOO_LARGE,
  BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND,
  BEYOND | SURROGATE,
  BEYOND, BEYOND,
};

static const Block second_high = {
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  ANY_TAIL | OVERLONG_3 | OVERLONG_4 | TOO_LARGE_8,
  ANY_TAIL | OVERLONG_3 | TOO_LARGE,
  ANY_TAIL | SURROGATE | TOO_LARGE,
  ANY_TAIL | SURROGATE | TOO_LARGE,
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
};

static inline gboolean
has_vectors (void)
{
#if defined(__x86_64__)
  return __builtin_cpu_supports ("ssse3");
#else
  return TRUE;
#endif
}

/* The entries of @table at 16 places. */
VECTOR_FUNCTION static inline Block
look_up (Block table, Block places)
{
#if defined(__x86_64__)
  return (Block) _mm_shuffle_epi8 ((__m128i) table, (__m128i) places);
#else
  return (Block) vqtbl1q_u8 ((uint8x16_t) table, (uint8x16_t) places);
#endif
}

static inline Block
load (const guint8 *data)
{
  Block block;

  memcpy (&block, data, sizeof block);
  return block;
}

static inline guint64
any (Block block)
{
  guint64 words[2];

  memcpy (words, &block, sizeof words);
  return words[0] | words[1];
}

/* Not zero where something is wrong with a byte and what comes before it. */
VECTOR_FUNCTION static inline Block
find_faults (const guint8 *data)
{
  const Block before = load (data - 1);
  const Block third = (Block) (load (data - 2) >= 0xe0);
  const Block fourth = (Block) (load (data - 3) >= 0xf0);
  const Block pairs = look_up (first_high, before >> 4) & look_up (first_low, before & 15)
                      & look_up (second_high, load (data) >> 4);

  return pairs ^ ((third | fourth) & TWO_TAILS);
}

static inline gboolean
is_ascii (const guint8 *data)
{
  const Block all = load (data - WIRE_UTF8_VECTOR_BEHIND) | load (data) | load (data + 16) | load (data + 32)
                    | load (data + 48);

  return (any (all) & G_GUINT64_CONSTANT (0x8080808080808080)) == 0;
}

/* The last character may not be whole, or not be known to have too few bytes. */
static gsize
without_last_character (const guint8 *data, gsize length)
{
  while (length > 0 && (data[length - 1] & 0xc0) == 0x80)
    length--;

  return length > 0 && data[length - 1] >= 0xc0 ? length - 1 : length;
}

VECTOR_FUNCTION static gsize
check_steps (const guint8 *data, gsize length)
{
  gsize checked = 0;

  for (; length - checked >= WIRE_UTF8_VECTOR_STEP; checked += WIRE_UTF8_VECTOR_STEP)
    {
      const guint8 *step = data + checked;

      if (!is_ascii (step)
          && any (find_faults (step) | find_faults (step + 16) | find_faults (step + 32) | find_faults (step + 48)))
        break;
    }

  return without_last_character (data, checked);
}

gsize
wire_utf8_vector_check (const guint8 *data, gsize length)
{
  return has_vectors () ? check_steps (data, length) : 0;
}

#else

gsize
wire_utf8_vector_check (const guint8 *data, gsize length)
{
  return 0;
}

#endif
