/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-types.h>

G_BEGIN_DECLS

LWSG_AVAILABLE_IN_1_0
const char *lwsg_request_get_method (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_request_get_path (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_request_get_query (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_request_get_header (LwsgRequest *self, const char *name);

LWSG_AVAILABLE_IN_1_0
char **lwsg_request_get_headers (LwsgRequest *self, const char *name);

LWSG_AVAILABLE_IN_1_0
char **lwsg_request_list_headers (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
GSocketAddress *lwsg_request_get_remote_address (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_get_is_secure (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
GTlsCertificate *lwsg_request_get_tls_peer_certificate (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
GTlsCertificateFlags lwsg_request_get_tls_peer_certificate_errors (LwsgRequest *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_add_response_header (LwsgRequest *self, const char *name, const char *value, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_respond (LwsgRequest *self, guint status, const char *content_type, GBytes *body, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_respond_file (LwsgRequest *self, GFile *file, const char *content_type, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_redirect (LwsgRequest *self, guint status, const char *location, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_request_refuse (LwsgRequest *self, guint status, GError **error);

G_END_DECLS
