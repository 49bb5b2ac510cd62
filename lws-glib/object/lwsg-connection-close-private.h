/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

void lwsg_connection_on_pong (LwsgConnection *self, const guint8 *payload, gsize length);
void lwsg_connection_finish_closes (LwsgConnection *self);
void lwsg_connection_fail_pings (LwsgConnection *self);
