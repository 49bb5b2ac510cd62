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
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* For heads, of which a whole one fits behind what was kept. Requests that come in one go
 * are kept while one is being answered. */
#define READ_HEAD_BUFFER (2 * ENGINE_TRANSPORT_READ_MIN)

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
read_use (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  gsize used = 0;
  gsize step = 0;

  do
    {
      if (connection->phase->input == NULL)
        return length;
      step = connection->phase->input (iteration, connection, data + used, length - used);
      used += step;
    }
  while (step > 0 && used < length);

  return used;
}

/* Reads behind the @kept bytes in a buffer of @size, unless they are many already. */
static gssize
read_more (EngineConnection *connection, guint8 *buffer, gsize size, gsize kept)
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
read_lost (EngineConnection *connection, int failure)
{
  if (connection->phase->lost != NULL)
    connection->phase->lost (connection, failure);
  else
    engine_connection_abort (connection, engine_error_for (-failure), _("The connection was lost: %s"),
                             connection->transport->explain (connection, failure));
}

static guint8 *
read_place (EngineIteration *iteration, EngineConnection *connection, gsize *length)
{
  if (connection->phase->place != NULL)
    return connection->phase->place (iteration, connection, length);

  *length = READ_HEAD_BUFFER;

  return iteration->buffer + ENGINE_RECEIVE_PADDING;
}

static void
read_end_cut (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_CLOSED, _("The connection was lost"));
}

/* Until all that had come was read, or nobody wants it. epoll may not tell. */
static void
read_go_on_cut (EngineConnection *connection, gssize got)
{
  if (got > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
  else if (!(connection->queued & ENGINE_QUEUE_READY))
    read_end_cut (connection);
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
        read_end_cut (connection);
      else
        engine_connection_stop_reading (connection);
      return;
    }

  if (connection->phase->before_read != NULL && !connection->phase->before_read (iteration, connection))
    return;

  buffer = read_place (iteration, connection, &size);
  kept = read_take_unread (connection, buffer);
  got = read_more (connection, buffer, size, kept);
  length = kept + (gsize) MAX (got, 0);

  connection->busy = TRUE;
  used = length > 0 ? read_use (iteration, connection, buffer, length) : 0;
  connection->busy = FALSE;
  if (used > 0)
    connection->unfinished = FALSE;

  read_keep_unread (connection, buffer + used, length - used);
  if (connection->state == ENGINE_STATE_CLOSED)
    return;
  if (connection->unread != NULL)
    engine_connection_ensure_deadline (connection, connection->context->limits.frame_ticks);

  if (got < 0 && got != -EAGAIN)
    read_lost (connection, (int) got);
  else if (got == 0 && !(connection->queued & ENGINE_QUEUE_READY) && engine_connection_reads (connection))
    connection->phase->end_of_input (connection);
  else if (connection->cut)
    read_go_on_cut (connection, got);
  engine_connection_update_interest (connection);
}
