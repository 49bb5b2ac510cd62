/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"

#include <string.h>

/* The longest piece of an input that is cut up at random. */
#define CUT_MAX 24

guint8
fuzz_input_byte (FuzzInput *input)
{
  guint8 byte;

  if (input->length == 0)
    return 0;

  byte = *input->data;
  input->data++;
  input->length--;

  return byte;
}

guint16
fuzz_input_short (FuzzInput *input)
{
  guint16 high = fuzz_input_byte (input);

  return (guint16) (high << 8 | fuzz_input_byte (input));
}

FuzzInput
fuzz_input_take (FuzzInput *input, gsize length)
{
  FuzzInput taken = { input->data, MIN (length, input->length) };

  input->data += taken.length;
  input->length -= taken.length;

  return taken;
}

FuzzInput
fuzz_input_take_until (FuzzInput *input, guint8 separator)
{
  const guint8 *found = input->length > 0 ? memchr (input->data, separator, input->length) : NULL;
  FuzzInput taken = fuzz_input_take (input, found != NULL ? (gsize) (found - input->data) : input->length);

  fuzz_input_take (input, 1);

  return taken;
}

guint8 *
fuzz_input_copy (const FuzzInput *input)
{
  guint8 *copy = g_malloc (MAX (input->length, 1));

  if (input->length > 0)
    memcpy (copy, input->data, input->length);

  return copy;
}

char *
fuzz_input_text (const FuzzInput *input)
{
  char *text = g_malloc (input->length + 1);

  if (input->length > 0)
    memcpy (text, input->data, input->length);
  text[input->length] = '\0';

  return text;
}

gboolean
fuzz_input_has_nul (const FuzzInput *input)
{
  return input->length > 0 && memchr (input->data, '\0', input->length) != NULL;
}

/* xorshift, by George Marsaglia. */
static guint32
cut_random (FuzzCut *cut)
{
  cut->state ^= cut->state << 13;
  cut->state ^= cut->state >> 17;
  cut->state ^= cut->state << 5;

  return cut->state;
}

gsize
fuzz_cut_next (FuzzCut *cut, gsize left)
{
  gsize length;

  switch (cut->kind)
    {
    case FUZZ_CUT_EVERYWHERE:
      return 1;
    case FUZZ_CUT_AT_RANDOM:
      length = 1 + cut_random (cut) % CUT_MAX;
      return MIN (left, length);
    default:
      return left;
    }
}
