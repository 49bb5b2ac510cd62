/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/iteration-private.h"

/* Works on frames at the start of @data; returns how much was used. */
gsize engine_receive_frames (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length);

/* Where to receive: the rest of a large frame where the owner wants to have it, anything else in the buffer. */
guint8 *engine_receive_place (EngineIteration *iteration, EngineConnection *connection, gsize *length);

/* Before anything more is looked at: what was inflated in part. FALSE if the connection
 * isn't to be read from after that. */
gboolean engine_receive_pending (EngineIteration *iteration, EngineConnection *connection);

/* Called from the event data: how much of the frame is still to come, 0 at its end. Of a
 * compressed message: how much may still come of it at most. */
guint64 engine_connection_remaining (const EngineConnection *connection);

/* Is there input that was read and not used up? */
gboolean engine_connection_has_input (const EngineConnection *connection);
