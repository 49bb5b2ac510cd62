/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/tls/tls-buffer-private.h"

/* What GIO's TLS of a client stands on. During the handshake, which GIO makes in a
 * thread, it reads and writes the socket and may wait; afterwards memory, which
 * the engine fills and empties, and never waits. It is a GSocketConnection because GIO
 * resumes the sessions of such only. */

#define ENGINE_TYPE_TLS_MEMORY_STREAM (engine_tls_memory_stream_get_type ())
G_DECLARE_FINAL_TYPE (EngineTlsMemoryStream, engine_tls_memory_stream, ENGINE, TLS_MEMORY_STREAM, GSocketConnection)

EngineTlsMemoryStream *engine_tls_memory_stream_new (GSocket *socket);

/* The handshake is done: from now on @stock and the cipher are used. */
void engine_tls_memory_stream_use_memory (EngineTlsMemoryStream *self, EngineTlsBufferPool *pool);

/* Is the first byte that came in the handshake one of TLS? TRUE if none came. */
gboolean engine_tls_memory_stream_hears_tls (EngineTlsMemoryStream *self);

/* For the thread that asks; then others find nothing to read or write. */
EngineTlsBuffer *engine_tls_memory_stream_get_buffer (EngineTlsMemoryStream *self);

/* The connection has gone. Whoever still reads or writes gets errors. */
void engine_tls_memory_stream_detach (EngineTlsMemoryStream *self);
