/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include <lws-glib/lwsg-version-macros.h>

G_BEGIN_DECLS

/* All in one place: their functions name each other, and C99 allows a type to be
 * declared only once. */

#define LWSG_TYPE_CONTEXT (lwsg_context_get_type ())

LWSG_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (LwsgContext, lwsg_context, LWSG, CONTEXT, GObject)

#define LWSG_TYPE_PROTOCOL (lwsg_protocol_get_type ())

LWSG_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (LwsgProtocol, lwsg_protocol, LWSG, PROTOCOL, GObject)

#define LWSG_TYPE_CONNECTION (lwsg_connection_get_type ())

LWSG_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (LwsgConnection, lwsg_connection, LWSG, CONNECTION, GObject)

#define LWSG_TYPE_REQUEST (lwsg_request_get_type ())

LWSG_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (LwsgRequest, lwsg_request, LWSG, REQUEST, GObject)

typedef struct _LwsgMessage LwsgMessage;

G_END_DECLS
