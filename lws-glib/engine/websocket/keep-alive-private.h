/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Nothing has come for a while: sends a Ping, or ends the connection that has not answered one. */
void engine_keep_alive_on_deadline (EngineConnection *connection);
