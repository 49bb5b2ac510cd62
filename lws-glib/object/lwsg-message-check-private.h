/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lws-glib.h>

/* FALSE with LWSG_ERROR_INVALID_ARGUMENT if there is no such type of message. */
gboolean lwsg_message_check_type (LwsgMessageType type, GError **error);

/* ... or if it is text that is not UTF-8. */
gboolean lwsg_message_check (LwsgMessageType type, GBytes *bytes, GError **error);

/* Handlers in this thread are being given this payload of a text message, or none if it is NULL: if they
 * send it, it is known to be UTF-8. Returns what was set before, to be set again afterwards. */
GBytes *lwsg_message_check_swap_validated (GBytes *bytes);
