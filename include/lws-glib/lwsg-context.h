/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-enums.h>

G_BEGIN_DECLS

LWSG_AVAILABLE_IN_1_0
LwsgContext *lwsg_context_new (void);

/* --- servers */

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_listen (LwsgContext *self, const char *host, guint16 port, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_listen_path (LwsgContext *self, const char *path, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_listen_socket (LwsgContext *self, GSocket *socket, GError **error);

LWSG_AVAILABLE_IN_1_0
LwsgProtocol *lwsg_context_add_protocol (LwsgContext *self, const char *name, GError **error);

LWSG_AVAILABLE_IN_1_0
LwsgProtocol *lwsg_context_lookup_protocol (LwsgContext *self, const char *name);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_serve_directory (LwsgContext *self, const char *prefix, GFile *directory, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_serve_directory_full (LwsgContext *self, const char *prefix, GFile *directory,
                                            LwsgDirectoryFlags flags, const char *const *headers, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_set_allowed_origins (LwsgContext *self, const char *const *origins, GError **error);

LWSG_AVAILABLE_IN_1_0
const char *const *lwsg_context_get_allowed_origins (LwsgContext *self);

/* --- TLS */

LWSG_AVAILABLE_IN_1_0
GTlsCertificate *lwsg_context_get_tls_certificate (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_set_tls_certificate (LwsgContext *self, GTlsCertificate *certificate, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_add_tls_certificate (LwsgContext *self, GTlsCertificate *certificate, GError **error);

LWSG_AVAILABLE_IN_1_0
GTlsDatabase *lwsg_context_get_tls_database (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_tls_database (LwsgContext *self, GTlsDatabase *database);

LWSG_AVAILABLE_IN_1_0
GTlsAuthenticationMode lwsg_context_get_tls_authentication_mode (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_tls_authentication_mode (LwsgContext *self, GTlsAuthenticationMode mode);

LWSG_AVAILABLE_IN_1_0
GTlsInteraction *lwsg_context_get_tls_interaction (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_tls_interaction (LwsgContext *self, GTlsInteraction *interaction);

/* --- clients */

LWSG_AVAILABLE_IN_1_0
void lwsg_context_connect_async (LwsgContext *self, const char *uri, const char *const *subprotocols,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_connect_full_async (LwsgContext *self, const char *uri, const char *const *subprotocols,
                                      const char *origin, const char *const *headers, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
LwsgConnection *lwsg_context_connect_finish (LwsgContext *self, GAsyncResult *result, GError **error);

LWSG_AVAILABLE_IN_1_0
LwsgConnection *lwsg_context_connect_full_finish (LwsgContext *self, GAsyncResult *result, GError **error);

LWSG_AVAILABLE_IN_1_0
GProxyResolver *lwsg_context_get_proxy_resolver (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_proxy_resolver (LwsgContext *self, GProxyResolver *resolver);

/* --- limits */

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_max_message_size (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_message_size (LwsgContext *self, guint bytes);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_max_connections (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_connections (LwsgContext *self, guint connections);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_max_connections_per_peer (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_connections_per_peer (LwsgContext *self, guint connections);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_max_handshakes (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_handshakes (LwsgContext *self, guint handshakes);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_max_handshakes_per_peer (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_handshakes_per_peer (LwsgContext *self, guint handshakes);

/* --- timing */

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_handshake_timeout (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_handshake_timeout (LwsgContext *self, guint seconds);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_close_timeout (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_close_timeout (LwsgContext *self, guint seconds);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_ping_interval (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_ping_interval (LwsgContext *self, guint seconds);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_pong_timeout (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_pong_timeout (LwsgContext *self, guint seconds);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_dispatch_budget (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_dispatch_budget (LwsgContext *self, guint microseconds);

/* --- compression */

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_compression_level (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression_level (LwsgContext *self, guint level);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_compression_threshold (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression_threshold (LwsgContext *self, guint bytes);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_compression_memory_level (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression_memory_level (LwsgContext *self, guint level);

LWSG_AVAILABLE_IN_1_0
guint lwsg_context_get_compression_window_bits (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression_window_bits (LwsgContext *self, guint bits);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_get_compression (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression (LwsgContext *self, gboolean compression);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_context_get_compression_takeover (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_compression_takeover (LwsgContext *self, gboolean takeover);

/* --- all */

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_context_get_max_memory (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_max_memory (LwsgContext *self, guint64 bytes);

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_context_get_memory_used (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
int lwsg_context_get_priority (LwsgContext *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_set_priority (LwsgContext *self, int priority);

LWSG_AVAILABLE_IN_1_0
void lwsg_context_close (LwsgContext *self);

G_END_DECLS
