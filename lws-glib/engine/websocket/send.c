/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/send-private.h"

#include "engine/connection/context-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/retry-private.h"
#include "wire/mask-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define SEND_PARTS_MAX 64

/* What one connection sends before others do: some 0.1 ms of encrypting, and much more than a
 * call to the kernel costs. */
#define SEND_SOME (256 * 1024)

static gboolean
send_lost (EngineConnection *connection, gssize result)
{
  if (result == -EAGAIN)
    return FALSE;
  if (result == -ENOBUFS || result == -ENOMEM)
    {
      connection->no_buffers = TRUE;
      engine_retry_schedule (connection->context);
      return FALSE;
    }

  if (!engine_connection_cut (connection))
    engine_connection_abort (connection, engine_error_for ((int) -result), _("The connection was lost: %s"),
                             connection->transport->explain (connection, (int) result));

  return TRUE;
}

/* What is written all the same leads nowhere. */
static void
send_nowhere (EngineConnection *connection)
{
  engine_output_queue_clear (&connection->output);
  if (!engine_connection_reads (connection))
    engine_connection_abort (connection, ENGINE_ERROR_CLOSED, _("The connection was lost"));
}

void
engine_connection_block (EngineConnection *connection)
{
  engine_output_queue_queue_compact (&connection->output);
  if (connection->blocked)
    return;

  connection->blocked = TRUE;
  if (connection->state == ENGINE_STATE_RESPONDING)
    engine_progress_begin (connection);
  engine_connection_update_interest (connection);
}

static void
send_drained (EngineConnection *connection)
{
  if (connection->wants_writable)
    engine_connection_enqueue (connection, ENGINE_QUEUE_WRITABLE);
  engine_connection_on_drained (connection);
}

static void
send_count (EngineConnection *connection, gsize bytes)
{
  engine_output_queue_sent (&connection->output, bytes);
}

/* What was written may wait in the transport; only then has it been handed to the kernel.
 * FALSE if the connection is blocked or lost. */
static gboolean
send_finish (EngineConnection *connection)
{
  int result = connection->transport->flush (connection);

  if (result < 0 && send_lost (connection, result))
    return FALSE;
  if (result < 0)
    {
      engine_connection_block (connection);
      return FALSE;
    }
  if (engine_output_queue_has_reached (&connection->output))
    engine_connection_enqueue (connection, ENGINE_QUEUE_SENT);

  return TRUE;
}

void
engine_connection_mark (EngineConnection *connection, gpointer data)
{
  engine_output_queue_mark (&connection->output, data);
}

/* Of what waits, the first @most bytes. Returns how much that is. */
static gsize
send_choose (const EngineOutputQueue *output, gsize most, struct iovec *parts, int *count)
{
  int all = engine_output_queue_parts (output, parts, SEND_PARTS_MAX);
  gsize offered = 0;

  for (*count = 0; *count < all && offered < most; ++*count)
    {
      parts[*count].iov_len = MIN (parts[*count].iov_len, most - offered);
      offered += parts[*count].iov_len;
    }

  return offered;
}

/* Sends until nothing is left, or the kernel takes no more, or @most bytes have left: then it
 * returns FALSE. */
static gboolean
send_waiting (EngineConnection *connection, gsize most)
{
  EngineOutputQueue *output = &connection->output;

  /* It has ended, or there is no connection yet. */
  if (connection->watch.fd < 0)
    return TRUE;
  /* What waits is for the process to send that this one was forked from. */
  if (engine_context_is_copy (connection->context))
    return TRUE;
  if (connection->cut)
    {
      send_nowhere (connection);
      return TRUE;
    }
  if (connection->blocked)
    {
      engine_connection_block (connection);
      return TRUE;
    }

  while (output->bytes > 0 && most > 0)
    {
      struct iovec parts[SEND_PARTS_MAX];
      int count;
      gsize offered = send_choose (output, most, parts, &count);
      gssize sent = connection->transport->write (connection, parts, count);

      if (sent < 0 && send_lost (connection, sent))
        return TRUE;
      if (sent > 0)
        send_count (connection, (gsize) sent);
      if (sent < (gssize) offered)
        {
          if (send_finish (connection))
            engine_connection_block (connection);
          return TRUE;
        }
      most -= offered;
    }

  if (!send_finish (connection))
    return TRUE;
  if (output->bytes > 0)
    return FALSE;
  send_drained (connection);

  return TRUE;
}

