/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "decoder-private.h"

#include <string.h>

#include "mask-private.h"

#define KNOWN_OPCODES \
  (1u << WIRE_OPCODE_CONTINUATION | 1u << WIRE_OPCODE_TEXT | 1u << WIRE_OPCODE_BINARY \
   | 1u << WIRE_OPCODE_CLOSE | 1u << WIRE_OPCODE_PING | 1u << WIRE_OPCODE_PONG)

typedef struct {
  guint64 payload_length;
  guint32 masking_key;
  guint8 first_byte;
  guint8 size;
} FrameHeader;

static inline guint8
header_opcode (const FrameHeader *header)
{
  return header->first_byte & WIRE_FRAME_OPCODE;
}

void
wire_decoder_init (WireDecoder *decoder, WireRole role, guint64 message_limit, guint32 whole_limit)
{
  *decoder = (WireDecoder) {
    .role = (guint8) role,
    .message_limit = message_limit,
    .whole_limit = whole_limit,
    .piece_limit = G_MAXUINT32,
    .utf8 = WIRE_UTF8_BOUNDARY,
  };
}

static gboolean
check_reserved_bits (const WireDecoder *decoder, guint8 byte, WireViolation *violation)
{
  const guint8 opcode = byte & WIRE_FRAME_OPCODE;
  const gboolean begins = opcode == WIRE_OPCODE_TEXT || opcode == WIRE_OPCODE_BINARY;

  if (!decoder->deflates)
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("frame with reserved bits 0x%x, expected 0 as no extension is in use"),
                               (guint) byte & WIRE_FRAME_RSV);
  if (!begins || (byte & WIRE_FRAME_RSV) != WIRE_FRAME_RSV1)
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("frame with reserved bits 0x%x, expected 0, or 0x40 where a message begins"),
                               (guint) byte & WIRE_FRAME_RSV);

  return TRUE;
}

static gboolean
check_first_byte (const WireDecoder *decoder, guint8 byte, WireViolation *violation)
{
  const guint8 opcode = byte & WIRE_FRAME_OPCODE;

  if (G_UNLIKELY (byte & WIRE_FRAME_RSV) && !check_reserved_bits (decoder, byte, violation))
    return FALSE;
  if (G_UNLIKELY (!(KNOWN_OPCODES >> opcode & 1)))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR, N_("reserved opcode 0x%x"), opcode);

  if (opcode & WIRE_OPCODE_CONTROL)
    {
      if (G_UNLIKELY (!(byte & WIRE_FRAME_FIN)))
        return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                                   N_("control frame 0x%x without FIN, control frames have no fragments"), opcode);
      return TRUE;
    }

  if (G_UNLIKELY (opcode == WIRE_OPCODE_CONTINUATION && decoder->message_opcode == 0))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("continuation frame, expected the beginning of a message"));
  if (G_UNLIKELY (opcode != WIRE_OPCODE_CONTINUATION && decoder->message_opcode != 0))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("opcode 0x%x inside a message, expected a continuation frame"), opcode);

  return TRUE;
}

static gboolean
check_second_byte (const WireDecoder *decoder, guint8 opcode, guint8 byte, WireViolation *violation)
{
  const gboolean masked = (byte & WIRE_FRAME_MASKED) != 0;

  if (G_UNLIKELY (masked != (decoder->role == WIRE_ROLE_SERVER)))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               masked ? N_("masked frame, a server must not mask")
                                      : N_("frame without mask, a client must mask"));
  if (G_UNLIKELY ((opcode & WIRE_OPCODE_CONTROL) && (byte & WIRE_FRAME_LENGTH) > WIRE_CONTROL_MAX))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("control frame of more than 125 bytes, at most 125 are allowed"));

  return TRUE;
}

static inline gsize
length_field_size (guint8 second_byte)
{
  const guint8 length = second_byte & WIRE_FRAME_LENGTH;

  return length == WIRE_FRAME_LENGTH_64 ? 8 : length == WIRE_FRAME_LENGTH_16 ? 2 : 0;
}

/* Reads a length of @size bytes, of which the first @available are there. What
 * the missing ones can still make of it is between @lowest and @highest, so that
 * a length that breaks the rules is found at the first byte that shows it. */
static gboolean
read_length_field (const guint8 *field, gsize size, gsize available, guint64 *length, WireViolation *violation)
{
  const guint64 shorter_max = size == 2 ? WIRE_FRAME_LENGTH_7_MAX : G_MAXUINT16;
  guint64 lowest = 0, highest = 0;

  for (gsize i = 0; i < size; i++)
    {
      lowest = lowest << 8 | (i < available ? field[i] : 0x00);
      highest = highest << 8 | (i < available ? field[i] : 0xff);
    }

  if (G_UNLIKELY (lowest > G_MAXINT64))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("frame length with its top bit set, at most 2^63 - 1 is allowed"));
  if (G_UNLIKELY (highest <= shorter_max))
    return wire_violation_set (violation, WIRE_CLOSE_PROTOCOL_ERROR,
                               N_("frame length in %u bits that fits in fewer, the shortest form is required"),
                               (guint) size * 8);

  *length = lowest;
  return TRUE;
}

