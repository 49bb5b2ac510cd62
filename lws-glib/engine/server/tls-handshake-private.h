/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* The TLS handshake of a server, before the first byte of HTTP. */
extern const EnginePhase engine_phase_server_tls_handshake;

/* Handshakes have this part of an iteration, or one step where that takes longer: one with a signature
 * of RSA takes 1.4 ms. */
#define ENGINE_TLS_HANDSHAKE_SHARE 4

/* Begins it for a connection that was just accepted. */
void engine_tls_handshake_accept (EngineConnection *connection);

/* Something came. */
void engine_tls_handshake_step (EngineConnection *connection);
