/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "line-private.h"

#define LINE_FIRST_SIZE 16

static EngineConnection **
line_place (const EngineLine *line, guint index)
{
  return &line->places[(line->first + index) & (line->size - 1)];
}

static void
line_grow (EngineLine *line)
{
  guint size = MAX (line->size * 2, LINE_FIRST_SIZE);
  EngineConnection **places = g_new (EngineConnection *, size);

  for (guint i = 0; i < line->count; i++)
    places[i] = *line_place (line, i);

  g_free (line->places);
  line->places = places;
  line->size = size;
  line->first = 0;
}

void
engine_line_push (EngineLine *line, EngineConnection *connection)
{
  if (line->count == line->size)
    line_grow (line);

  *line_place (line, line->count) = connection;
  line->count++;
}

EngineConnection *
engine_line_pop (EngineLine *line)
{
  EngineConnection *connection;

  if (line->count == 0)
    return NULL;

  connection = *line_place (line, 0);
  line->first = (line->first + 1) & (line->size - 1);
  line->count--;

  return connection;
}

void
engine_line_remove (EngineLine *line, EngineConnection *connection)
{
  guint kept = 0;

  for (guint i = 0; i < line->count; i++)
    {
      EngineConnection *other = *line_place (line, i);

      if (other != connection)
        *line_place (line, kept++) = other;
    }
  line->count = kept;
}

void
engine_line_clear (EngineLine *line)
{
  g_clear_pointer (&line->places, g_free);
  *line = (EngineLine){ 0 };
}
