/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* Nothing tells that a handler was connected. Where it comes late, and no other message
 * follows, somebody has to look. */
void lwsg_connection_look_for_handlers (LwsgConnection *self);

/* The connection has ended, and may be freed by any thread: who looks for handlers does so once
 * more with a reference, and for a while without one. */
void lwsg_connection_look_last (LwsgConnection *self);
void lwsg_connection_look_no_more (LwsgConnection *self);
