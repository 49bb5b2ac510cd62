/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-types.h>

G_BEGIN_DECLS

struct libwebsocket_context;

LWSG_AVAILABLE_IN_1_0
GSource *lwsg_source_new (struct libwebsocket_context *context);

LWSG_AVAILABLE_IN_1_0
void lwsg_source_set_budget (GSource *source, guint microseconds, guint frames);

G_END_DECLS
