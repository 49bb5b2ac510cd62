/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/receive-private.h"

#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/iteration-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/deflate-private.h"

#include <string.h>

/* Frames that came: messages are handed out as far as the owner wants them, control frames are answered (RFC 6455 section 5). */

gboolean
engine_connection_has_input (const EngineConnection *connection)
{
  return connection->unread != NULL || engine_deflate_is_pending (connection->deflate);
}

guint64
engine_connection_remaining (const EngineConnection *connection)
{
  const EngineDeflate *deflate = connection->deflate;

  if (connection->decoder.message_compressed && deflate != NULL && deflate->inflater != NULL)
    return wire_inflater_remaining (deflate->inflater);

  return connection->decoder.frame_remaining;
}

static gboolean
receive_wants_frames (EngineConnection *connection)
{
  return connection->state == ENGINE_STATE_CLOSING ||
         (connection->state == ENGINE_STATE_OPEN && (!connection->paused || engine_connection_reads (connection)));
}

/* Hands out what comes of a compressed piece, as far as the owner wants it and the iteration
 * allows: a few bytes may stand for megabytes. */
static void
receive_inflated (EngineIteration *iteration, EngineConnection *connection)
{
  WireInflater *inflater = engine_deflate_inflater (connection);
  /* Where more follows one byte is held back, and comes with the next piece. */
  const gsize size = MIN (ENGINE_INFLATE_BUFFER, (gsize) connection->context->limits.piece + 1);
  WirePiece piece;
  WireViolation violation;

  while (wire_inflater_is_pending (inflater) && receive_wants_frames (connection) && engine_iteration_goes_on (iteration))
    {
      if (connection->state != ENGINE_STATE_OPEN)
        {
          wire_inflater_drop (inflater);
          return;
        }

      iteration->frames--;
      switch (wire_inflater_next (inflater, engine_iteration_inflate_buffer (iteration), size, &piece, &violation))
        {
        case WIRE_INFLATE_PIECE:
          connection->context->events->data (connection, &piece);
          break;
        case WIRE_INFLATE_AGAIN:
        case WIRE_INFLATE_DONE:
          break;
        case WIRE_INFLATE_ERROR:
          wire_inflater_drop (inflater);
          engine_connection_fail (connection, &violation);
          return;
        }
    }
  wire_inflater_keep (inflater);
  engine_deflate_count (connection);
}

static void
receive_data (EngineIteration *iteration, EngineConnection *connection, const WirePiece *piece)
{
  if (!piece->compressed)
    {
      connection->context->events->data (connection, piece);
      return;
    }

  wire_inflater_feed (engine_deflate_inflater (connection), piece);
  receive_inflated (iteration, connection);
}

static void
receive_piece (EngineIteration *iteration, EngineConnection *connection, const WirePiece *piece)
{
  EngineContext *context = connection->context;
  gboolean open = connection->state == ENGINE_STATE_OPEN;

  switch (piece->opcode)
    {
    case WIRE_OPCODE_CLOSE:
      engine_connection_on_close_frame (connection, piece->data, piece->length);
      return;
    case WIRE_OPCODE_PING:
      engine_connection_answer_ping (connection, piece->data, piece->length);
      return;
    case WIRE_OPCODE_PONG:
      if (open && (piece->length != sizeof context->ping_payload ||
                   memcmp (piece->data, context->ping_payload, piece->length) != 0))
        context->events->pong (connection, piece->data, piece->length);
      return;
    default:
      if (open)
        receive_data (iteration, connection, piece);
      return;
    }
}

/* Where it was the iteration that came to its end, there will be no event. */
static void
receive_go_on_later (EngineIteration *iteration, EngineConnection *connection)
{
  if (iteration->frames == 0 || iteration->budget.over)
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
}

/* Returns how much was used. */
gsize
engine_receive_frames (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  gsize used = 0;

  while (used < length && receive_wants_frames (connection) && engine_iteration_goes_on (iteration))
    {
      WirePiece piece;
      WireViolation violation;
      gsize consumed = 0;
      WireDecodeResult result = wire_decoder_next (&connection->decoder, data + used, length - used, &consumed,
                                                   &piece, &violation);

      used += consumed;
      switch (result)
        {
        case WIRE_DECODE_PIECE:
          iteration->frames--;
          receive_piece (iteration, connection, &piece);
          if (piece.compressed && engine_deflate_is_pending (connection->deflate))
            {
              receive_go_on_later (iteration, connection);
              return used;
            }
          break;
        case WIRE_DECODE_INCOMPLETE:
          return used;
        case WIRE_DECODE_ERROR:
          engine_connection_fail (connection, &violation);
          return length;
        }
    }
  if (used < length)
    receive_go_on_later (iteration, connection);

  return used;
}

/* The rest of a large frame is received where the owner wants to have it, anything else in
 * the buffer. */
guint8 *
engine_receive_place (EngineIteration *iteration, EngineConnection *connection, gsize *length)
{
  const EngineEvents *events = connection->context->events;
  const WireDecoder *decoder = &connection->decoder;

  if (events->alloc != NULL && connection->state == ENGINE_STATE_OPEN && connection->unread == NULL &&
      decoder->frame_remaining >= ENGINE_TRANSPORT_READ_MIN && !decoder->message_compressed)
    {
      /* What is not used up in this iteration will have to fit into the buffer. */
      const gsize most = (gsize) MIN (decoder->frame_remaining, ENGINE_RECEIVE_BUFFER);
      guint8 *room = events->alloc (connection, length);

      if (room != NULL && *length >= ENGINE_TRANSPORT_READ_MIN)
        {
          *length = MIN (*length, most);
          return room;
        }
    }

  *length = ENGINE_RECEIVE_BUFFER;

  return iteration->buffer + ENGINE_RECEIVE_PADDING;
}

/* Before anything more is looked at: what was inflated in part. FALSE if the connection
 * isn't to be read from after that. */
gboolean
engine_receive_pending (EngineIteration *iteration, EngineConnection *connection)
{
  if (!engine_deflate_is_pending (connection->deflate))
    return TRUE;

  connection->busy = TRUE;
  receive_inflated (iteration, connection);
  connection->busy = FALSE;
  if (connection->state == ENGINE_STATE_CLOSED)
    return FALSE;
  if (!engine_deflate_is_pending (connection->deflate) && engine_connection_reads (connection))
    return TRUE;

  receive_go_on_later (iteration, connection);
  engine_connection_update_interest (connection);

  return FALSE;
}
