/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The memory that peers make a context hold: unfinished messages and frames, messages that nobody has taken, output
 * that waits, and what compression needs. It is counted where it is allocated, which small messages are not that
 * leave at once. When it is more than it may be, the connections that hold the most are ended. */

typedef struct libwebsocket_context EngineContext;
typedef struct libwebsocket EngineConnection;

typedef struct {
  gsize used;
  gsize limit;                  /* G_MAXSIZE: none */
  gboolean pressed;             /* it was exceeded, and nobody has looked since */
} EngineMemory;

static inline void
engine_memory_take (EngineMemory *memory, gsize bytes)
{
  memory->used += bytes;
  if (G_UNLIKELY (memory->used > memory->limit))
    memory->pressed = TRUE;
}

static inline void
engine_memory_give (EngineMemory *memory, gsize bytes)
{
  memory->used -= bytes;
}

/* A quarter of the memory that this process can have. */
gsize engine_memory_default (void);

void engine_memory_set_limit (EngineMemory *memory, gsize limit);

/* Of the messages of @connection its owner holds @bytes now. */
void engine_memory_hold (EngineConnection *connection, gsize bytes);
