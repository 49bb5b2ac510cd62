/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/broadcast/broadcast-private.h"
#include "lwsg-home-private.h"

#include <lws-glib/lws-glib.h>

struct _LwsgProtocol {
  GObject parent_instance;

  LwsgContext *context;         /* NULL once that is gone */
  EngineProtocol *engine;       /* likewise */
  LwsgHome *home;
  char *name;
  GPtrArray *connections;       /* in order of opening; without references */
};

LwsgProtocol *lwsg_protocol_new (LwsgContext *context, EngineProtocol *engine);

EngineProtocol *lwsg_protocol_get_engine (LwsgProtocol *self);

/* The context is gone. Nobody is told: that is for the other function. */
void lwsg_protocol_detach (LwsgProtocol *self);

/* The context was closed. Handlers, which nobody would call any more, may hold the context, which
 * holds the protocol: they are disconnected. */
void lwsg_protocol_end (LwsgProtocol *self);

/* May the client come in? Emits ::accept. */
gboolean lwsg_protocol_wants_request (LwsgProtocol *self);
gboolean lwsg_protocol_accepts (LwsgProtocol *self, LwsgRequest *request);

void lwsg_protocol_add (LwsgProtocol *self, LwsgConnection *connection);
void lwsg_protocol_remove (LwsgProtocol *self, LwsgConnection *connection);
void lwsg_protocol_emit_closed (LwsgProtocol *self, LwsgConnection *connection);

/* Is there a handler for ::message? */
gboolean lwsg_protocol_has_listener (LwsgProtocol *self);
void lwsg_protocol_emit_message (LwsgProtocol *self, LwsgConnection *connection, LwsgMessage *message);
