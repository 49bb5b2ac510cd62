/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "poller-private.h"

#include <gio/gio.h>

/* Broadcasts from other threads of the service process. */

typedef struct _EngineProtocol EngineProtocol;
typedef struct libwebsocket_context EngineContext;

typedef struct {
  EngineWatch watch;            /* an eventfd: written when the inbox stops being empty */
  GMutex mutex;
  GCond taken;                  /* there is room again */
  GQueue letters;
  gsize bytes;
  gboolean closed;
} EngineInbox;

gboolean engine_inbox_open (EngineInbox *inbox, GError **error);
void engine_inbox_close (EngineInbox *inbox);

/* From any thread. Waits a bounded time while too much lies here already. */
gboolean engine_inbox_post (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error);

/* Works on some of what was there when it was called. */
void engine_inbox_receive (EngineContext *context);
