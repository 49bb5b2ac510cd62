/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-enums.h>

G_BEGIN_DECLS

/* --- what it is */

LWSG_AVAILABLE_IN_1_0
LwsgConnectionState lwsg_connection_get_state (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_get_is_client (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
LwsgProtocol *lwsg_connection_get_protocol (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_connection_get_subprotocol (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_connection_get_extensions (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_connection_get_target (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
GSocketAddress *lwsg_connection_get_remote_address (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
GSocket *lwsg_connection_get_socket (LwsgConnection *self, GError **error);

LWSG_AVAILABLE_IN_1_0
guint lwsg_connection_get_close_code (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_connection_get_close_reason (LwsgConnection *self);

/* --- TLS */

LWSG_AVAILABLE_IN_1_0
GTlsCertificate *lwsg_connection_get_tls_peer_certificate (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
GTlsCertificateFlags lwsg_connection_get_tls_peer_certificate_errors (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
GTlsProtocolVersion lwsg_connection_get_tls_protocol_version (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_connection_get_tls_ciphersuite_name (LwsgConnection *self);

/* --- sending */

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_send (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_send_text (LwsgConnection *self, const char *text, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_send_fragment (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, gboolean last,
                                        GError **error);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_send_async (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_send_finish (LwsgConnection *self, GAsyncResult *result, GError **error);

LWSG_AVAILABLE_IN_1_0
gsize lwsg_connection_get_buffered_amount (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
gsize lwsg_connection_get_max_buffered_amount (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_set_max_buffered_amount (LwsgConnection *self, gsize bytes);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_get_compress (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_set_compress (LwsgConnection *self, gboolean compress);

LWSG_AVAILABLE_IN_1_0
LwsgSlowConsumerPolicy lwsg_connection_get_slow_consumer_policy (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_set_slow_consumer_policy (LwsgConnection *self, LwsgSlowConsumerPolicy policy);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_request_writable (LwsgConnection *self);

/* --- receiving */

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_receive_async (LwsgConnection *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

LWSG_AVAILABLE_IN_1_0
LwsgMessage *lwsg_connection_receive_finish (LwsgConnection *self, GAsyncResult *result, GError **error);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_pause (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_resume (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_get_paused (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_get_streaming (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_set_streaming (LwsgConnection *self, gboolean streaming);

/* --- pings and the end */

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_ping_async (LwsgConnection *self, GBytes *payload, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
gint64 lwsg_connection_ping_finish (LwsgConnection *self, GAsyncResult *result, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_close (LwsgConnection *self, guint code, const char *reason, GError **error);

LWSG_AVAILABLE_IN_1_0
void lwsg_connection_close_async (LwsgConnection *self, guint code, const char *reason, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_connection_close_finish (LwsgConnection *self, GAsyncResult *result, GError **error);

/* --- statistics */

LWSG_AVAILABLE_IN_1_0
guint lwsg_connection_get_dropped_messages (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
gint64 lwsg_connection_get_round_trip_time (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_connection_get_messages_sent (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_connection_get_messages_received (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_connection_get_bytes_sent (LwsgConnection *self);

LWSG_AVAILABLE_IN_1_0
guint64 lwsg_connection_get_bytes_received (LwsgConnection *self);

G_END_DECLS
