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

/* Bytes as they are: heads and HTTP replies. */
void engine_connection_send_raw (EngineConnection *connection, const void *bytes, gsize length);

/* Has the event sent told when the output as it is now has left. */
void engine_connection_mark (EngineConnection *connection, gpointer data);

/* May so much be added to what waits already? One thing above the limit may, beside the others. */
gboolean engine_send_check_room (EngineConnection *connection, gsize length, GError **error);

/* So many bytes were added after that. */
void engine_send_note_size (EngineConnection *connection, gsize length);

/* Hands the output to the kernel as far as it takes it. */
void engine_connection_flush (EngineConnection *connection);

/* The same for a part of it, if there is much. FALSE if there is more to be offered to the kernel. */
gboolean engine_connection_flush_some (EngineConnection *connection);

/* The kernel takes no more: what waits goes on when epoll says so. */
void engine_connection_block (EngineConnection *connection);
