/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "decoder-private.h"

/* Compressed messages become what they were, RFC 7692 section 7.2.2: pieces that the
 * decoder handed out go in, pieces of the message come out, as large as the buffer that
 * the caller has for them, whatever the peer has packed into few bytes. */

typedef struct _WireInflater WireInflater;

typedef enum {
  WIRE_INFLATE_PIECE,           /* *piece is filled */
  WIRE_INFLATE_AGAIN,           /* nothing came out yet, but some work was done: call again */
  WIRE_INFLATE_DONE,            /* what was fed is used up */
  WIRE_INFLATE_ERROR,           /* *violation is filled; the inflater is of no use any more */
} WireInflateResult;

/* @window_bits is what the peer may use, 8 to 15; @takeover, whether its messages may
 * refer to earlier ones. */
WireInflater *wire_inflater_new (guint window_bits, gboolean takeover, guint64 message_limit);
void wire_inflater_free (WireInflater *inflater);

/* How much memory it has taken. */
gsize wire_inflater_get_memory (const WireInflater *inflater);

/* Takes the next piece, once all before it is used up. The bytes stay where they are
 * until then, or until wire_inflater_keep(). */
void wire_inflater_feed (WireInflater *inflater, const WirePiece *piece);

/* Is there still something to come of what was fed? */
gboolean wire_inflater_is_pending (const WireInflater *inflater);

/* Copies what is left of the piece: its memory is needed for something else. */
void wire_inflater_keep (WireInflater *inflater);

/* Drops what is left of the piece: nobody wants the message, nor any other. */
void wire_inflater_drop (WireInflater *inflater);

/* A byte is held back while it isn't known whether another one follows. */
#define WIRE_INFLATE_SIZE_MIN 2

/* The next part of the message, of up to @size bytes, written to @buffer. The limit of a
 * message counts what comes out, while it does: at most one byte more is ever made. Text
 * is checked. A piece tells whether more of its frame follows: frame_remaining then counts
 * what is still compressed, 1 at least. An empty piece comes only at the end of a message. */
WireInflateResult wire_inflater_next (WireInflater *inflater, guint8 *buffer, gsize size, WirePiece *piece,
                                      WireViolation *violation);

/* Inside what was handed out last: how many bytes more of its frame will come, 0 if it was the
 * end. Never fewer than do come, and mostly exact: where the rest of the frame is there, it is
 * inflated once more to count, as far as that takes no time to speak of. */
guint64 wire_inflater_remaining (WireInflater *inflater);

/* Nothing has come for a while: all memory but the bytes that later messages may refer to
 * is given back. Does nothing in the middle of a message. */
void wire_inflater_rest (WireInflater *inflater);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireInflater, wire_inflater_free)
