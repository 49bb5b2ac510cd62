/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* On the service thread: tells the owner. */
void engine_protocol_deliver (EngineProtocol *protocol, guint8 *payload, gsize length);

/* Between these the same bytes go to many connections, and are framed once. */
void engine_protocol_share_begin (EngineProtocol *protocol);
void engine_protocol_share_end (EngineProtocol *protocol);

/* Calls for each connection that was open when the walk began, and still is. */
typedef void (*EngineConnectionFunc) (EngineConnection *connection, gpointer data);
void engine_protocol_foreach (EngineProtocol *protocol, EngineConnectionFunc func, gpointer data);
