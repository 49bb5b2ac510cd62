/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* An open connection is looked at within @ticks, whenever it would have been: something of it has
 * a time. */
void engine_connection_ensure_deadline (EngineConnection *connection, guint ticks);

/* The peer gave a sign of life. */
void engine_connection_note_received (EngineConnection *connection);
