/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "inflater-private.h"
#include "zlib-private.h"

#include <string.h>

/* What zlib tells in data_type after a call: the unused bits of the last byte, and
 * whether it stands between two blocks. */
#define DATA_TYPE_BITS 7
#define DATA_TYPE_BETWEEN_BLOCKS 128

/* A length of 258 bytes takes two bits at least, one for itself and one for the distance: no
 * byte stands for more (RFC 1951 section 3.2.5). */
#define DEFLATE_MATCH_MAX 258
#define DEFLATE_RATIO_MAX (4 * DEFLATE_MATCH_MAX)

/* What zlib has read ahead, in bits. */
#define ZLIB_HOLD_MAX 8

/* Further ahead nobody counts: about a millisecond. */
#define MEASURE_MAX (1024 * 1024)
#define MEASURE_BUFFER (16 * 1024)

/* What is known of how much is still to come of a frame. */
typedef enum {
  MEASURE_NOT_YET,
  MEASURE_DONE,
  MEASURE_IN_VAIN,              /* it is too long, or can't be inflated */
} InflaterMeasure;

struct _WireInflater {
  z_stream stream;
  gsize stream_memory;          /* that zlib has taken for it */
  guint8 *dictionary;           /* of a stream at rest: what messages may refer to */
  guint dictionary_length;

  const guint8 *input;          /* what is left of the piece */
  gsize input_left;
  guint8 *kept;                 /* where it is, if it was kept */
  gsize kept_length;
  guint64 frame_remaining;

  guint64 measured;             /* what is still to come of the frame, if that was counted */
  guint64 message_length;       /* what was handed out of the message */
  guint64 message_limit;
  WireUtf8 utf8;
  guint8 window_bits;
  guint8 opcode;
  guint8 held;                  /* a byte that came out already; see inflater_hold_back() */
  guint8 measure;               /* InflaterMeasure */
  guint takeover : 1;
  guint running : 1;            /* the stream exists */
  guint message_end : 1;        /* the piece is the last one of its message */
  guint tail_given : 1;         /* ... and so is what the sender has cut off */
  guint ended : 1;              /* the last block said that no other follows, and none has */
  guint between_blocks : 1;     /* and at the end of a byte */
  guint begun : 1;              /* a piece of the message was handed out */
  guint has_held : 1;
  guint full : 1;               /* the output came to its end first: zlib may hold more */
};

WireInflater *
wire_inflater_new (guint window_bits, gboolean takeover, guint64 message_limit)
{
  WireInflater *inflater = g_new0 (WireInflater, 1);

  inflater->window_bits = (guint8) window_bits;
  inflater->takeover = takeover != FALSE;
  inflater->message_limit = message_limit;
  inflater->utf8 = WIRE_UTF8_BOUNDARY;

  return inflater;
}

void
wire_inflater_free (WireInflater *inflater)
{
  if (inflater->running)
    inflateEnd (&inflater->stream);
  g_free (inflater->dictionary);
  g_free (inflater->kept);
  g_free (inflater);
}

gsize
wire_inflater_get_memory (const WireInflater *inflater)
{
  return sizeof (WireInflater) + inflater->stream_memory + (inflater->dictionary != NULL ? inflater->dictionary_length : 0) +
         (inflater->kept != NULL ? inflater->kept_length : 0);
}

/* --- the stream */

static void
inflater_start (WireInflater *inflater)
{
  int result;

  if (inflater->running)
    return;

  inflater->stream_memory = 0;
  wire_zlib_init (&inflater->stream, &inflater->stream_memory);
  result = inflateInit2 (&inflater->stream, -(int) inflater->window_bits);
  g_assert (result == Z_OK);
  if (inflater->dictionary != NULL)
    inflateSetDictionary (&inflater->stream, inflater->dictionary, inflater->dictionary_length);
  g_clear_pointer (&inflater->dictionary, g_free);
  inflater->running = TRUE;
}

static void
inflater_save_dictionary (WireInflater *inflater)
{
  g_autofree guint8 *window = g_malloc ((gsize) 1 << inflater->window_bits);
  guint length = 0;

  inflateGetDictionary (&inflater->stream, window, &length);
  inflater->dictionary_length = length;
  inflater->dictionary = length > 0 ? g_memdup2 (window, length) : NULL;
}

