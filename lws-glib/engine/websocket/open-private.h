/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

extern const EnginePhase engine_phase_open;

/* The handshake is done: the owner is told of @target, which a client has asked for. */
void engine_connection_open (EngineConnection *connection, const char *target);

/* The owner wants to hear no data (or again). */
void engine_connection_pause (EngineConnection *connection, gboolean pause);

/* The owner wants to be told when the kernel takes more. */
void engine_connection_request_writable (EngineConnection *connection);
