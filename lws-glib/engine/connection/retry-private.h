/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* When the kernel has no memory, epoll says that a socket is ready all the same: asked
 * again at once, it would refuse again, in turn after iteration. What was refused rests until
 * the next tick instead. */

/* Has engine_retry_run() called then. Connections that rest have `without buffers` set. */
void engine_retry_schedule (EngineContext *context);

void engine_retry_run (EngineContext *context);
