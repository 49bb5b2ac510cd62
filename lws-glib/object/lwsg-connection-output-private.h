/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* --- what the engine tells */
void lwsg_connection_on_writable (LwsgConnection *self);
void lwsg_connection_on_sent (LwsgConnection *self);
