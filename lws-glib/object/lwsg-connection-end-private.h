/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* The engine's connection has ended, and is gone after this. */
void lwsg_connection_on_closed (LwsgConnection *self, guint code, const char *reason, gboolean peer_closed);

/* The connection lives on in another process. */
void lwsg_connection_forget (LwsgConnection *self);
