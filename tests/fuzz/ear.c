/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ear.h"

#include <string.h>

#define HEAD_END "\r\n\r\n"
#define SWITCH "HTTP/1.1 101 "

/* What a compressed message lacks at its end. */
static const guint8 unread[] = { 0x00, 0x00, 0xff, 0xff };

void
ear_init (Ear *ear, WireRole role)
{
  *ear = (Ear) { .last_received = g_byte_array_new (), .payload = g_byte_array_sized_new (64) };
  ear->messages = g_array_new (FALSE, FALSE, sizeof (EarMessage));
  wire_decoder_init (&ear->decoder, role == WIRE_ROLE_SERVER ? WIRE_ROLE_CLIENT : WIRE_ROLE_SERVER, G_MAXUINT64, 0);
}

void
ear_clear (Ear *ear)
{
  g_clear_pointer (&ear->last_received, g_byte_array_unref);
  g_clear_pointer (&ear->payload, g_byte_array_unref);
  g_clear_pointer (&ear->messages, g_array_unref);
  if (ear->inflates)
    inflateEnd (&ear->inflating);
}

void
ear_allow_deflate (Ear *ear, guint window_bits, gboolean takeover)
{
  g_assert_false (ear->inflates);
  g_assert_cmpint (inflateInit2 (&ear->inflating, -(int) window_bits), ==, Z_OK);
  ear->inflates = TRUE;
  ear->takeover = takeover;
  ear->decoder.deflates = TRUE;
}

static EarMessage *
ear_message (const Ear *ear, guint index)
{
  g_assert_cmpuint (index, <, ear->messages->len);

  return &g_array_index (ear->messages, EarMessage, index);
}

void
ear_expect (Ear *ear, WireOpcode opcode, gboolean last, const guint8 *payload, gsize length)
{
  const EarMessage begun = { .opcode = (guint8) opcode };
  EarMessage *message;

  if (ear->sending == 0)
    g_array_append_val (ear->messages, begun);
  message = ear_message (ear, ear->messages->len - 1);
  message->length += length;
  message->ended = last;
  ear->sending = last ? 0 : message->opcode;
  if (length > 0)
    g_byte_array_append (ear->payload, payload, (guint) length);
}

gboolean
ear_is_satisfied (const Ear *ear)
{
  guint ended = ear->messages->len - (ear->sending != 0 ? 1 : 0);

  return ear->heard_messages == ended && ear->heard_payload == ear->payload->len;
}

static void
hear_payload (Ear *ear, const guint8 *bytes, gsize length)
{
  const EarMessage *message = ear_message (ear, ear->heard_messages);

  ear->heard_of_message += length;
  g_assert_cmpuint (ear->heard_of_message, <=, message->length);
  g_assert_cmpmem (bytes, length, ear->payload->data + ear->heard_payload, length);
  ear->heard_payload += length;
}

static void
hear_compressed (Ear *ear, const guint8 *bytes, gsize length)
{
  z_stream *stream = &ear->inflating;
  guint8 out[4096];

  stream->next_in = bytes;
  stream->avail_in = (uInt) length;
  do
    {
      int result;

      stream->next_out = out;
      stream->avail_out = sizeof out;
      result = inflate (stream, Z_SYNC_FLUSH);
      g_assert_true (result == Z_OK || result == Z_BUF_ERROR);
      hear_payload (ear, out, sizeof out - stream->avail_out);
    }
  while (stream->avail_out == 0);
  g_assert_cmpuint (stream->avail_in, ==, 0);
}

static void
hear_compressed_piece (Ear *ear, const WirePiece *piece)
{
  hear_compressed (ear, piece->data, piece->length);
  if (!piece->message_end)
    return;

  hear_compressed (ear, unread, sizeof unread);
  if (!ear->takeover)
    inflateReset (&ear->inflating);
}

static void
hear_data (Ear *ear, const WirePiece *piece)
{
  const EarMessage *message = ear_message (ear, ear->heard_messages);

  g_assert_cmpuint (piece->opcode, ==, message->opcode);
  if (piece->message_start)
    ear->heard_of_message = 0;
  if (piece->compressed)
    hear_compressed_piece (ear, piece);
  else
    hear_payload (ear, piece->data, piece->length);
  if (!piece->message_end)
    return;

  g_assert_true (message->ended);
  g_assert_cmpuint (ear->heard_of_message, ==, message->length);
  ear->heard_messages++;
}

static void
hear_piece (Ear *ear, const WirePiece *piece)
{
  /* Pings are answered until the peer's own Close has come (RFC 6455 section 5.5.2). */
  if (ear->close_heard)
    g_assert_cmpuint (piece->opcode, ==, WIRE_OPCODE_PONG);
  ear->close_heard |= piece->opcode == WIRE_OPCODE_CLOSE;
  if (!(piece->opcode & WIRE_OPCODE_CONTROL))
    hear_data (ear, piece);
}

static void
hear_frames (Ear *ear)
{
  gsize used = 0;
  WireDecodeResult result;

  do
    {
      WirePiece piece;
      WireViolation violation;
      gsize consumed;

      result = wire_decoder_next (&ear->decoder, ear->last_received->data + used, ear->last_received->len - used, &consumed, &piece,
                                  &violation);
      if (result == WIRE_DECODE_ERROR)
        g_error ("The engine sent frames that are not valid: %s", violation.text);
      used += consumed;
      if (result == WIRE_DECODE_PIECE)
        hear_piece (ear, &piece);
    }
  while (result == WIRE_DECODE_PIECE);

  if (used > 0)
    g_byte_array_remove_range (ear->last_received, 0, (guint) used);
}

/* A server may have answered other requests before. */
static void
hear_heads (Ear *ear)
{
  gboolean server = ear->decoder.role == WIRE_ROLE_CLIENT;
  const char *text = (const char *) ear->last_received->data;
  const char *head = server ? memmem (text, ear->last_received->len, SWITCH, strlen (SWITCH)) : text;
  const char *end = head != NULL ? memmem (head, ear->last_received->len - (gsize) (head - text), HEAD_END, strlen (HEAD_END))
                                 : NULL;

  if (end == NULL)
    return;

  ear->frames = TRUE;
  g_byte_array_remove_range (ear->last_received, 0, (guint) (end + strlen (HEAD_END) - text));
}

void
ear_hear (gpointer data, const guint8 *bytes, gsize length)
{
  Ear *ear = data;

  g_byte_array_append (ear->last_received, bytes, (guint) length);
  if (!ear->frames)
    hear_heads (ear);
  if (ear->frames)
    hear_frames (ear);
}
