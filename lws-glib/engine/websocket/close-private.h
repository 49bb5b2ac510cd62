/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Between our Close and the peer's. */
extern const EnginePhase engine_phase_closing;

/* Starts the closing handshake of an open connection. */
void engine_connection_start_close (EngineConnection *connection, guint16 code, const char *reason,
                                    gsize reason_length);

/* The peer broke the protocol: tells it so and ends (RFC 6455 section 7.1.7). */
void engine_connection_fail (EngineConnection *connection, const WireViolation *violation);

/* The context ends: says farewell as far as the kernel takes it, and ends. */
void engine_connection_leave (EngineConnection *connection);

/* The peer's Close came. */
void engine_connection_on_close_frame (EngineConnection *connection, const guint8 *payload, gsize length);

/* The peer's FIN came, and no Close before it. */
void engine_connection_on_end_of_frames (EngineConnection *connection);
