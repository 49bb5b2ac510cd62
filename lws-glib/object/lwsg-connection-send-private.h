/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* On the service thread, with arguments that were checked. */
gboolean lwsg_connection_send_here (LwsgConnection *self, LwsgMessageType type, gboolean last, const guint8 *payload,
                                    gsize length, GError **error);

/* For senders that can't be told to try again: between two fragments the message is kept
 * until the last one has been sent. */
gboolean lwsg_connection_send_or_keep (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error);
void lwsg_connection_drop_kept (LwsgConnection *self);
