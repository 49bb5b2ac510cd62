/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "utf8-oracle.h"
#include "wire/decoder-private.h"

#include <string.h>

/* The decoder of frames, in both roles: bytes that come whole, one by one or in
 * random pieces must mean the same.
 *
 * Input: a byte of options, two that cut the stream up, the stream. */

#define OPTION_CLIENT 0x01
#define OPTION_WHOLE(options) ((options) >> 1 & 3)
#define OPTION_LIMIT(options) ((options) >> 3 & 3)

/* Byte by byte the time grows with the square of the length. */
#define STREAM_MAX 4096

static const guint32 whole_limits[] = { 0, 5, 130, 4096 };
static const guint64 message_limits[] = { G_MAXUINT64, 20, 300, G_MAXINT64 };

/* What was decoded, with a mark in front of each byte that tells what it is, so that
 * it doesn't matter how payload was cut up. */
typedef struct {
  WireDecoder decoder;
  GByteArray *log;
  GByteArray *message;          /* the payload so far */
  GByteArray *rest;             /* bytes that are to be given again */
  gboolean failed;
  WireViolation violation;
} Decoding;

static void
log_byte (Decoding *decoding, char mark, guint8 byte)
{
  const guint8 entry[2] = { (guint8) mark, byte };

  g_byte_array_append (decoding->log, entry, sizeof entry);
}

static void
log_bytes (Decoding *decoding, char mark, const guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    log_byte (decoding, mark, bytes[i]);
}

static void
take_control (Decoding *decoding, const WirePiece *piece)
{
  g_assert_cmpuint (piece->length, <=, WIRE_CONTROL_MAX);
  g_assert_cmpuint (piece->frame_remaining, ==, 0);
  g_assert_true (piece->message_start && piece->message_end);

  log_byte (decoding, 'C', piece->opcode);
  log_bytes (decoding, 'c', piece->data, piece->length);
}

static void
take_data (Decoding *decoding, const WirePiece *piece)
{
  g_assert_true (piece->opcode == WIRE_OPCODE_TEXT || piece->opcode == WIRE_OPCODE_BINARY);
  g_assert_true (piece->length > 0 || piece->message_start || piece->message_end);
  if (piece->message_end)
    g_assert_cmpuint (piece->frame_remaining, ==, 0);

  if (piece->message_start)
    {
      log_byte (decoding, 'M', piece->opcode);
      g_byte_array_set_size (decoding->message, 0);
    }
  log_bytes (decoding, 'm', piece->data, piece->length);
  g_byte_array_append (decoding->message, piece->data, (guint) piece->length);

  if (piece->opcode == WIRE_OPCODE_TEXT)
    g_assert_true (utf8_oracle_may_begin (decoding->message->data, decoding->message->len));
  if (piece->message_end)
    {
      log_byte (decoding, 'E', 0);
      if (piece->opcode == WIRE_OPCODE_TEXT)
        g_assert_true (utf8_oracle_is_valid (decoding->message->data, decoding->message->len));
      g_assert_cmpuint (decoding->message->len, <=, decoding->decoder.message_limit);
    }
}

/* Takes all pieces of @bytes; returns how many of them are used up. */
static gsize
decode (Decoding *decoding, guint8 *bytes, gsize length)
{
  gsize used = 0;

  for (;;)
    {
      WirePiece piece;
      gsize consumed;
      WireDecodeResult result = wire_decoder_next (&decoding->decoder, bytes + used, length - used, &consumed, &piece,
                                                   &decoding->violation);

      g_assert_cmpuint (consumed, <=, length - used);
      if (result == WIRE_DECODE_ERROR)
        {
          decoding->failed = TRUE;
          return length;
        }
      used += consumed;
      if (result == WIRE_DECODE_INCOMPLETE)
        return used;

      g_assert_true (piece.data >= bytes && piece.data + piece.length == bytes + used);
      if (piece.opcode & WIRE_OPCODE_CONTROL)
        take_control (decoding, &piece);
      else
        take_data (decoding, &piece);
    }
}

static void
decode_arriving (Decoding *decoding, FuzzInput stream, FuzzCut cut)
{
  while (stream.length > 0 && !decoding->failed)
    {
      FuzzInput arrived = fuzz_input_take (&stream, fuzz_cut_next (&cut, stream.length));
      gsize length = decoding->rest->len + arrived.length;
      g_autofree guint8 *bytes = g_malloc (length);
      gsize used;

      if (decoding->rest->len > 0)
        memcpy (bytes, decoding->rest->data, decoding->rest->len);
      memcpy (bytes + decoding->rest->len, arrived.data, arrived.length);
      used = decode (decoding, bytes, length);
      g_byte_array_set_size (decoding->rest, 0);
      g_byte_array_append (decoding->rest, bytes + used, (guint) (length - used));
    }
}

static void
decoding_init (Decoding *decoding, guint8 options)
{
  WireRole role = options & OPTION_CLIENT ? WIRE_ROLE_CLIENT : WIRE_ROLE_SERVER;

  *decoding = (Decoding) { .log = g_byte_array_new (), .message = g_byte_array_new (), .rest = g_byte_array_new () };
  wire_decoder_init (&decoding->decoder, role, message_limits[OPTION_LIMIT (options)],
                     whole_limits[OPTION_WHOLE (options)]);
}

static void
decoding_clear (Decoding *decoding)
{
  g_byte_array_unref (decoding->log);
  g_byte_array_unref (decoding->message);
  g_byte_array_unref (decoding->rest);
}

/* Of a text that is not valid the pieces before the bad one have been handed out:
 * the smaller the pieces, the more. */
static void
check_equal (const Decoding *whole, const Decoding *cut)
{
  g_assert_cmpint (cut->failed, ==, whole->failed);
  if (whole->failed)
    {
      g_assert_cmpuint (cut->violation.close_code, ==, whole->violation.close_code);
      g_assert_cmpstr (cut->violation.text, ==, whole->violation.text);
    }

  if (whole->failed && whole->violation.close_code == WIRE_CLOSE_INVALID_PAYLOAD)
    {
      g_assert_cmpuint (cut->log->len, >=, whole->log->len);
      g_assert_cmpmem (cut->log->data, whole->log->len, whole->log->data, whole->log->len);
      return;
    }

  g_assert_cmpmem (cut->log->data, cut->log->len, whole->log->data, whole->log->len);
  if (!whole->failed)
    {
      g_assert_cmpuint (cut->decoder.frame_remaining, ==, whole->decoder.frame_remaining);
      g_assert_cmpuint (cut->decoder.message_length, ==, whole->decoder.message_length);
      g_assert_cmpmem (cut->rest->data, cut->rest->len, whole->rest->data, whole->rest->len);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  guint8 options = fuzz_input_byte (&input);
  guint32 state = 1 + fuzz_input_short (&input);
  FuzzInput stream = fuzz_input_take (&input, STREAM_MAX);
  Decoding whole;

  decoding_init (&whole, options);
  decode_arriving (&whole, stream, (FuzzCut) { FUZZ_CUT_NOWHERE, state });

  for (guint kind = FUZZ_CUT_EVERYWHERE; kind < FUZZ_N_CUTS; kind++)
    {
      Decoding cut;

      decoding_init (&cut, options);
      decode_arriving (&cut, stream, (FuzzCut) { kind, state });
      check_equal (&whole, &cut);
      decoding_clear (&cut);
    }
  decoding_clear (&whole);

  return 0;
}
