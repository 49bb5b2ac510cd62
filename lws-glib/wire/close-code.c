/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "close-code-private.h"

#include <stdarg.h>
#include <string.h>

#include "utf8-private.h"

G_STATIC_ASSERT (WIRE_CLOSE_REASON_MAX == WIRE_CONTROL_MAX - 2);

gboolean
wire_violation_set (WireViolation *violation, guint16 close_code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  wire_text_set (&violation->parts, format, args);
  va_end (args);

  text = wire_text_write (&violation->parts, format);
  violation->close_code = close_code;
  g_strlcpy (violation->text, text, sizeof violation->text);

  return FALSE;
}

gboolean
wire_close_code_is_valid (guint code)
{
  return (code >= 1000 && code <= 1003)
         || (code >= 1007 && code <= 1014)
         || (code >= 3000 && code <= 4999);
}

gboolean
wire_close_parse (const guint8 *payload, gsize length, guint16 *code, const char **reason, gsize *reason_length,
                  WireViolation *violation)
{
  WireUtf8 utf8 = WIRE_UTF8_BOUNDARY;

  *code = WIRE_CLOSE_NO_STATUS;
  *reason = "";
  *reason_length = 0;
  if (length == 0)
    return TRUE;
  if (length == 1)
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("Close frame of 1 byte, a code takes 2"));

  *code = (guint16) (payload[0] << 8 | payload[1]);
  if (!wire_close_code_is_valid (*code))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("Close frame with code %u, 1000-1003, 1007-1014 and 3000-4999 are allowed"), *code);
  if (!wire_utf8_feed (&utf8, payload + 2, length - 2) || utf8 != WIRE_UTF8_BOUNDARY)
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD,
                               N_("Close frame with a reason that is not valid UTF-8"));

  *reason = (const char *) payload + 2;
  *reason_length = length - 2;
  return TRUE;
}

/* How many bytes of @reason are whole characters that fit. */
static gsize
usable_length (const char *reason, gsize length)
{
  WireUtf8 utf8 = WIRE_UTF8_BOUNDARY;
  gsize usable = 0;

  for (gsize i = 0; i < MIN (length, WIRE_CLOSE_REASON_MAX); i++)
    {
      if (!wire_utf8_feed (&utf8, (const guint8 *) reason + i, 1))
        break;
      if (utf8 == WIRE_UTF8_BOUNDARY)
        usable = i + 1;
    }

  return usable;
}

gsize
wire_close_build (guint8 out[WIRE_CONTROL_MAX], guint16 code, const char *reason, gsize reason_length)
{
  gsize usable;

  if (code == WIRE_CLOSE_NO_STATUS)
    return 0;

  out[0] = (guint8) (code >> 8);
  out[1] = (guint8) code;
  usable = usable_length (reason, reason_length);
  if (usable > 0)
    memcpy (out + 2, reason, usable);

  return 2 + usable;
}
