/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-protocol-private.h"

extern guint lwsg_protocol_broadcast_signal;

/* Adds ::broadcast-request to the class. */
void lwsg_protocol_install_broadcast (void);
