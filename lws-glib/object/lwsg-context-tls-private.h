/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

/* Sets the certificate as a property does, which can't report an error: one that can't be used lets no
 * connection in. */
void lwsg_context_set_tls_certificate_property (LwsgContext *self, GTlsCertificate *certificate);

/* Adds ::accept-certificate to the class. */
void lwsg_context_install_accept_certificate (void);

/* Emits it. */
gboolean lwsg_context_accept_certificate (LwsgContext *self, const char *host, GTlsCertificate *certificate,
                                          GTlsCertificateFlags errors);
