/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "utf8-oracle.h"

#include <string.h>

#define CHARACTER_MAX 4

gsize
utf8_oracle_valid_length (const guint8 *text, gsize length)
{
  gsize valid = 0;
  const char *end;

  while (valid < length)
    {
      g_utf8_validate_len ((const char *) text + valid, length - valid, &end);
      valid = (gsize) ((const guint8 *) end - text);
      if (valid == length || text[valid] != '\0')
        break;
      valid++;
    }

  return valid;
}

gboolean
utf8_oracle_is_valid (const guint8 *text, gsize length)
{
  return utf8_oracle_valid_length (text, length) == length;
}

/* Is there a character that begins with these bytes? One of those with the lowest or
 * the highest second byte is, if any. */
static gboolean
oracle_begins_character (const guint8 *bytes, gsize length)
{
  static const guint8 tails[] = { 0x80, 0xbf };

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      guint8 character[CHARACTER_MAX];

      memset (character, tails[i], sizeof character);
      memcpy (character, bytes, length);
      for (gsize size = length; size <= sizeof character; size++)
        if (g_utf8_validate_len ((const char *) character, size, NULL))
          return TRUE;
    }

  return FALSE;
}

gboolean
utf8_oracle_may_begin (const guint8 *text, gsize length)
{
  gsize valid = utf8_oracle_valid_length (text, length);
  gsize rest = length - valid;

  return rest == 0 || (rest < CHARACTER_MAX && oracle_begins_character (text + valid, rest));
}
