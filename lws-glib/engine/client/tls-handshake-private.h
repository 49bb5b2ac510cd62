/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

extern const EnginePhase engine_phase_client_tls_handshake;

/* Begins it. Takes @fd, a copy of the socket's. */
void engine_client_tls_handshake_start (EngineConnection *connection, GSocket *socket, int fd);
