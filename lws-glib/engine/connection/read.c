/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/read-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/activity-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/iteration-private.h"
#include "engine/connection/memory-private.h"
#include "engine/connection/state-private.h"
#include "engine/server/handshake-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/receive-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

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
          step = engine_receive_frames (iteration, connection, data + used, length - used);
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

  if (!engine_receive_pending (iteration, connection))
    return;

  buffer = engine_receive_place (iteration, connection, &size);
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
