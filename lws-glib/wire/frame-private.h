/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Frame headers, RFC 6455 section 5.2. */

typedef enum {
  WIRE_OPCODE_CONTINUATION = 0x0,
  WIRE_OPCODE_TEXT = 0x1,
  WIRE_OPCODE_BINARY = 0x2,
  WIRE_OPCODE_CLOSE = 0x8,
  WIRE_OPCODE_PING = 0x9,
  WIRE_OPCODE_PONG = 0xa,
} WireOpcode;

#define WIRE_OPCODE_CONTROL 0x8          /* the bit that all control opcodes have */

#define WIRE_FRAME_FIN 0x80
#define WIRE_FRAME_RSV 0x70
#define WIRE_FRAME_RSV1 0x40             /* begins a compressed message (RFC 7692 section 6) */
#define WIRE_FRAME_OPCODE 0x0f
#define WIRE_FRAME_MASKED 0x80
#define WIRE_FRAME_LENGTH 0x7f

/* What the seven bits of the length say: itself, or the size of the field that follows. */
#define WIRE_FRAME_LENGTH_7_MAX 125
#define WIRE_FRAME_LENGTH_16 126
#define WIRE_FRAME_LENGTH_64 127

#define WIRE_FRAME_HEADER_MAX 14

/* Writes the header of a frame with the shortest encoding of its length.
 * @first_byte is FIN, RSV and opcode; @key is NULL for a frame without mask.
 * Returns the size of the header. */
gsize wire_frame_header (guint8 out[WIRE_FRAME_HEADER_MAX], guint8 first_byte, guint64 payload_length,
                         const guint32 *key);

/* The size of the header that such a frame has. */
static inline gsize
wire_frame_header_size (guint64 payload_length, gboolean masked)
{
  return (payload_length <= WIRE_FRAME_LENGTH_7_MAX ? 2 : payload_length <= G_MAXUINT16 ? 4 : 10) + (masked ? 4u : 0u);
}
