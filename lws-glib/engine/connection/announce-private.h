/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* These do it all, or as much as the iteration under way has time for. */

/* Tells the owner what has been sent, and of connections that have ended. */
void engine_context_announce (EngineContext *context);

/* Frees connections whose end was told. */
void engine_context_free_dead (EngineContext *context);
