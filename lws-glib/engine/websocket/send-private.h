/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* One frame. @first_byte is FIN and opcode; the payload is not changed, and not
 * needed any more when the function returns. */
gboolean engine_connection_send_frame (EngineConnection *connection, guint8 first_byte, const guint8 *payload,
                                       gsize length, GError **error);

/* A message, or a fragment of one: continuation frames are told by what was sent
 * before. */
gboolean engine_connection_send_data (EngineConnection *connection, WireOpcode opcode, gboolean last,
                                      const guint8 *payload, gsize length, GError **error);

/* Is the connection open, and ours? */
gboolean engine_send_check_open (EngineConnection *connection, GError **error);

/* Sends a frame whatever the state is. */
gboolean engine_send_frame (EngineConnection *connection, guint8 first_byte, const guint8 *payload, gsize length,
                            GError **error);

/* Writes header and payload, masked if we are a client. */
gboolean engine_send_build (EngineConnection *connection, guint8 *room, guint8 first_byte, const guint8 *payload,
                            gsize length, GError **error);
