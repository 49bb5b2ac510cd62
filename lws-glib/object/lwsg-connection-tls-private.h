/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* Keeps what TLS found out, and frees it. */
void lwsg_connection_note_tls (LwsgConnection *self);
void lwsg_connection_drop_tls (LwsgConnection *self);
