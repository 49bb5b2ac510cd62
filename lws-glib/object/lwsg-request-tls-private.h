/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-request-private.h"

void lwsg_request_install_tls (GObjectClass *klass, GParamFlags flags);

/* FALSE if the property is not one of TLS. */
gboolean lwsg_request_get_tls_property (LwsgRequest *self, guint property, GValue *value);
