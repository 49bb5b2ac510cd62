/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What the fields of an HTTP head are made of: characters, tokens, values and
 * lists, RFC 9110 sections 5.5 and 5.6. */

enum {
  WIRE_CHAR_TOKEN = 1 << 0,     /* tchar */
  WIRE_CHAR_VISIBLE = 1 << 1,   /* VCHAR: ASCII without space and controls */
  WIRE_CHAR_VALUE = 1 << 2,     /* in a field value: VCHAR, space, HTAB and obs-text */
};

extern const guint8 wire_char_classes[256];

static inline gboolean
wire_char_is (char c, guint char_class)
{
  return (wire_char_classes[(guint8) c] & char_class) != 0;
}

/* Optional white space, OWS. */
static inline gboolean
wire_char_is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* RFC 9110 section 5.6.2: one or more tchar. */
gboolean wire_is_token (const char *text, gsize length);

/* RFC 9110 section 5.5: no CR, LF, NUL or other control but HTAB. */
gboolean wire_is_field_value (const char *text);

/* One or more visible ASCII characters: no space, no control, nothing above. */
gboolean wire_is_visible (const char *text);

/* The next element of a comma-separated list of tokens, from *cursor on: its
 * start and length, surrounding white space left out, empty elements passed over.
 * Whether the element is a token is for the caller to ask. FALSE at the end.
 * Linear in the length of the list. */
gboolean wire_token_next (const char **cursor, const char **token, gsize *length);
