/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "wire/mask-private.h"

#include <string.h>

/* Masking: the fast way, in place, into a copy and in pieces, against one byte
 * after the other.
 *
 * Input: four bytes of the key, two that cut the payload up, the payload. */

static guint8 *
mask_slowly (const FuzzInput *payload, const guint8 key[4])
{
  guint8 *masked = fuzz_input_copy (payload);

  for (gsize i = 0; i < payload->length; i++)
    masked[i] ^= key[i % 4];

  return masked;
}

static void
check_equal (const guint8 *bytes, const guint8 *expected, gsize length)
{
  g_assert_cmpmem (bytes, length, expected, length);
}

static void
check_pieces (const FuzzInput *payload, guint32 key, guint32 state, const guint8 *expected)
{
  FuzzCut cut = { FUZZ_CUT_AT_RANDOM, state };
  g_autofree guint8 *masked = fuzz_input_copy (payload);
  gsize done = 0;

  while (done < payload->length)
    {
      gsize length = fuzz_cut_next (&cut, payload->length - done);

      key = wire_mask (masked + done, length, key);
      done += length;
    }
  check_equal (masked, expected, payload->length);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  guint8 key_bytes[4];
  guint32 key, after;
  guint32 state;
  g_autofree guint8 *expected = NULL;
  g_autofree guint8 *in_place = NULL;
  g_autofree guint8 *copied = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (key_bytes); i++)
    key_bytes[i] = fuzz_input_byte (&input);
  memcpy (&key, key_bytes, sizeof key);
  state = 1 + fuzz_input_short (&input);

  expected = mask_slowly (&input, key_bytes);
  in_place = fuzz_input_copy (&input);
  after = wire_mask (in_place, input.length, key);
  check_equal (in_place, expected, input.length);
  for (guint i = 0; i < G_N_ELEMENTS (key_bytes); i++)
    g_assert_cmpuint (((const guint8 *) &after)[i], ==, key_bytes[(input.length + i) % 4]);

  copied = g_malloc (input.length);
  g_assert_cmpuint (wire_mask_copy (copied, input.data, input.length, key), ==, after);
  check_equal (copied, expected, input.length);
  check_pieces (&input, key, state, expected);

  return 0;
}
