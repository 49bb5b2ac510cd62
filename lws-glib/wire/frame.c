/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frame-private.h"

#include <string.h>

/* Both bytes of a header, with no bit twice. */
G_STATIC_ASSERT (WIRE_FRAME_FIN + WIRE_FRAME_RSV + WIRE_FRAME_OPCODE == 0xff);
G_STATIC_ASSERT (WIRE_FRAME_MASKED + WIRE_FRAME_LENGTH == 0xff);

gsize
wire_frame_header (guint8 out[WIRE_FRAME_HEADER_MAX], guint8 first_byte, guint64 payload_length, const guint32 *key)
{
  const guint8 masked = key != NULL ? WIRE_FRAME_MASKED : 0;
  gsize size = 2;

  out[0] = first_byte;
  if (payload_length <= WIRE_FRAME_LENGTH_7_MAX)
    out[1] = masked | (guint8) payload_length;
  else if (payload_length <= G_MAXUINT16)
    {
      const guint16 length = GUINT16_TO_BE ((guint16) payload_length);

      out[1] = masked | WIRE_FRAME_LENGTH_16;
      memcpy (out + size, &length, sizeof length);
      size += sizeof length;
    }
  else
    {
      const guint64 length = GUINT64_TO_BE (payload_length);

      out[1] = masked | WIRE_FRAME_LENGTH_64;
      memcpy (out + size, &length, sizeof length);
      size += sizeof length;
    }

  if (key != NULL)
    {
      memcpy (out + size, key, sizeof *key);
      size += sizeof *key;
    }

  return size;
}