/* After a block that claims to be the last one (RFC 7692 section 7.2.3.4) others may
 * follow, and refer to what was before. Each may be of two bytes: the window stays where it
 * is, or a peer would have 100 KB copied for them. */
static void
inflater_go_on (WireInflater *inflater)
{
  inflateResetKeep (&inflater->stream);
  inflater->ended = TRUE;
  if (inflater->tail_given)
    inflater->stream.avail_in = 0;
}

void
wire_inflater_rest (WireInflater *inflater)
{
  if (!inflater->running || inflater->opcode != 0)
    return;

  if (inflater->takeover)
    inflater_save_dictionary (inflater);
  inflateEnd (&inflater->stream);
  inflater->stream_memory = 0;
  inflater->running = FALSE;
}

/* --- input */

void
wire_inflater_feed (WireInflater *inflater, const WirePiece *piece)
{
  g_assert (!wire_inflater_is_pending (inflater));

  inflater_start (inflater);
  inflater->input = piece->data;
  inflater->input_left = piece->length;
  inflater->frame_remaining = piece->frame_remaining;
  inflater->opcode = piece->opcode;
  inflater->measure = MEASURE_NOT_YET;
  inflater->message_end = piece->message_end != FALSE;
  inflater->tail_given = FALSE;
}

gboolean
wire_inflater_is_pending (const WireInflater *inflater)
{
  return inflater->input_left > 0 || inflater->message_end || inflater->full ||
         (inflater->has_held && inflater->frame_remaining == 0);
}

void
wire_inflater_keep (WireInflater *inflater)
{
  if (inflater->kept != NULL || inflater->input_left == 0)
    return;

  inflater->kept = g_memdup2 (inflater->input, inflater->input_left);
  inflater->kept_length = inflater->input_left;
  inflater->input = inflater->kept;
}

void
wire_inflater_drop (WireInflater *inflater)
{
  g_clear_pointer (&inflater->kept, g_free);
  inflater->input_left = 0;
  inflater->message_end = FALSE;
  inflater->has_held = FALSE;
  inflater->full = FALSE;
}

/* Lets zlib see what comes next: the piece, and at the end of a message the tail.
 * FALSE if there is nothing more. */
static gboolean
inflater_give (WireInflater *inflater)
{
  z_stream *stream = &inflater->stream;

  if (inflater->input_left > 0)
    {
      stream->next_in = inflater->input;
      stream->avail_in = (uInt) MIN (inflater->input_left, G_MAXUINT);
      inflater->ended = FALSE;
      return TRUE;
    }
  g_clear_pointer (&inflater->kept, g_free);
  if (!inflater->message_end || inflater->tail_given)
    return FALSE;

  inflater->tail_given = TRUE;
  /* A sender that has closed its last block has nothing to cut off. */
  if (inflater->ended)
    return FALSE;
  stream->next_in = (const guint8 *) WIRE_ZLIB_TAIL;
  stream->avail_in = WIRE_ZLIB_TAIL_SIZE;

  return TRUE;
}

static void
inflater_take_back (WireInflater *inflater)
{
  z_stream *stream = &inflater->stream;

  if (inflater->tail_given)
    return;

  inflater->input_left -= (gsize) (stream->next_in - inflater->input);
  inflater->input = stream->next_in;
  stream->avail_in = 0;
}

/* --- output */

/* zlib tells where it stands, but not again when it is called and can't go on. */
static void
inflater_note_state (WireInflater *inflater, int result)
{
  const int state = inflater->stream.data_type;

  if ((state & DATA_TYPE_BETWEEN_BLOCKS) && (state & DATA_TYPE_BITS) == 0)
    inflater->between_blocks = TRUE;
  else if (result != Z_BUF_ERROR)
    inflater->between_blocks = FALSE;
}

/* zlib says why, in English. */
static gboolean
inflater_refuse (const char *cause, WireViolation *violation)
{
  if (cause == NULL)
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("compressed message that can't be inflated"));

  return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("compressed message that can't be inflated: %s"),
                             cause);
}

