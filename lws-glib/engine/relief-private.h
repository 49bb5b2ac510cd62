/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "connection-private.h"

/* When the kernel has no memory, epoll says that a socket is ready all the same: asked
 * again at once, it would refuse again, in turn after turn. What was refused rests until
 * the next tick instead. */

/* Has engine_relief_come() called then. Connections that rest have `starved` set. */
void engine_relief_call (EngineContext *context);

void engine_relief_come (EngineContext *context);
