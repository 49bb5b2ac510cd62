/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Pings and Pongs, which go in front of data that waits (RFC 6455 section 5.5). */

/* A Ping or Pong; it overtakes data that waits. */
gboolean engine_connection_send_control (EngineConnection *connection, WireOpcode opcode, const guint8 *payload,
                                         gsize length, GError **error);

/* Sends the Pong to a Ping, also after our own Close (RFC 6455 section 5.5.2). */
void engine_connection_answer_ping (EngineConnection *connection, const guint8 *payload, gsize length);

/* Lets the control frames that wait go in front of the data that does. */
void engine_control_on_writable (EngineConnection *connection, gboolean took);