/* Inflates up to @size bytes; fewer where the input comes to its end, or a stream in it. */
static gboolean
inflater_run (WireInflater *inflater, guint8 *out, gsize size, gsize *got, WireViolation *violation)
{
  z_stream *stream = &inflater->stream;
  gboolean given;
  int result;

  stream->next_out = out;
  stream->avail_out = (uInt) MIN (size, G_MAXUINT);
  do
    {
      /* Without input what zlib has held back may still come out. */
      given = stream->avail_in > 0 || inflater_give (inflater);
      result = inflate (stream, Z_SYNC_FLUSH);
      inflater_note_state (inflater, result);
      inflater_take_back (inflater);
      if (result == Z_STREAM_END)
        inflater_go_on (inflater);
      else if (result != Z_OK && result != Z_BUF_ERROR)
        return inflater_refuse (stream->msg, violation);
    }
  while (given && stream->avail_out > 0 && result != Z_STREAM_END);
  *got = (gsize) (stream->next_out - out);

  return TRUE;
}

/* Is there more to come of this frame? */
static gboolean
inflater_has_more (const WireInflater *inflater)
{
  return inflater->input_left > 0 || inflater->full || (inflater->message_end && !inflater->tail_given);
}

/* Whoever gets a piece is told whether more of the frame follows, which nobody knows before
 * it is inflated: as long as it might, one byte is kept to follow. */
static void
inflater_hold_back (WireInflater *inflater, const guint8 *buffer, gsize *length)
{
  if (*length == 0 || (inflater->frame_remaining == 0 && !inflater_has_more (inflater)))
    return;

  (*length)--;
  inflater->held = buffer[*length];
  inflater->has_held = TRUE;
}

/* At once, also what is held back. */
static gboolean
inflater_check_text (WireInflater *inflater, const guint8 *text, gsize length, WireViolation *violation)
{
  if (inflater->opcode != WIRE_OPCODE_TEXT || wire_utf8_feed (&inflater->utf8, text, length))
    return TRUE;

  return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("text message that is not valid UTF-8"));
}

static gboolean
inflater_fill (WireInflater *inflater, guint8 *buffer, gsize size, gsize *length, WireViolation *violation)
{
  const guint64 allowed = inflater->message_limit - inflater->message_length;
  /* One more byte shows that the message is too long. */
  const gsize room = allowed < size ? (gsize) allowed + 1 : size;
  gsize got = 0;

  *length = 0;
  if (inflater->has_held)
    buffer[(*length)++] = inflater->held;
  inflater->has_held = FALSE;
  if (!inflater_run (inflater, buffer + *length, room - *length, &got, violation))
    return FALSE;

  *length += got;
  inflater->full = *length == room;
  if (*length > allowed)
    return wire_violation_set (violation, WIRE_CLOSE_TOO_BIG,
                               N_("message of more than %llu bytes after inflating"),
                               (unsigned long long) inflater->message_limit);
  if (!inflater_check_text (inflater, buffer + *length - got, got, violation))
    return FALSE;
  inflater_hold_back (inflater, buffer, length);

  return TRUE;
}

/* A message that stops in the middle of a block would spoil those that follow. */
static gboolean
inflater_check_end (const WireInflater *inflater, WireViolation *violation)
{
  if (!inflater->ended && !inflater->between_blocks)
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD,
                               N_("compressed message that ends inside a block"));
  if (inflater->opcode == WIRE_OPCODE_TEXT && inflater->utf8 != WIRE_UTF8_BOUNDARY)
    return wire_violation_set (violation, WIRE_CLOSE_INVALID_PAYLOAD, N_("text message that ends inside a character"));

  return TRUE;
}

static void
inflater_end_message (WireInflater *inflater)
{
  inflater->message_length = 0;
  inflater->message_end = FALSE;
  inflater->begun = FALSE;
  inflater->opcode = 0;
  inflater->stream.avail_in = 0;
  if (!inflater->takeover)
    inflateReset (&inflater->stream);
}

