/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* A line of connections that wait for their turn, first come first served. Who
 * is taken out may queue up again, and a nested turn goes on where the outer one
 * was interrupted. A connection stands in each line at most once; which ones it
 * stands in is noted in the connection itself. */

typedef struct libwebsocket EngineConnection;

typedef struct {
  EngineConnection **places;    /* a ring; its size is a power of two */
  guint size;
  guint first;
  guint count;
} EngineLine;

void engine_line_push (EngineLine *line, EngineConnection *connection);
EngineConnection *engine_line_pop (EngineLine *line);
void engine_line_remove (EngineLine *line, EngineConnection *connection);
void engine_line_clear (EngineLine *line);
