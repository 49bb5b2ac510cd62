/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/connection-queue-private.h"

#define CONNECTION_QUEUE_FIRST_SIZE 16

static EngineConnection **
connection_queue_place (const EngineConnectionQueue *line, guint index)
{
  return &line->places[(line->first + index) & (line->size - 1)];
}

static void
connection_queue_grow (EngineConnectionQueue *line)
{
  guint size = MAX (line->size * 2, CONNECTION_QUEUE_FIRST_SIZE);
  EngineConnection **places = g_new (EngineConnection *, size);

  for (guint i = 0; i < line->count; i++)
    places[i] = *connection_queue_place (line, i);

  g_free (line->places);
  line->places = places;
  line->size = size;
  line->first = 0;
}

void
engine_connection_queue_push (EngineConnectionQueue *line, EngineConnection *connection)
{
  if (line->count == line->size)
    connection_queue_grow (line);

  *connection_queue_place (line, line->count) = connection;
  line->count++;
}

EngineConnection *
engine_connection_queue_pop (EngineConnectionQueue *line)
{
  EngineConnection *connection;

  if (line->count == 0)
    return NULL;

  connection = *connection_queue_place (line, 0);
  line->first = (line->first + 1) & (line->size - 1);
  line->count--;

  return connection;
}

void
engine_connection_queue_remove (EngineConnectionQueue *line, EngineConnection *connection)
{
  guint kept = 0;

  for (guint i = 0; i < line->count; i++)
    {
      EngineConnection *other = *connection_queue_place (line, i);

      if (other != connection)
        *connection_queue_place (line, kept++) = other;
    }
  line->count = kept;
}

void
engine_connection_queue_clear (EngineConnectionQueue *line)
{
  g_clear_pointer (&line->places, g_free);
  *line = (EngineConnectionQueue){ 0 };
}
