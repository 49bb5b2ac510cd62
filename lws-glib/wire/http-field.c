/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-field-private.h"

#define DELIMITER (WIRE_CHAR_VISIBLE | WIRE_CHAR_VALUE)
#define TCHAR (WIRE_CHAR_TOKEN | WIRE_CHAR_VISIBLE | WIRE_CHAR_VALUE)

/* Each has a bit of its own. */
G_STATIC_ASSERT (WIRE_CHAR_TOKEN + WIRE_CHAR_VISIBLE + WIRE_CHAR_VALUE ==
                 (WIRE_CHAR_TOKEN | WIRE_CHAR_VISIBLE | WIRE_CHAR_VALUE));

const guint8 wire_char_classes[256] = {
  ['\t'] = WIRE_CHAR_VALUE,
  [' '] = WIRE_CHAR_VALUE,
  ['!'] = TCHAR,
  ['"'] = DELIMITER,
  ['#' ... '\''] = TCHAR,
  ['(' ... ')'] = DELIMITER,
  ['*' ... '+'] = TCHAR,
  [','] = DELIMITER,
  ['-' ... '.'] = TCHAR,
  ['/'] = DELIMITER,
  ['0' ... '9'] = TCHAR,
  [':' ... '@'] = DELIMITER,
  ['A' ... 'Z'] = TCHAR,
  ['[' ... ']'] = DELIMITER,
  ['^' ... 'z'] = TCHAR,
  ['{'] = DELIMITER,
  ['|'] = TCHAR,
  ['}'] = DELIMITER,
  ['~'] = TCHAR,
  [0x80 ... 0xff] = WIRE_CHAR_VALUE,
};

gboolean
wire_is_token (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (!wire_char_is (text[i], WIRE_CHAR_TOKEN))
        return FALSE;
    }

  return length > 0;
}

gboolean
wire_is_field_value (const char *text)
{
  while (wire_char_is (*text, WIRE_CHAR_VALUE))
    text++;

  return *text == '\0';
}

gboolean
wire_is_visible (const char *text)
{
  const char *end = text;

  while (wire_char_is (*end, WIRE_CHAR_VISIBLE))
    end++;

  return *end == '\0' && end > text;
}

gboolean
wire_token_next (const char **cursor, const char **token, gsize *length)
{
  const char *start = *cursor;
  const char *comma;
  const char *end;

  while (*start == ',' || wire_char_is_blank (*start))
    start++;
  for (comma = start; *comma != ',' && *comma != '\0';)
    comma++;

  *cursor = comma;
  if (start == comma)
    return FALSE;

  end = comma;
  while (wire_char_is_blank (end[-1]))
    end--;

  *token = start;
  *length = (gsize) (end - start);

  return TRUE;
}
