/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Works on the head at the start of @data; returns how much of it was used, 0 if
 * it isn't whole yet. */
gsize engine_handshake_feed (EngineConnection *connection, guint8 *data, gsize length);

/* A server's end instead of a whole answer: an error of the transport, or the end of the stream. */
void engine_handshake_lost (EngineConnection *connection, int failure);
void engine_handshake_end (EngineConnection *connection);

/* Sends our request, once TCP stands. */
void engine_handshake_start (EngineConnection *connection);
