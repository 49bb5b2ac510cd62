/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "output-private.h"

/* What an output does to its marks when bytes come and go in front of them. */

/* @length bytes were put in front of all marks. */
void engine_marks_push (EngineMarks *marks, gsize length);

/* @bytes that end at @end, as counted from the front, are gone. */
void engine_output_move_marks (EngineOutput *output, gsize end, gsize bytes);

void engine_marks_free (EngineMarks *marks);
