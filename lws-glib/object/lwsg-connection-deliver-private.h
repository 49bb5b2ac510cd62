/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* Is there a handler for messages, or for the pieces of those that are streamed? */
gboolean lwsg_connection_has_listener (LwsgConnection *self, gboolean for_pieces);

/* Emits what came. FALSE: there was no handler for it. */
gboolean lwsg_connection_deliver (LwsgConnection *self, const LwsgReceived *received);
