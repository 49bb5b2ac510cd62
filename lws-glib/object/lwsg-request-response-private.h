/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-request-private.h"

/* Does anybody wait for an answer, and can it have that status? */
gboolean lwsg_request_begin_answer (LwsgRequest *self, guint status, GError **error);

/* It is on its way. Gives up the hold on the engine's context that the caller took before. */
void lwsg_request_end_answer (LwsgRequest *self);
