/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/context-private.h"
#include "lwsg-directory-private.h"

#include <lws-glib/lws-glib.h>

struct _LwsgContext {
  GObject parent_instance;

  EngineContext *engine;        /* NULL once closed */
  GSource *source;
  GMainContext *main_context;   /* of the thread that made it */
  GPtrArray *protocols;         /* LwsgProtocol */
  GPtrArray *directories;       /* LwsgDirectory */
  EngineProtocol *clients;      /* where the connections of clients are; made when first needed */
  GProxyResolver *proxy_resolver;
  guint64 max_message_size;
};

/* Emits ::http-request. TRUE: somebody has answered, or will. */
gboolean lwsg_context_emit_request (LwsgContext *self, LwsgRequest *request);

/* --- lwsg-events.c */
extern const EngineEvents lwsg_events;

/* --- lwsg-context-connect.c */
void lwsg_context_connect_opened (LwsgContext *self, EngineConnection *engine, GTask *task);
void lwsg_context_connect_failed (EngineConnection *engine, GTask *task, const GError *error);
