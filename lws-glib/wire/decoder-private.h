/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "close-code-private.h"
#include "frame-private.h"
#include "utf8-private.h"

/* The decoder of a stream of frames, for both roles. It takes bytes where they
 * lie, unmasks them in place and hands out pieces of payload; it keeps no bytes
 * of its own. */

typedef enum {
  WIRE_ROLE_SERVER,             /* the peer is a client: its frames are masked */
  WIRE_ROLE_CLIENT,
} WireRole;

typedef enum {
  WIRE_DECODE_PIECE,            /* *piece is filled, *consumed bytes are used up */
  WIRE_DECODE_INCOMPLETE,       /* the bytes from *consumed on are to be given again, with more */
  WIRE_DECODE_ERROR,            /* *violation is filled; the decoder is of no use any more */
} WireDecodeResult;

typedef struct {
  guint8 *data;                 /* inside the bytes that were given; unmasked */
  gsize length;
  guint64 frame_remaining;      /* payload of this frame that is still to come */
  guint8 opcode;                /* TEXT or BINARY as the message began, or a control opcode */
  gboolean message_start;       /* the first piece of a message */
  gboolean message_end;         /* the last one; always set for a control frame */
  gboolean compressed;          /* to be inflated: neither the limit nor UTF-8 were checked */
} WirePiece;

typedef struct {
  guint64 frame_remaining;
  guint64 message_length;       /* of the message under way, this frame's announced payload included */
  guint64 message_limit;        /* more than this is a violation, 1009 */
  guint32 masking_key;
  guint32 whole_limit;          /* a data frame of at most this many bytes is handed out in one piece: whoever
                                   gives the bytes must be able to hold so many, and a header */
  guint32 piece_limit;          /* no piece of an uncompressed data frame is larger, which is no less than
                                   whole_limit; G_MAXUINT32 after wire_decoder_init() */
  guint32 checked;              /* of a text frame that waits to be whole: so many bytes are good */
  WireUtf8 utf8;
  guint8 role;
  guint8 message_opcode;        /* 0 between messages */
  guint8 deflates : 1;          /* permessage-deflate was negotiated; off after wire_decoder_init() */
  guint8 frame_fin : 1;
  guint8 message_begun : 1;     /* a piece of the message was handed out */
  guint8 message_compressed : 1;
} WireDecoder;

void wire_decoder_init (WireDecoder *decoder, WireRole role, guint64 message_limit, guint32 whole_limit);

/* The next piece in @data. Control frames are always handed out whole. A piece
 * may be empty (an empty frame that begins or ends a message); pieces that would
 * tell nothing (empty, neither first nor last) are passed over.
 *
 * *consumed counts from the start of @data to the end of what was used. With
 * WIRE_DECODE_INCOMPLETE it is not always 0: frames that were passed over need
 * not be given again, nor the header of a frame that is handed out in pieces.
 *
 * A violation in a header is found at the first byte that shows it, wherever @data
 * happens to end; a message that is too long, when the whole length is there. A
 * text message is checked byte by byte as it comes: what was handed out was valid,
 * and a frame that waits to be whole is refused at the first byte that no text can
 * have there. */
WireDecodeResult wire_decoder_next (WireDecoder *decoder, guint8 *data, gsize length, gsize *consumed,
                                    WirePiece *piece, WireViolation *violation);
