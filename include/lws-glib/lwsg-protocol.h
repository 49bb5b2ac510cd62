/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-enums.h>

G_BEGIN_DECLS

/**
 * LwsgConnectionFilterFunc:
 * @connection: an open connection
 * @user_data: what was given with the function
 *
 * Decides whether a connection gets a broadcast.
 *
 * Returns: %TRUE if it does
 *
 * Since: 1.0
 */
typedef gboolean (*LwsgConnectionFilterFunc) (LwsgConnection *connection, gpointer user_data);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_protocol_get_name (LwsgProtocol *self);

LWSG_AVAILABLE_IN_1_0
LwsgContext *lwsg_protocol_get_context (LwsgProtocol *self);

LWSG_AVAILABLE_IN_1_0
guint lwsg_protocol_get_n_connections (LwsgProtocol *self);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_protocol_broadcast (LwsgProtocol *self, LwsgMessageType type, GBytes *bytes, GError **error);

LWSG_AVAILABLE_IN_1_0
gboolean lwsg_protocol_broadcast_text (LwsgProtocol *self, const char *text, GError **error);

LWSG_AVAILABLE_IN_1_0
guint lwsg_protocol_broadcast_filtered (LwsgProtocol *self, LwsgMessageType type, GBytes *bytes,
                                        LwsgConnectionFilterFunc filter, gpointer user_data, GError **error);

G_END_DECLS
