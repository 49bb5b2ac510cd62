/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"

/* One buffer receives for all connections: it stays in the cache, and an idle
 * connection needs none. */
#define ENGINE_RECEIVE_BUFFER (256 * 1024)

/* In front of it, for programs that write back what they were given; behind it one
 * byte that they may overwrite. */
#define ENGINE_RECEIVE_PADDING 16
#define ENGINE_RECEIVE_END 16

/* What one piece of an inflated message has at most; with the same room around it. */
#define ENGINE_INFLATE_BUFFER (64 * 1024)

/* The buffer for them. */
guint8 *engine_iteration_inflate_buffer (EngineIteration *iteration);
