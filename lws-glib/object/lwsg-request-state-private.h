/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-request-private.h"

/* Do its handlers run, and none of them has answered yet? */
gboolean lwsg_request_is_asking (LwsgRequest *self);

/* Does anybody wait for an answer? */
gboolean lwsg_request_check_waiting (LwsgRequest *self, GError **error);

/* The handlers of a handshake have returned: nothing more can be said to the client by
 * this object. Returns the status that it was refused with, or 0; *headers are those that were
 * added, or NULL. */
guint lwsg_request_decide (LwsgRequest *self, char **headers);

/* The connection is gone. */
void lwsg_request_detach (LwsgRequest *self);

/* The handlers have returned: whoever will answer does it later. */
void lwsg_request_hold (LwsgRequest *self);
