/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Reads once and works on what there is. */
void engine_connection_receive (EngineIteration *iteration, EngineConnection *connection);

/* The memory of input that is kept; frees it. */
gsize engine_connection_kept_bytes (const EngineConnection *connection);
void engine_connection_drop_input (EngineConnection *connection);
