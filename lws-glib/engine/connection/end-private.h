/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Nothing can be sent any more: what the peer had sent before is read, and then the connection ends.
 * FALSE if nothing is to be read. */
gboolean engine_connection_cut (EngineConnection *connection);

/* Ends at once, with nothing sent. @text is told to the owner. */
void engine_connection_abort (EngineConnection *connection, EngineError code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

/* The same, and the owner is told @close_code, unless the peer's Close has told more. */
void engine_connection_abort_with (EngineConnection *connection, EngineError code, guint16 close_code, const char *text);

/* Ends at once; what the owner is told is known already. */
void engine_connection_end (EngineConnection *connection);

/* The code and reason that the owner will be told. */
void engine_connection_note_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length);

/* Called before what the peer shall still take is added to the output. */
void engine_connection_begin_close (EngineConnection *connection);

/* Nothing more is read; once all output has left, the connection ends. */
void engine_connection_drain (EngineConnection *connection);

/* Before the end, where it is meant so: TLS tells the peer, if all that was to be sent has left and
 * the kernel takes it at once. */
void engine_connection_close_notify (EngineConnection *connection);

/* The deadline of a close has come: is the peer still taking what was sent before? Then it
 * gets another. */
gboolean engine_connection_drains (EngineConnection *connection);

/* An error or a hang-up, while nothing is read. */
void engine_connection_on_hang_up (EngineConnection *connection, gboolean error);

/* Starts the closing handshake, or ends what has not opened. Does nothing to a
 * connection that is closing already. */
void engine_connection_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length);

/* --- for phases */

/* How a connection is closed that has not opened. */
void engine_connection_end_unopened (EngineConnection *connection, guint16 code, const char *reason,
                                     gsize reason_length);

/* It ends since its peer has not taken what was sent. */
void engine_connection_not_taken (EngineConnection *connection);
