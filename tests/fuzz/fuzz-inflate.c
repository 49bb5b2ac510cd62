/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "utf8-oracle.h"
#include "wire/deflater-private.h"
#include "wire/inflater-private.h"

#include <string.h>
#include <zlib.h>

/* Inflating: messages that come whole, byte by byte or in random pieces must mean the
 * same, and what zlib makes of them; and what our deflater made must come out again.
 *
 * Input: a byte of options, the size of the buffer, two bytes that cut messages up; then
 * messages, each after two bytes of its length. */

#define OPTION_BITS(options) (WINDOW_MIN + ((options) & 7))
#define OPTION_TAKEOVER 0x08
#define OPTION_SHORT_LIMIT 0x10
#define OPTION_TEXT 0x20
#define OPTION_KEEP 0x40              /* has what is left of each piece copied */
#define OPTION_REST 0x80              /* gives memory back after each message */

#define WINDOW_MIN 8
#define DEFLATE_WINDOW_MIN 9

#define MESSAGES_MAX 8
#define MESSAGE_MAX 1024
#define LIMIT 100000
#define SHORT_LIMIT 1000

#define TAIL "\x00\x00\xff\xff"
#define TAIL_SIZE 4

typedef struct {
  guint8 options;
  gsize buffer_size;
  guint32 cut_state;
  FuzzInput messages[MESSAGES_MAX];
  guint n_messages;
} Script;

typedef struct {
  const Script *script;
  WireInflater *inflater;
  GByteArray *out;              /* all messages, one behind the other */
  gsize ends[MESSAGES_MAX];     /* where they end in it */
  guint n_ends;
  gsize begin;                  /* of the message under way */
  gboolean in_message;
  gboolean failed;
  WireViolation violation;
} Reading;

static guint64
limit_of (const Script *script)
{
  return script->options & OPTION_SHORT_LIMIT ? SHORT_LIMIT : LIMIT;
}

static void
take_piece (Reading *reading, const WirePiece *piece)
{
  gboolean text = piece->opcode == WIRE_OPCODE_TEXT;

  g_assert_cmpuint (piece->length, <=, reading->script->buffer_size);
  g_assert_cmpint (piece->message_start, ==, !reading->in_message);
  if (!piece->message_end)
    g_assert_cmpuint (piece->length, >, 0);
  g_byte_array_append (reading->out, piece->data, (guint) piece->length);
  g_assert_cmpuint (reading->out->len - reading->begin, <=, limit_of (reading->script));

  reading->in_message = !piece->message_end;
  if (!piece->message_end)
    return;
  if (text)
    g_assert_true (utf8_oracle_is_valid (reading->out->data + reading->begin, reading->out->len - reading->begin));
  reading->begin = reading->out->len;
  reading->ends[reading->n_ends++] = reading->begin;
}

static void
read_pieces (Reading *reading)
{
  const Script *script = reading->script;
  g_autofree guint8 *buffer = g_malloc (script->buffer_size);

  for (;;)
    {
      WirePiece piece;

      switch (wire_inflater_next (reading->inflater, buffer, script->buffer_size, &piece, &reading->violation))
        {
        case WIRE_INFLATE_PIECE:
          take_piece (reading, &piece);
          break;
        case WIRE_INFLATE_AGAIN:
          break;
        case WIRE_INFLATE_DONE:
          g_assert_false (wire_inflater_is_pending (reading->inflater));
          return;
        case WIRE_INFLATE_ERROR:
          reading->failed = TRUE;
          return;
        }
      if (script->options & OPTION_KEEP)
        wire_inflater_keep (reading->inflater);
    }
}

/* Each piece is a frame of its own. */
static void
read_message (Reading *reading, FuzzInput message, FuzzCut *cut)
{
  do
    {
      FuzzInput bytes = fuzz_input_take (&message, message.length > 0 ? fuzz_cut_next (cut, message.length) : 0);
      g_autofree guint8 *copy = fuzz_input_copy (&bytes);
      const WirePiece piece = {
        .data = copy,
        .length = bytes.length,
        .opcode = reading->script->options & OPTION_TEXT ? WIRE_OPCODE_TEXT : WIRE_OPCODE_BINARY,
        .message_end = message.length == 0,
      };

      wire_inflater_feed (reading->inflater, &piece);
      read_pieces (reading);
    }
  while (message.length > 0 && !reading->failed);
}

static void
read_script (Reading *reading, const Script *script, FuzzCutKind kind)
{
  FuzzCut cut = { kind, script->cut_state };

  *reading = (Reading) { .script = script, .out = g_byte_array_sized_new (64) };
  reading->inflater = wire_inflater_new (OPTION_BITS (script->options), (script->options & OPTION_TAKEOVER) != 0,
                                         limit_of (script));
  for (guint i = 0; i < script->n_messages && !reading->failed; i++)
    {
      read_message (reading, script->messages[i], &cut);
      if (script->options & OPTION_REST && !reading->failed)
        wire_inflater_rest (reading->inflater);
    }
}

static void
reading_clear (Reading *reading)
{
  wire_inflater_free (reading->inflater);
  g_byte_array_unref (reading->out);
}

/* zlib sees that a distance leads out of the window where the bytes have left its memory. As
 * long as they still lie in the buffer of that call, it takes them. */
static gboolean
left_window (const Reading *reading)
{
  return reading->failed && strstr (reading->violation.text, "too far back") != NULL;
}

