/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

guint32 engine_context_tick (EngineContext *context);

/* Without a look at the clock where one was taken: all of an iteration happens in the same tick. */
guint32 engine_context_now (EngineContext *context);

void engine_context_set_timer (EngineContext *context, EngineTimer *timer, guint ticks);
