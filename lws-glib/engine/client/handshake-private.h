/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* The server's answer is awaited. */
extern const EnginePhase engine_phase_client_handshake;

/* Sends our request, once TCP stands, and TLS where that is wanted. */
void engine_client_handshake_start (EngineConnection *connection);
