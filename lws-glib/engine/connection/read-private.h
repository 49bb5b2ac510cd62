/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Reads once and works on what there is. */
void engine_connection_receive (EngineIteration *iteration, EngineConnection *connection);

/* Called from the event data: how much of the frame is still to come, 0 at its end. Of a
 * compressed frame that isn't there yet, or is long, it may be too much, but never too little. */
guint64 engine_connection_remaining (const EngineConnection *connection);

/* The memory of input that is kept; frees it, with what compression has of it. */
gsize engine_connection_kept_bytes (const EngineConnection *connection);
void engine_connection_drop_input (EngineConnection *connection);

/* Is there input that was read and not used up? */
gboolean engine_connection_has_input (const EngineConnection *connection);