WireInflateResult
wire_inflater_next (WireInflater *inflater, guint8 *buffer, gsize size, WirePiece *piece, WireViolation *violation)
{
  gsize length;
  gboolean more;

  g_assert (size >= WIRE_INFLATE_SIZE_MIN);

  if (!wire_inflater_is_pending (inflater))
    return WIRE_INFLATE_DONE;
  if (!inflater_fill (inflater, buffer, size, &length, violation))
    return WIRE_INFLATE_ERROR;

  more = inflater_has_more (inflater) || (inflater->has_held && inflater->frame_remaining == 0);
  *piece = (WirePiece){
    .data = buffer,
    .length = length,
    .frame_remaining = MAX (inflater->frame_remaining, more ? 1 : 0),
    .opcode = inflater->opcode,
    .message_start = !inflater->begun,
    .message_end = inflater->message_end && !more,
  };
  if (piece->message_end && !inflater_check_end (inflater, violation))
    return WIRE_INFLATE_ERROR;
  if (length == 0 && !piece->message_end)
    return more ? WIRE_INFLATE_AGAIN : WIRE_INFLATE_DONE;

  inflater->message_length += length;
  inflater->measured -= MIN (inflater->measured, length);
  inflater->begun = TRUE;
  if (piece->message_end)
    inflater_end_message (inflater);

  return WIRE_INFLATE_PIECE;
}

/* --- what is still to come */

static gboolean
inflater_is_at_end (const WireInflater *inflater)
{
  return inflater->frame_remaining == 0 && !inflater_has_more (inflater) && !inflater->has_held;
}

/* Inflates what is there of the frame with a copy of the stream. */
static void
inflater_measure (WireInflater *inflater)
{
  g_autofree guint8 *buffer = g_malloc (MEASURE_BUFFER);
  const gsize memory = inflater->stream_memory;
  WireInflater probe = *inflater;
  WirePiece piece;
  WireViolation violation;
  WireInflateResult result = WIRE_INFLATE_AGAIN;
  guint64 length = 0;

  inflater->measure = MEASURE_IN_VAIN;
  if (inflateCopy (&probe.stream, &inflater->stream) != Z_OK)
    return;

  /* The input stays the inflater's, and text is checked when it comes. */
  probe.kept = NULL;
  probe.opcode = WIRE_OPCODE_BINARY;
  while (length <= MEASURE_MAX && (result == WIRE_INFLATE_AGAIN || result == WIRE_INFLATE_PIECE))
    {
      result = wire_inflater_next (&probe, buffer, MEASURE_BUFFER, &piece, &violation);
      if (result == WIRE_INFLATE_PIECE)
        length += piece.length;
    }
  inflateEnd (&probe.stream);
  /* The copy took and gave as much. */
  inflater->stream_memory = memory;

  /* Up to where it fails more comes in smaller pieces. */
  if (length <= MEASURE_MAX && result != WIRE_INFLATE_ERROR)
    {
      inflater->measure = MEASURE_DONE;
      inflater->measured = length;
    }
}

/* More than this can't become of it, whatever it is. */
static guint64
inflater_bound (const WireInflater *inflater)
{
  const guint64 allowed = inflater->message_limit - inflater->message_length;
  const guint64 input = inflater->input_left + WIRE_ZLIB_TAIL_SIZE + ZLIB_HOLD_MAX;
  guint64 bound;

  if (!g_uint64_checked_add (&bound, inflater->frame_remaining, input) ||
      !g_uint64_checked_mul (&bound, bound, DEFLATE_RATIO_MAX) ||
      !g_uint64_checked_add (&bound, bound, DEFLATE_MATCH_MAX + 1))
    return allowed;

  return MIN (bound, allowed);
}

guint64
wire_inflater_remaining (WireInflater *inflater)
{
  if (inflater_is_at_end (inflater))
    return 0;

  if (inflater->frame_remaining == 0 && inflater->measure == MEASURE_NOT_YET)
    inflater_measure (inflater);
  if (inflater->frame_remaining == 0 && inflater->measure == MEASURE_DONE)
    return inflater->measured;

  return MAX (inflater_bound (inflater), 1);
}
