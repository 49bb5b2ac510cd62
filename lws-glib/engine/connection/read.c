/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/read-private.h"

#include "engine/connection/context-private.h"
#include "engine/websocket/control-private.h"
#include "engine/server/handshake-private.h"
#include "engine/connection/iteration-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* For heads, of which a whole one fits behind what was kept. Requests that come in one go
 * are kept while one is being answered. */
#define RECEIVE_HEAD_BUFFER (2 * ENGINE_TRANSPORT_READ_MIN)

/* Input that was read but not used up: an unfinished head or frame, or what came
 * after the owner had paused. */
struct _EngineUnread {
  gsize length;
  gsize capacity;
  guint8 data[];
};

/* Moves the unread input to @buffer, where the next bytes will follow it. */
static gsize
read_take_unread (EngineConnection *connection, guint8 *buffer)
{
  gsize length = connection->unread != NULL ? connection->unread->length : 0;

  if (length > 0)
    {
      memcpy (buffer, connection->unread->data, length);
      connection->unread->length = 0;
    }

  return length;
}

static void
read_free_unread (EngineConnection *connection)
{
  if (connection->unread == NULL)
    return;

  engine_memory_give (&connection->context->memory, connection->unread->capacity);
  g_clear_pointer (&connection->unread, g_free);
}

static void
read_keep_unread (EngineConnection *connection, const guint8 *rest, gsize length)
{
  EngineUnread *unread = connection->unread;

  if (length == 0)
    {
      read_free_unread (connection);
      return;
    }

  /* A block that is far too large is given back, too. */
  if (unread == NULL || unread->capacity < length || unread->capacity / 4 > length)
    {
      gsize capacity = MAX (64, length + length / 2);

      read_free_unread (connection);
      engine_memory_take (&connection->context->memory, capacity);
      unread = g_malloc (sizeof (EngineUnread) + capacity);
      unread->capacity = capacity;
      connection->unread = unread;
    }
  memcpy (unread->data, rest, length);
  unread->length = length;
}

gsize
engine_connection_kept_bytes (const EngineConnection *connection)
{
  return connection->unread != NULL ? connection->unread->capacity : 0;
}

void
engine_connection_drop_input (EngineConnection *connection)
{
  engine_memory_hold (connection, 0);
  read_free_unread (connection);
  engine_deflate_clear (connection);
}

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
static gsize
receive_frames (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
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

static gsize
receive_use (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  gsize used = 0;
  gsize step = 0;

  do
    {
      switch ((EngineState) connection->state)
        {
        case ENGINE_STATE_HANDSHAKE:
          step = engine_handshake_feed (connection, data + used, length - used);
          break;
        case ENGINE_STATE_OPEN:
        case ENGINE_STATE_CLOSING:
          step = receive_frames (iteration, connection, data + used, length - used);
          break;
        case ENGINE_STATE_RESPONDING:
          /* The next request of a client that doesn't wait for the answer. */
          step = 0;
          break;
        default:
          return length;
        }
      used += step;
    }
  while (step > 0 && used < length);

  return used;
}

/* The rest of a large frame is received where the owner wants to have it, anything else in
 * the buffer. */
static guint8 *
receive_place (EngineIteration *iteration, EngineConnection *connection, gsize *length)
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

  *length = connection->state == ENGINE_STATE_HANDSHAKE ? RECEIVE_HEAD_BUFFER : ENGINE_RECEIVE_BUFFER;

  return iteration->buffer + ENGINE_RECEIVE_PADDING;
}

/* Reads behind the @kept bytes in a buffer of @size, unless they are many already. */
static gssize
receive_read (EngineConnection *connection, guint8 *buffer, gsize size, gsize kept)
{
  gssize got;

  if (kept > size / 2)
    return -EAGAIN;

  got = connection->transport->read (connection, buffer + kept, size - kept);
  if (got > 0)
    engine_connection_note_received (connection);

  return got;
}

/* Before anything more is looked at: what was inflated in part. FALSE if the connection
 * isn't to be read from after that. */
static gboolean
receive_pending (EngineIteration *iteration, EngineConnection *connection)
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

static void
receive_lost (EngineConnection *connection, int failure)
{
  if (connection->role == WIRE_ROLE_CLIENT && connection->state == ENGINE_STATE_HANDSHAKE)
    engine_handshake_lost (connection, failure);
  else
    engine_connection_abort (connection, engine_error_for (-failure), _("The connection was lost: %s"),
                             connection->transport->explain (connection, failure));
}

static void
receive_end_cut (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_CLOSED, _("The connection was lost"));
}

/* Until all that had come was read, or nobody wants it. epoll may not tell. */
static void
receive_go_on_cut (EngineConnection *connection, gssize got)
{
  if (got > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
  else if (!(connection->queued & ENGINE_QUEUE_READY))
    receive_end_cut (connection);
}

void
engine_connection_receive (EngineIteration *iteration, EngineConnection *connection)
{
  guint8 *buffer;
  gsize size;
  gsize kept;
  gssize got;
  gsize length;
  gsize used;

  if (connection->busy || !engine_connection_reads (connection))
    {
      if (connection->cut && !connection->busy)
        receive_end_cut (connection);
      else
        engine_connection_stop_reading (connection);
      return;
    }

  if (connection->state == ENGINE_STATE_TLS_HANDSHAKE)
    {
      engine_connection_speak (connection);
      engine_connection_enqueue (connection, ENGINE_QUEUE_TLS_HANDSHAKE);
      return;
    }

  if (!receive_pending (iteration, connection))
    return;

  buffer = receive_place (iteration, connection, &size);
  kept = read_take_unread (connection, buffer);
  got = receive_read (connection, buffer, size, kept);
  length = kept + (gsize) MAX (got, 0);

  connection->busy = TRUE;
  used = length > 0 ? receive_use (iteration, connection, buffer, length) : 0;
  connection->busy = FALSE;
  if (used > 0)
    connection->unfinished = FALSE;

  read_keep_unread (connection, buffer + used, length - used);
  if (connection->state == ENGINE_STATE_CLOSED)
    return;
  if (connection->unread != NULL)
    engine_connection_ensure_deadline (connection, connection->context->limits.frame_ticks);

  if (got < 0 && got != -EAGAIN)
    receive_lost (connection, (int) got);
  else if (got == 0 && !(connection->queued & ENGINE_QUEUE_READY) && engine_connection_reads (connection))
    engine_connection_on_end_of_input (connection);
  else if (connection->cut)
    receive_go_on_cut (connection, got);
  engine_connection_update_interest (connection);
}
