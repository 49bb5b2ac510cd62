/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/send-private.h"

#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/random-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/output/block-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/deflate-private.h"

#include "wire/mask-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

gboolean
engine_send_build (EngineConnection *connection, guint8 *room, guint8 first_byte, const guint8 *payload, gsize length,
                   GError **error)
{
  guint32 key;

  if (connection->role == WIRE_ROLE_SERVER)
    {
      room += wire_frame_header (room, first_byte, length, NULL);
      if (length > 0)
        memcpy (room, payload, length);
      return TRUE;
    }

  if (!engine_random_draw (&connection->context->random, &key, sizeof key))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No random bytes for a masking key: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  room += wire_frame_header (room, first_byte, length, &key);
  wire_mask_copy (room, payload, length, key);

  return TRUE;
}

static gboolean
send_in_cache (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length, gsize size,
               GError **error)
{
  EngineFrameCache *frame_cache = &connection->context->frame_cache;
  guint8 *room;
  gsize offset;

  if (connection->role == WIRE_ROLE_SERVER && engine_frame_cache_repeats (frame_cache, first_byte, payload, length))
    {
      engine_output_queue_append (&connection->output, frame_cache->frame_block, frame_cache->frame_offset, size);
      return TRUE;
    }

  room = engine_write_cache_room (connection->context, size);
  if (!engine_send_build (connection, room, first_byte, payload, length, error))
    return FALSE;

  offset = (gsize) (room - frame_cache->block->data);
  engine_output_queue_append (&connection->output, frame_cache->block, offset, size);
  /* A client's frame is masked: nobody else can send it. */
  if (connection->role == WIRE_ROLE_SERVER)
    engine_frame_cache_remember (frame_cache, frame_cache->block, offset, size, first_byte, payload, length);

  return TRUE;
}

/* A block of its own for a large frame. */
static gboolean
send_in_block (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length, gsize size,
               GError **error)
{
  EngineFrameCache *frame_cache = &connection->context->frame_cache;
  EngineBlock *block = engine_block_new (&connection->context->memory, size);
  gboolean built;

  block->used = size;
  built = engine_send_build (connection, block->data, first_byte, payload, length, error);
  if (built)
    {
      engine_output_queue_append (&connection->output, block, 0, size);
      if (frame_cache->sharing > 0 && connection->role == WIRE_ROLE_SERVER)
        engine_frame_cache_remember (frame_cache, block, 0, size, first_byte, payload, length);
    }
  engine_block_unref (block);

  return built;
}

/* Offers what waits, a header and the payload to the kernel in one call; what it
 * doesn't take is copied. */
static void
send_by_reference (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length, gsize size)
{
  EngineOutputQueue *output = &connection->output;
  gsize waiting = output->bytes;
  guint8 header[WIRE_FRAME_HEADER_MAX];
  gsize header_size = wire_frame_header (header, first_byte, length, NULL);
  struct iovec parts[ENGINE_WRITE_PARTS_MAX + 2];
  int count = engine_output_queue_parts (output, parts, ENGINE_WRITE_PARTS_MAX);
  EngineBlock *rest;
  gssize sent;
  gsize taken;

  parts[count++] = (struct iovec){ header, header_size };
  parts[count++] = (struct iovec){ (guint8 *) payload, length };
  sent = connection->transport->write (connection, parts, count);
  if (sent < 0 && engine_write_lost (connection, sent))
    return;

  engine_write_count (connection, MIN ((gsize) MAX (sent, 0), waiting));
  taken = sent > (gssize) waiting ? (gsize) sent - waiting : 0;
  if (taken < size)
    {
      gsize header_left = header_size - MIN (taken, header_size);
      gsize payload_taken = taken - (header_size - header_left);

      rest = engine_block_new (&connection->context->memory, size - taken);
      rest->used = size - taken;
      memcpy (rest->data, header + header_size - header_left, header_left);
      memcpy (rest->data + header_left, payload + payload_taken, length - payload_taken);
      engine_output_queue_append (output, rest, 0, rest->used);
      if (taken > 0)
        output->unit_left = rest->used;
      engine_block_unref (rest);
    }
  if (engine_write_finish (connection) && taken < size)
    engine_connection_block (connection);
}

static gboolean
send_large (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length, gsize size,
            GError **error)
{
  EngineFrameCache *frame_cache = &connection->context->frame_cache;

  if (connection->role == WIRE_ROLE_SERVER && engine_frame_cache_repeats (frame_cache, first_byte, payload, length))
    {
      engine_output_queue_append (&connection->output, frame_cache->frame_block, frame_cache->frame_offset, size);
      return TRUE;
    }

  /* Among many receivers the frame is built once; a client's is masked. Otherwise
   * there is nothing to copy, unless the kernel is full already. */
  if (connection->role == WIRE_ROLE_CLIENT || connection->blocked || frame_cache->sharing > 0 ||
      engine_output_queue_is_long (&connection->output, ENGINE_WRITE_PARTS_MAX))
    return send_in_block (connection, first_byte, payload, length, size, error);

  send_by_reference (connection, first_byte, payload, length, size);

  return TRUE;
}

gboolean
engine_send_frame (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length,
                   GError **error)
{
  gsize size = wire_frame_header_size (length, connection->role == WIRE_ROLE_CLIENT) + length;
  gboolean queued;

  if (size <= ENGINE_FRAME_CACHE_FRAME_MAX)
    queued = send_in_cache (connection, first_byte, payload, length, size, error);
  else
    queued = send_large (connection, first_byte, payload, length, size, error);
  if (queued)
    engine_write_later (connection);

  return queued;
}

gboolean
engine_send_check_open (EngineConnection *connection, GError **error)
{
  if (G_UNLIKELY (engine_context_is_copy (connection->context)))
    return engine_fork_refuse (error);
  if (connection->state == ENGINE_STATE_OPEN && !connection->cut)
    return TRUE;

  if (connection->cut)
    g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The connection was lost"));
  else
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The connection is not open, it is %s"),
                 engine_state_name (connection->state));
  return FALSE;
}

gboolean
engine_connection_send_frame (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length,
                              GError **error)
{
  return engine_send_check_open (connection, error) &&
         engine_send_frame (connection, first_byte, payload, length, error);
}

static gboolean
send_deflated (EngineConnection *connection, EngineFrame *frame, GError **error)
{
  gboolean sent;

  if (!engine_deflate_frame (connection, frame, error))
    return FALSE;

  sent = engine_send_frame (connection, frame->first_byte, frame->payload, frame->length, error);
  if (!sent)
    engine_deflate_lose (connection);
  engine_deflate_release (connection);

  return sent;
}

gboolean
engine_connection_send_data (EngineConnection *connection, WireOpcode opcode, gboolean last, const guint8 *payload,
                             gsize length, GError **error)
{
  EngineFrame frame = {
    .first_byte = (guint8) ((connection->sending_message ? WIRE_OPCODE_CONTINUATION : opcode) |
                            (last ? WIRE_FRAME_FIN : 0)),
    .payload = payload,
    .length = length,
  };

  if (!engine_send_check_open (connection, error))
    return FALSE;
  if (!engine_write_check_room (connection, length, error))
    return FALSE;
  if (!(connection->deflate != NULL
          ? send_deflated (connection, &frame, error)
          : engine_send_frame (connection, frame.first_byte, frame.payload, frame.length, error)))
    return FALSE;

  engine_write_note_size (connection, length);
  connection->sending_message = !last;

  return TRUE;
}