static inline gboolean
is_compressed (const WireDecoder *decoder, const FrameHeader *header)
{
  if (header_opcode (header) == WIRE_OPCODE_CONTINUATION)
    return decoder->message_compressed;

  return (header->first_byte & WIRE_FRAME_RSV1) != 0;
}

/* What a compressed message has is known when it is inflated. */
static gboolean
check_message_limit (const WireDecoder *decoder, const FrameHeader *header, WireViolation *violation)
{
  guint64 total;

  if (G_LIKELY (header->payload_length <= decoder->message_limit - decoder->message_length)
      || (header_opcode (header) & WIRE_OPCODE_CONTROL) || is_compressed (decoder, header))
    return TRUE;

  if (!g_uint64_checked_add (&total, decoder->message_length, header->payload_length))
    total = G_MAXUINT64;
  return wire_violation_set (violation, WIRE_CLOSE_TOO_BIG,
                             N_("message of at least %llu bytes, at most %llu are allowed"),
                             (unsigned long long) total, (unsigned long long) decoder->message_limit);
}

/* Fills @header, or says that bytes of it are missing. Each check is made as soon
 * as the bytes that it needs are there. */
static WireDecodeResult
read_header (const WireDecoder *decoder, const guint8 *data, gsize length, FrameHeader *header,
             WireViolation *violation)
{
  const gsize key_size = decoder->role == WIRE_ROLE_SERVER ? sizeof header->masking_key : 0;
  gsize field_size;

  if (length < 1)
    return WIRE_DECODE_INCOMPLETE;
  if (!check_first_byte (decoder, data[0], violation))
    return WIRE_DECODE_ERROR;
  header->first_byte = data[0];

  if (length < 2)
    return WIRE_DECODE_INCOMPLETE;
  if (!check_second_byte (decoder, header_opcode (header), data[1], violation))
    return WIRE_DECODE_ERROR;
  header->payload_length = data[1] & WIRE_FRAME_LENGTH;

  field_size = length_field_size (data[1]);
  if (field_size > 0
      && !read_length_field (data + 2, field_size, length - 2, &header->payload_length, violation))
    return WIRE_DECODE_ERROR;
  if (length < 2 + field_size)
    return WIRE_DECODE_INCOMPLETE;
  if (!check_message_limit (decoder, header, violation))
    return WIRE_DECODE_ERROR;

  header->size = (guint8) (2 + field_size + key_size);
  if (length < header->size)
    return WIRE_DECODE_INCOMPLETE;
  if (key_size > 0)
    memcpy (&header->masking_key, data + 2 + field_size, sizeof header->masking_key);

  return WIRE_DECODE_PIECE;
}

/* Empty and in the middle of a message: check_first_byte() has seen that one is
 * under way, so its beginning was handed out. */
static gboolean
tells_nothing (const FrameHeader *header)
{
  return header->first_byte == WIRE_OPCODE_CONTINUATION && header->payload_length == 0;
}

/* A compressor may make a payload a little longer than it was. */
static gsize
whole_limit (const WireDecoder *decoder, const FrameHeader *header)
{
  gsize limit = decoder->whole_limit;

  return is_compressed (decoder, header) ? limit + limit / 8 + 16 : limit;
}

static WireDecodeResult
take_control (const WireDecoder *decoder, const FrameHeader *header, guint8 *payload, gsize *consumed,
              WirePiece *piece)
{
  const gsize length = (gsize) header->payload_length;

  if (decoder->role == WIRE_ROLE_SERVER)
    wire_mask (payload, length, header->masking_key);

  *piece = (WirePiece) {
    .data = payload,
    .length = length,
    .opcode = header_opcode (header),
    .message_start = TRUE,
    .message_end = TRUE,
  };
  *consumed += piece->length;
  return WIRE_DECODE_PIECE;
}

static void
begin_data_frame (WireDecoder *decoder, const FrameHeader *header)
{
  decoder->message_compressed = is_compressed (decoder, header) != FALSE;
  if (header_opcode (header) != WIRE_OPCODE_CONTINUATION)
    decoder->message_opcode = header_opcode (header);
  if (!decoder->message_compressed)
    decoder->message_length += header->payload_length;
  decoder->frame_remaining = header->payload_length;
  decoder->frame_fin = (header->first_byte & WIRE_FRAME_FIN) != 0;
  decoder->masking_key = header->masking_key;
}

static void
end_message (WireDecoder *decoder)
{
  decoder->message_opcode = 0;
  decoder->message_length = 0;
  decoder->message_begun = FALSE;
}

