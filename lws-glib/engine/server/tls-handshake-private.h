/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* The state SECURING: the TLS handshake, before the first byte of HTTP. */

/* Handshakes have this part of an iteration, or one step where that takes longer: one with a signature
 * of RSA takes 1.4 ms. */
#define ENGINE_TLS_HANDSHAKE_SHARE 4

/* Begins it for a connection that was just accepted. */
void engine_tls_handshake_accept (EngineConnection *connection);

/* Begins it for a connection that we made. Takes @fd, a copy of the socket's. */
void engine_tls_handshake_connect (EngineConnection *connection, GSocket *socket, int fd);

/* Something came. */
void engine_tls_handshake_step (EngineConnection *connection);
