/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Does a peer go on taking what is sent to it? epoll tells only when a third of what the kernel holds
 * has left, which may be megabytes; the kernel knows of each byte. */

/* What the peer has not taken yet, in the kernel and here. */
gsize engine_progress_left (EngineConnection *connection);

/* From now on what the peer takes is progress, if anything waits for it. */
void engine_progress_begin (EngineConnection *connection);

/* Has it taken anything since then, or since this was last asked? */
gboolean engine_progress_was_made (EngineConnection *connection);
