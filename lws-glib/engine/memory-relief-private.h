/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Ends connections until there is some room again, if there was none. */
void engine_memory_relief_run (EngineContext *context);
