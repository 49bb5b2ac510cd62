/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/write-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/activity-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/retry-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/output/block-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/output/output-queue-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* How output leaves: what waits is offered to the kernel, and what it does not take goes on when epoll says so. */

/* What one connection sends before others do: some 0.1 ms of encrypting, and much more than a
 * call to the kernel costs. */
#define WRITE_SOME (256 * 1024)

gboolean
engine_write_lost (EngineConnection *connection, gssize result)
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
write_nowhere (EngineConnection *connection)
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
write_drained (EngineConnection *connection)
{
  const EnginePhase *phase;

  if (connection->wants_writable)
    engine_connection_enqueue (connection, ENGINE_QUEUE_WRITABLE);
  /* What follows an answer has no output left either. */
  do
    {
      phase = connection->phase;
      if (phase->drained != NULL)
        phase->drained (connection);
    }
  while (connection->phase != phase);
}

void
engine_write_count (EngineConnection *connection, gsize bytes)
{
  engine_output_queue_sent (&connection->output, bytes);
}

/* What was written may wait in the transport; only then has it been handed to the kernel.
 * FALSE if the connection is blocked or lost. */
gboolean
engine_write_finish (EngineConnection *connection)
{
  int result = connection->transport->flush (connection);

  if (result < 0 && engine_write_lost (connection, result))
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
write_choose (const EngineOutputQueue *output, gsize most, struct iovec *parts, int *count)
{
  int all = engine_output_queue_parts (output, parts, ENGINE_WRITE_PARTS_MAX);
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
write_waiting (EngineConnection *connection, gsize most)
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
      write_nowhere (connection);
      return TRUE;
    }
  if (connection->blocked)
    {
      engine_connection_block (connection);
      return TRUE;
    }

  while (output->bytes > 0 && most > 0)
    {
      struct iovec parts[ENGINE_WRITE_PARTS_MAX];
      int count;
      gsize offered = write_choose (output, most, parts, &count);
      gssize sent = connection->transport->write (connection, parts, count);

      if (sent < 0 && engine_write_lost (connection, sent))
        return TRUE;
      if (sent > 0)
        engine_write_count (connection, (gsize) sent);
      if (sent < (gssize) offered)
        {
          if (engine_write_finish (connection))
            engine_connection_block (connection);
          return TRUE;
        }
      most -= offered;
    }

  if (!engine_write_finish (connection))
    return TRUE;
  if (output->bytes > 0)
    return FALSE;
  write_drained (connection);

  return TRUE;
}

void
engine_connection_flush (EngineConnection *connection)
{
  write_waiting (connection, G_MAXSIZE);
}

gboolean
engine_connection_flush_some (EngineConnection *connection)
{
  return write_waiting (connection, WRITE_SOME);
}

/* After something was put into the output: it leaves at the end of the iteration, or at
 * once if there is none under way. */
void
engine_write_later (EngineConnection *connection)
{
  if (connection->context->depth > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
  else
    engine_connection_flush (connection);
}

guint8 *
engine_write_cache_room (EngineContext *context, gsize size)
{
  guint8 *room = engine_frame_cache_room (&context->frame_cache, size);

  if (room != NULL)
    return room;

  engine_context_flush (context);
  engine_frame_cache_restart (&context->frame_cache);

  return engine_frame_cache_room (&context->frame_cache, size);
}

gboolean
engine_write_check_room (EngineConnection *connection, gsize length, GError **error)
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
engine_write_note_size (EngineConnection *connection, gsize length)
{
  if (length > connection->context->limits.output_limit)
    engine_output_queue_note_large (&connection->output, length);
}

void
engine_connection_send_raw (EngineConnection *connection, const void *bytes, gsize length)
{
  EngineOutputQueue *output = &connection->output;
  EngineFrameCache *frame_cache = &connection->context->frame_cache;
  gboolean small = length <= ENGINE_FRAME_CACHE_FRAME_MAX;
  guint8 *room = small ? engine_write_cache_room (connection->context, length) : NULL;
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
  engine_write_later (connection);
}

void
engine_connection_on_writable (EngineConnection *connection)
{
  /* Whoever takes what waits is alive, even if our ping is still behind it. That we try once more without
   * memory tells nothing of the peer. */
  const gboolean took = !connection->no_buffers;

  if (took)
    engine_connection_note_received (connection);
  connection->no_buffers = FALSE;
  connection->blocked = FALSE;
  if (connection->phase->writable != NULL)
    connection->phase->writable (connection, took);
  if (!engine_connection_flush_some (connection))
    /* epoll tells of it again, behind the others. */
    connection->blocked = TRUE;
  engine_connection_update_interest (connection);
}

void
engine_connection_retry_output (EngineConnection *connection)
{
  if (connection->state != ENGINE_STATE_CLOSED)
    engine_connection_enqueue (connection, ENGINE_QUEUE_RESUMED);
}

void
engine_context_flush (EngineContext *context)
{
  EngineConnection *connection;

  while (context->dirty.count > 0 && engine_context_has_time (context))
    {
      connection = engine_connection_queue_next (&context->dirty, ENGINE_QUEUE_DIRTY);
      if (!engine_connection_flush_some (connection))
        engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
    }
}
