/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* So many parts go to the kernel in one call. */
#define ENGINE_WRITE_PARTS_MAX 64

/* Bytes as they are: heads and bodies of HTTP. */
void engine_connection_send_raw (EngineConnection *connection, const void *bytes, gsize length);

/* Has the event sent told when the output as it is now has left. */
void engine_connection_mark (EngineConnection *connection, gpointer data);

/* May so much be added to what waits already? One thing above the limit may, beside the others. */
gboolean engine_write_check_room (EngineConnection *connection, gsize length, GError **error);

/* So many bytes were added after that. */
void engine_write_note_size (EngineConnection *connection, gsize length);

/* After something was put into the output: it leaves at the end of the iteration, or at
 * once if there is none under way. */
void engine_write_later (EngineConnection *connection);

/* Room for a frame beside others of the same iteration. */
guint8 *engine_write_cache_room (EngineContext *context, gsize size);

/* Hands the output to the kernel as far as it takes it. */
void engine_connection_flush (EngineConnection *connection);

/* The same for a part of it, if there is much. FALSE if there is more to be offered to the kernel. */
gboolean engine_connection_flush_some (EngineConnection *connection);

/* Sends what all connections have gathered, or as much as the iteration under way has time for. */
void engine_context_flush (EngineContext *context);

/* The kernel takes no more: what waits goes on when epoll says so. */
void engine_connection_block (EngineConnection *connection);

/* epoll says so. */
void engine_connection_on_writable (EngineConnection *connection);

/* After a tick without memory: tries to send what waits. */
void engine_connection_retry_output (EngineConnection *connection);

/* --- for who offers bytes to the transport by itself */

/* A write failed. TRUE if the connection is lost, FALSE if it is to be tried again. */
gboolean engine_write_lost (EngineConnection *connection, gssize result);

/* So many bytes of what waited have left. */
void engine_write_count (EngineConnection *connection, gsize bytes);

/* What was written may wait in the transport; only then has it been handed to the kernel.
 * FALSE if the connection is blocked or lost. */
gboolean engine_write_finish (EngineConnection *connection);
