/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

/* Where the numbers are kept. */
EngineLimits *lwsg_context_get_limits (LwsgContext *self);

/* Sets one of them, and notifies the property if that changes it. */
void lwsg_context_set_limit (LwsgContext *self, guint *limit, guint value, const char *property);
