/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

/* Adds ::http-request to the class. */
void lwsg_context_install_http_request (void);

/* Emits it. TRUE: somebody has answered, or will. */
gboolean lwsg_context_emit_request (LwsgContext *self, LwsgRequest *request);

/* May a page of that origin connect? NULL: there was no Origin, so it is no browser. */
gboolean lwsg_context_allows_origin (LwsgContext *self, const char *origin, const char *host, gboolean secure);
