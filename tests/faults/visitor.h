/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* A client that comes over TCP and bears with everything. It works with GIO's sockets,
 * whose calls don't fail. */

typedef enum {
  VISITOR_WAITS,
  VISITOR_SERVED,
  VISITOR_LOST,
} VisitorState;

typedef struct _Visitor Visitor;

/* A WebSocket client: is served when its message has come back. */
Visitor *visitor_new_echo (guint16 port);

/* ... and one that is served when so many bytes of messages have come. */
Visitor *visitor_new_listener (guint16 port, gsize expected);

/* Is the connection open as a WebSocket? */
gboolean visitor_is_open (Visitor *visitor);

/* An HTTP client: is served by a 200 with a body of @expected bytes. */
Visitor *visitor_new_http (guint16 port, const char *path, gsize expected);

/* Was it told why it is not served, with another status? */
gboolean visitor_is_refused (Visitor *visitor);

/* Waits for a moment, or until something came. */
void visitor_wait (Visitor *visitor, guint milliseconds);

/* Does what can be done without waiting. */
VisitorState visitor_step (Visitor *visitor);

void visitor_free (Visitor *visitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Visitor, visitor_free)
