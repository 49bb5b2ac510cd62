/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/output/output-marks-private.h"

#include "engine/output/output-queue-private.h"

/* Places in an output: those that somebody wants to be told of, and the end of a message that is
 * larger than what may wait. */

static EngineOutputMarks *
output_need_marks (EngineOutputQueue *output)
{
  if (output->marks == NULL)
    {
      output->marks = g_new0 (EngineOutputMarks, 1);
      output->marks->list = g_array_new (FALSE, FALSE, sizeof (EngineOutputMark));
    }

  return output->marks;
}

void
engine_output_marks_free (EngineOutputMarks *marks)
{
  g_array_unref (marks->list);
  g_free (marks);
}

static void
output_drop_marks (EngineOutputQueue *output)
{
  if (output->marks->first == output->marks->list->len && output->marks->large_end == 0)
    g_clear_pointer (&output->marks, engine_output_marks_free);
}

void
engine_output_marks_push (EngineOutputMarks *marks, gsize length)
{
  for (guint i = marks->first; i < marks->list->len; i++)
    g_array_index (marks->list, EngineOutputMark, i).left += length;
  if (marks->large_end > 0)
    marks->large_end += length;
}

void
engine_output_queue_move_marks (EngineOutputQueue *output, gsize end, gsize bytes)
{
  EngineOutputMarks *marks = output->marks;

  if (marks == NULL)
    return;

  for (guint i = marks->first; i < marks->list->len; i++)
    {
      EngineOutputMark *mark = &g_array_index (marks->list, EngineOutputMark, i);

      if (mark->left >= end)
        mark->left -= bytes;
      else if (mark->left > end - bytes)
        mark->left = end - bytes;
    }
  if (marks->large_end > end)
    marks->large_end -= bytes;
  else if (marks->large_end > end - bytes)
    /* It has left, or was dropped. */
    marks->large_end = 0;
  output_drop_marks (output);
}

void
engine_output_queue_mark (EngineOutputQueue *output, gpointer data)
{
  const EngineOutputMark mark = { output->bytes, data };

  g_array_append_val (output_need_marks (output)->list, mark);
}

gpointer
engine_output_queue_reached (EngineOutputQueue *output)
{
  EngineOutputMarks *marks = output->marks;
  gpointer data;

  if (!engine_output_queue_has_reached (output))
    return NULL;

  data = g_array_index (marks->list, EngineOutputMark, marks->first++).data;
  if (marks->first > marks->list->len / 2)
    {
      g_array_remove_range (marks->list, 0, marks->first);
      marks->first = 0;
    }
  output_drop_marks (output);

  return data;
}

/* --- how much waits */

void
engine_output_queue_note_large (EngineOutputQueue *output, gsize size)
{
  EngineOutputMarks *marks;

  if (output->bytes == 0)
    return;

  marks = output_need_marks (output);
  marks->large = size;
  marks->large_end = output->bytes;
}

gsize
engine_output_queue_counted (const EngineOutputQueue *output)
{
  return output->bytes - (output->marks != NULL ? MIN (output->marks->large, output->marks->large_end) : 0);
}

gboolean
engine_output_queue_has_room (const EngineOutputQueue *output, gsize size, gsize limit)
{
  gsize counted = engine_output_queue_counted (output);

  if (output->bytes == 0 || (counted <= limit && size <= limit - counted))
    return TRUE;

  return size > limit && counted <= limit && (output->marks == NULL || output->marks->large_end == 0);
}
