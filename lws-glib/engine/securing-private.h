/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "connection-private.h"

/* The state SECURING: the TLS handshake, before the first byte of HTTP. */

/* So many steps of handshakes, each up to a signature of RSA, are taken in one turn,
 * after everything else; fewer if its time is over, but always one. */
#define ENGINE_SECURING_STEPS 8

/* Begins it for a connection that was just accepted. */
void engine_securing_accept (EngineConnection *connection);

/* Begins it for a connection that we made. Takes @fd, a copy of the socket's. */
void engine_securing_connect (EngineConnection *connection, GSocket *socket, int fd);

/* Something came. */
void engine_securing_step (EngineConnection *connection);