static gboolean
check_characters (WireDecoder *decoder, const guint8 *text, gsize length, WireViolation *violation)
{
  if (!wire_utf8_feed (&decoder->utf8, text, length))
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("text message that is not valid UTF-8"));

  return TRUE;
}

static gboolean
check_text (WireDecoder *decoder, const WirePiece *piece, WireViolation *violation)
{
  const gsize checked = decoder->checked;

  decoder->checked = 0;
  if (!check_characters (decoder, piece->data + checked, piece->length - checked, violation))
    return FALSE;
  if (piece->message_end && decoder->utf8 != WIRE_UTF8_BOUNDARY)
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("text message that ends inside a character"));

  return TRUE;
}

static gboolean
is_text (const WireDecoder *decoder, const FrameHeader *header)
{
  const guint8 opcode = header_opcode (header);

  return !is_compressed (decoder, header) &&
         (opcode == WIRE_OPCODE_CONTINUATION ? decoder->message_opcode : opcode) == WIRE_OPCODE_TEXT;
}

/* The rest of a frame that is to be handed out whole may never come: a bad byte is
 * told of now. The bytes will be given again, so they stay masked; each is looked at
 * once, however slowly they come. */
static gboolean
check_ahead (WireDecoder *decoder, const FrameHeader *header, const guint8 *payload, gsize available,
             WireViolation *violation)
{
  const guint32 keys[] = { header->masking_key, header->masking_key };
  guint8 text[256];

  while (decoder->checked < available)
    {
      const gsize length = MIN (available - decoder->checked, sizeof text);
      guint32 key;

      memcpy (&key, (const guint8 *) keys + decoder->checked % sizeof key, sizeof key);
      wire_mask_copy (text, payload + decoder->checked, length, key);
      decoder->checked += (guint32) length;
      if (!check_characters (decoder, text, length, violation))
        return FALSE;
    }

  return TRUE;
}

/* Hands out what is there of the data frame under way. */
static WireDecodeResult
take_payload (WireDecoder *decoder, guint8 *payload, gsize available, gsize *consumed, WirePiece *piece,
              WireViolation *violation)
{
  const gsize limit = decoder->message_compressed ? G_MAXSIZE : decoder->piece_limit;
  const gsize taken = (gsize) MIN (MIN (available, decoder->frame_remaining), limit);

  if (taken == 0 && decoder->frame_remaining > 0)
    return WIRE_DECODE_INCOMPLETE;

  if (decoder->role == WIRE_ROLE_SERVER)
    decoder->masking_key = wire_mask (payload, taken, decoder->masking_key);
  decoder->frame_remaining -= taken;
  *consumed += taken;

  *piece = (WirePiece) {
    .data = payload,
    .length = taken,
    .frame_remaining = decoder->frame_remaining,
    .opcode = decoder->message_opcode,
    .message_start = !decoder->message_begun,
    .message_end = decoder->frame_fin && decoder->frame_remaining == 0,
    .compressed = decoder->message_compressed,
  };
  if (piece->opcode == WIRE_OPCODE_TEXT && !piece->compressed && !check_text (decoder, piece, violation))
    return WIRE_DECODE_ERROR;

  decoder->message_begun = TRUE;
  if (piece->message_end)
    end_message (decoder);
  return WIRE_DECODE_PIECE;
}

WireDecodeResult
wire_decoder_next (WireDecoder *decoder, guint8 *data, gsize length, gsize *consumed, WirePiece *piece,
                   WireViolation *violation)
{
  FrameHeader header = { 0 };
  gboolean control;
  guint8 *payload;
  gsize available;

  *consumed = 0;
  if (length == 0)
    return WIRE_DECODE_INCOMPLETE;
  if (decoder->frame_remaining > 0)
    return take_payload (decoder, data, length, consumed, piece, violation);

  for (;;)
    {
      WireDecodeResult result = read_header (decoder, data + *consumed, length - *consumed, &header, violation);

      if (result != WIRE_DECODE_PIECE)
        return result;
      if (!tells_nothing (&header))
        break;
      *consumed += header.size;
    }

  control = (header_opcode (&header) & WIRE_OPCODE_CONTROL) != 0;
  payload = data + *consumed + header.size;
  available = length - *consumed - header.size;
  if (available < header.payload_length && (control || header.payload_length <= whole_limit (decoder, &header)))
    {
      if (!control && is_text (decoder, &header) && !check_ahead (decoder, &header, payload, available, violation))
        return WIRE_DECODE_ERROR;
      return WIRE_DECODE_INCOMPLETE;
    }

  *consumed += header.size;
  if (control)
    return take_control (decoder, &header, payload, consumed, piece);

  begin_data_frame (decoder, &header);
  return take_payload (decoder, payload, available, consumed, piece, violation);
}