/* How much was handed out before an error depends on how the bytes came, and so does
 * which of several errors is found first. */
static void
check_equal (const Reading *one, const Reading *other)
{
  gsize common = MIN (one->out->len, other->out->len);

  if (!left_window (one) && !left_window (other))
    g_assert_cmpint (one->failed, ==, other->failed);
  g_assert_cmpmem (one->out->data, common, other->out->data, common);
  if (one->failed)
    g_assert_true (one->violation.close_code == WIRE_CLOSE_INVALID_PAYLOAD ||
                   one->violation.close_code == WIRE_CLOSE_TOO_BIG);
  if (one->failed || other->failed)
    return;
  g_assert_cmpuint (one->out->len, ==, other->out->len);
  g_assert_cmpuint (one->n_ends, ==, one->script->n_messages);
  g_assert_cmpmem (one->ends, sizeof one->ends, other->ends, sizeof other->ends);
}

/* --- zlib itself */

/* Inflates a message to at most @size bytes. FALSE at a block that says it is the last:
 * zlib goes no further. */
static gboolean
inflate_by_zlib (z_stream *stream, FuzzInput message, guint8 *out, gsize size, gsize *length)
{
  g_autofree guint8 *bytes = g_malloc (message.length + TAIL_SIZE);
  int result;

  if (message.length > 0)
    memcpy (bytes, message.data, message.length);
  memcpy (bytes + message.length, TAIL, TAIL_SIZE);
  stream->next_in = bytes;
  stream->avail_in = (uInt) (message.length + TAIL_SIZE);
  stream->next_out = out;
  stream->avail_out = (uInt) size;
  result = inflate (stream, Z_SYNC_FLUSH);
  if (result == Z_STREAM_END)
    return FALSE;

  g_assert_true (result == Z_OK || result == Z_BUF_ERROR);
  g_assert_cmpuint (stream->avail_in, ==, 0);
  *length = size - stream->avail_out;

  return TRUE;
}

/* What was read without a fault is what zlib makes of it. */
static void
check_against_zlib (const Reading *reading)
{
  const Script *script = reading->script;
  z_stream stream = { 0 };
  gsize begin = 0;

  g_assert_cmpint (inflateInit2 (&stream, -OPTION_BITS (script->options)), ==, Z_OK);
  for (guint i = 0; i < reading->n_ends; i++)
    {
      gsize expected = reading->ends[i] - begin;
      g_autofree guint8 *out = g_malloc (expected + 1);
      gsize length;

      if (!inflate_by_zlib (&stream, script->messages[i], out, expected + 1, &length))
        break;
      g_assert_cmpmem (reading->out->data + begin, expected, out, length);
      begin = reading->ends[i];
      if (!(script->options & OPTION_TAKEOVER))
        inflateReset (&stream);
    }
  inflateEnd (&stream);
}

/* --- there and back */

static void
check_round (const Script *script)
{
  guint level = 1 + script->cut_state % 9;
  guint memory_level = 1 + script->cut_state / 9 % 9;
  g_autoptr (WireDeflater) deflater = wire_deflater_new (MAX (OPTION_BITS (script->options), DEFLATE_WINDOW_MIN),
                                                         level, memory_level);
  Script compressed = *script;
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  gsize begin = 0;
  Reading reading;

  /* The deflater may use more than a window of the smallest size, and plain bytes no text. */
  compressed.options &= (guint8) ~(OPTION_TEXT | OPTION_SHORT_LIMIT);
  compressed.options |= 1;
  for (guint i = 0; i < script->n_messages; i++)
    {
      GByteArray *out = g_byte_array_new ();

      g_ptr_array_add (kept, out);
      g_assert_true (wire_deflater_run (deflater, script->messages[i].data, script->messages[i].length, TRUE,
                                        G_MAXINT, out));
      compressed.messages[i] = (FuzzInput) { out->data, out->len };
      if (!(script->options & OPTION_TAKEOVER))
        wire_deflater_reset (deflater);
    }

  read_script (&reading, &compressed, FUZZ_CUT_AT_RANDOM);
  g_assert_false (reading.failed);
  g_assert_cmpuint (reading.n_ends, ==, script->n_messages);
  for (guint i = 0; i < script->n_messages; i++)
    {
      g_assert_cmpmem (reading.out->data + begin, reading.ends[i] - begin, script->messages[i].data,
                       script->messages[i].length);
      begin = reading.ends[i];
    }
  reading_clear (&reading);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  Script script = { .options = fuzz_input_byte (&input) };
  Reading whole;

  script.buffer_size = WIRE_INFLATE_SIZE_MIN + fuzz_input_byte (&input) * 16;
  script.cut_state = 1 + fuzz_input_short (&input);
  while (input.length > 0 && script.n_messages < MESSAGES_MAX)
    script.messages[script.n_messages++] = fuzz_input_take (&input, fuzz_input_short (&input) % MESSAGE_MAX);

  read_script (&whole, &script, FUZZ_CUT_NOWHERE);
  for (guint kind = FUZZ_CUT_EVERYWHERE; kind < FUZZ_N_CUTS; kind++)
    {
      Reading cut;

      read_script (&cut, &script, kind);
      check_equal (&whole, &cut);
      reading_clear (&cut);
    }
  check_against_zlib (&whole);
  check_round (&script);
  reading_clear (&whole);

  return 0;
}
