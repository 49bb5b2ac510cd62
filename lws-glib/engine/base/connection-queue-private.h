/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* A line of connections that wait for their turn, first come first served. Who
 * is taken out may queue up again, and a nested iteration goes on where the outer one
 * was interrupted. A connection stands in each line at most once; which ones it
 * stands in is noted in the connection itself. */

typedef struct libwebsocket EngineConnection;

typedef struct {
  EngineConnection **places;    /* a ring; its size is a power of two */
  guint size;
  guint first;
  guint count;
} EngineConnectionQueue;

void engine_connection_queue_push (EngineConnectionQueue *line, EngineConnection *connection);
EngineConnection *engine_connection_queue_pop (EngineConnectionQueue *line);
void engine_connection_queue_remove (EngineConnectionQueue *line, EngineConnection *connection);
void engine_connection_queue_clear (EngineConnectionQueue *line);
