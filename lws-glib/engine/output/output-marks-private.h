/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/output/output-queue-private.h"

/* What an output does to its marks when bytes come and go in front of them. */

/* @length bytes were put in front of all marks. */
void engine_output_marks_push (EngineOutputMarks *marks, gsize length);

/* @bytes that end at @end, as counted from the front, are gone. */
void engine_output_queue_move_marks (EngineOutputQueue *output, gsize end, gsize bytes);

void engine_output_marks_free (EngineOutputMarks *marks);
