/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

/* FALSE with an error once it has been closed. */
gboolean lwsg_context_check_open (LwsgContext *self, GError **error);

/* A listener was opened: it keeps the context until that is closed. */
void lwsg_context_keep_listening (LwsgContext *self);

/* The last reference was given up. FALSE: not yet, the main loop has another one. */
gboolean lwsg_context_may_go (LwsgContext *self);
