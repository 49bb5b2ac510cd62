/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/tls/tls-buffer-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/transport-private.h"

/* What the two sides of TLS share, and how each is begun. */

/* Encrypts at most one record: how many bytes, or a negative errno. Never waits. */
typedef gssize (*EngineTlsEncrypt) (EngineConnection *connection, const guint8 *bytes, gsize length);

/* Encrypts and sends until all is taken or the kernel is full. */
gssize engine_tls_write (EngineConnection *connection, EngineTlsBuffer *tls_buffer, EngineTlsEncrypt encrypt,
                         const struct iovec *parts, int n_parts);

/* A file has to pass through memory to be encrypted. */
gssize engine_tls_send_file (EngineConnection *connection, int file, off_t *offset, gsize length);

/* A connection that was just accepted, and of which nothing was read. */
gboolean engine_tls_server_start (EngineConnection *connection, GError **error);

/* A connection that was just made, with its dial: what GIO is to make the handshake of,
 * in a thread. On success @fd, a copy of the socket's, belongs to the transport. */
GTlsConnection *engine_tls_client_start (EngineConnection *connection, GSocket *socket, int fd, GError **error);

/* What went wrong in TLS; NULL if nothing did, or without TLS. */
const GError *engine_tls_client_failure (EngineConnection *connection);

/* Is what came first a record of TLS? TRUE if nothing came. */
gboolean engine_tls_client_hears_tls (EngineConnection *connection);

/* Did the server ask for a certificate of ours that it did not get, and fail for no other cause
 * that is known? */
gboolean engine_tls_client_lacks_certificate (EngineConnection *connection, const GError *error);

/* The descriptor, until the handshake is done. */
int engine_tls_client_get_descriptor (EngineConnection *connection);

/* The handshake is done: is the server trusted? */
gboolean engine_tls_client_is_trusted (EngineDial *dial, GTlsConnection *tls);

/* ... it is. The descriptor goes to the caller. */
int engine_tls_client_secured (EngineConnection *connection);
