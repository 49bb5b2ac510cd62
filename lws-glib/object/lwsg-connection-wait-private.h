/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* A GError for what can't be done any more; always returns FALSE. */
gboolean lwsg_connection_set_closed_error (LwsgConnection *self, GError **error);

/* Returns the task when its cancellable is cancelled. */
void lwsg_connection_watch_cancellable (GTask *task);

/* What the task waited for has come. FALSE: it was cancelled before. */
gboolean lwsg_connection_stop_waiting (GTask *task);

/* The connection has ended: none of these tasks gets what it waited for. */
void lwsg_connection_wait_fail (LwsgConnection *self, GQueue *tasks);
