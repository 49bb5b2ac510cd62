/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Do the connections belong to this process? If not, nothing of them may be touched here. */
gboolean engine_context_is_ours (EngineContext *context);

/* Between these, what is written is gathered, and what is closed is freed later;
 * an iteration does the same. FALSE if the context was destroyed meanwhile: then it is
 * freed, unless something else on the stack holds it, too. */
void engine_context_hold (EngineContext *context);
gboolean engine_context_release (EngineContext *context);

/* Has the iteration under way time for more? Outside of iterations, and when a context comes to its end, it takes
 * the time that it takes. */
gboolean engine_context_has_time (EngineContext *context);
