/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

void lwsg_context_install_tls (GObjectClass *klass, GParamFlags flags);

/* Both return FALSE for properties of others. */
gboolean lwsg_context_get_tls_property (LwsgContext *self, guint property, GValue *value);
gboolean lwsg_context_set_tls_property (LwsgContext *self, guint property, const GValue *value);

/* Emits ::accept-certificate. */
gboolean lwsg_context_accept_certificate (LwsgContext *self, const char *host, GTlsCertificate *certificate,
                                          GTlsCertificateFlags errors);
