/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "utf8-oracle.h"
#include "wire/utf8-private.h"

/* The check of UTF-8, whole and in pieces, against GLib's.
 *
 * Input: two bytes that cut the text up, the text. */

typedef struct {
  gboolean refused;
  gsize given;                  /* to the last call */
  WireUtf8 state;
} Reading;

static Reading
read_text (const FuzzInput *text, FuzzCut cut)
{
  Reading reading = { .state = WIRE_UTF8_BOUNDARY };

  while (reading.given < text->length && !reading.refused)
    {
      gsize length = fuzz_cut_next (&cut, text->length - reading.given);
      g_autofree guint8 *piece = g_memdup2 (text->data + reading.given, length);

      reading.refused = !wire_utf8_feed (&reading.state, piece, length);
      reading.given += length;
    }

  return reading;
}

/* The byte at which reading stopped is the first that can't stand at its place. */
static void
check_first_bad_byte (const FuzzInput *text, const Reading *by_bytes)
{
  gsize good = by_bytes->given - (by_bytes->refused ? 1 : 0);

  g_assert_true (utf8_oracle_may_begin (text->data, good));
  if (by_bytes->refused)
    g_assert_false (utf8_oracle_may_begin (text->data, by_bytes->given));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  guint32 state = 1 + fuzz_input_short (&input);
  gboolean valid = utf8_oracle_is_valid (input.data, input.length);

  for (guint kind = 0; kind < FUZZ_N_CUTS; kind++)
    {
      Reading reading = read_text (&input, (FuzzCut) { kind, state });

      g_assert_cmpint (!reading.refused && reading.state == WIRE_UTF8_BOUNDARY, ==, valid);
      if (kind == FUZZ_CUT_EVERYWHERE)
        check_first_bad_byte (&input, &reading);
    }

  return 0;
}
