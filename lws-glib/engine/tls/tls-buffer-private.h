/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* The encrypted bytes of a connection, between the socket and a TLS library that
 * reads and writes memory. Many records share one call to the kernel that way, and
 * nobody ever waits inside the library. */

/* One record with its header, padding and tag (RFC 8446 section 5.2, RFC 5246 section 6.2.3). */
#define ENGINE_TLS_BUFFER_RECORD_MAX (5 + 16384 + 2048)

/* What one call receives at most. */
#define ENGINE_TLS_BUFFER_RECEIVE (64 * 1024)

/* When so much has been encrypted it is sent before more is. */
#define ENGINE_TLS_BUFFER_SEND (128 * 1024)

/* Buffers that are lent to whichever connection is worked on. A nested iteration finds
 * none and makes its own. */
typedef struct {
  guint8 *in;
  GByteArray *out;
} EngineTlsBufferPool;

typedef struct {
  EngineTlsBufferPool *pool;
  const guint8 *in;             /* received, not yet read by the library */
  gsize in_length;
  guint8 *buffer;               /* where @in points into; lent */
  guint8 *kept;                 /* or this, the connection's own; NULL mostly */
  GByteArray *out;              /* written by the library, not yet sent; NULL mostly */
  gsize out_sent;               /* how much of it has left */
  gboolean ended;               /* the peer's FIN came */
} EngineTlsBuffer;

void engine_tls_buffer_init (EngineTlsBuffer *tls_buffer, EngineTlsBufferPool *pool);
void engine_tls_buffer_clear (EngineTlsBuffer *tls_buffer);
void engine_tls_buffer_pool_clear (EngineTlsBufferPool *pool);

/* Receives up to @length bytes, unless there are some that were kept: how many there
 * are to be read, 0 at the end of the stream, or a negative errno. */
gssize engine_tls_buffer_receive (EngineTlsBuffer *tls_buffer, int fd, gsize length);

/* What the library has not read is kept for later, and the buffer is given back. */
void engine_tls_buffer_keep (EngineTlsBuffer *tls_buffer);

/* What the library reads; -EAGAIN if there is nothing now, 0 at the end. */
gssize engine_tls_buffer_pull (EngineTlsBuffer *tls_buffer, void *data, gsize length);

/* What the library writes. */
void engine_tls_buffer_push (EngineTlsBuffer *tls_buffer, const void *data, gsize length);

/* How much waits to be sent. */
gsize engine_tls_buffer_waiting (const EngineTlsBuffer *tls_buffer);

/* Sends it. 0 once all has left, or a negative errno. */
int engine_tls_buffer_flush (EngineTlsBuffer *tls_buffer, int fd);
