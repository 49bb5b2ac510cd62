/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-request-private.h"

/* Can it be the value of a header? NULL is none. */
gboolean lwsg_request_check_field (const char *value, GError **error);

/* May the program send this header? */
gboolean lwsg_request_check_response_header (const char *name, const char *value, GError **error);