void
engine_connection_flush (EngineConnection *connection)
{
  send_waiting (connection, G_MAXSIZE);
}

gboolean
engine_connection_flush_some (EngineConnection *connection)
{
  return send_waiting (connection, SEND_SOME);
}

/* After something was put into the output: it leaves at the end of the iteration, or at
 * once if there is none under way. */
static void
send_later (EngineConnection *connection)
{
  if (connection->context->depth > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
  else
    engine_connection_flush (connection);
}

static guint8 *
send_cache_room (EngineContext *context, gsize size)
{
  guint8 *room = engine_frame_cache_room (&context->frame_cache, size);

  if (room != NULL)
    return room;

  engine_context_flush (context);
  engine_frame_cache_restart (&context->frame_cache);

  return engine_frame_cache_room (&context->frame_cache, size);
}

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

  room = send_cache_room (connection->context, size);
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
  struct iovec parts[SEND_PARTS_MAX + 2];
  int count = engine_output_queue_parts (output, parts, SEND_PARTS_MAX);
  EngineBlock *rest;
  gssize sent;
  gsize taken;

  parts[count++] = (struct iovec){ header, header_size };
  parts[count++] = (struct iovec){ (guint8 *) payload, length };
  sent = connection->transport->write (connection, parts, count);
  if (sent < 0 && send_lost (connection, sent))
    return;

  send_count (connection, MIN ((gsize) MAX (sent, 0), waiting));
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
  if (send_finish (connection) && taken < size)
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
      engine_output_queue_is_long (&connection->output, SEND_PARTS_MAX))
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
    send_later (connection);

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
engine_send_check_room (EngineConnection *connection, gsize length, GError **error)
{
  gsize waiting = connection->output.bytes;
  gsize limit = connection->context->limits.output_limit;

  /* What is empty has a header all the same. */
  if (engine_output_queue_has_room (&connection->output, MAX (length, 1), limit))
    return TRUE;

  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_FULL,
               _("%zu bytes wait for the peer to take them, no more than %zu may"), waiting, limit);
  return FALSE;
}

void
engine_send_note_size (EngineConnection *connection, gsize length)
{
  if (length > connection->context->limits.output_limit)
    engine_output_queue_note_large (&connection->output, length);
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
  if (!engine_send_check_room (connection, length, error))
    return FALSE;
  if (!(connection->deflate != NULL
          ? send_deflated (connection, &frame, error)
          : engine_send_frame (connection, frame.first_byte, frame.payload, frame.length, error)))
    return FALSE;

  engine_send_note_size (connection, length);
  connection->sending_message = !last;

  return TRUE;
}

void
engine_connection_send_raw (EngineConnection *connection, const void *bytes, gsize length)
{
  EngineOutputQueue *output = &connection->output;
  EngineFrameCache *frame_cache = &connection->context->frame_cache;
  gboolean small = length <= ENGINE_FRAME_CACHE_FRAME_MAX;
  guint8 *room = small ? send_cache_room (connection->context, length) : NULL;
  g_autoptr (EngineBlock) block = small ? engine_block_ref (frame_cache->block) : engine_block_new (&connection->context->memory, length);

  if (!small)
    {
      block->used = length;
      room = block->data;
    }
  memcpy (room, bytes, length);

  /* Raw bytes have no frames in them: all of them are one unit. */
  if (output->unit_left == output->bytes)
    output->unit_left += length;
  engine_output_queue_append (output, block, (gsize) (room - block->data), length);
  send_later (connection);
}
