/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"
#include "lwsg-directory-private.h"
#include "lwsg-home-private.h"
#include "lwsg-store-private.h"

#include <lws-glib/lws-glib.h>

/* What a message may have by default: fragments are put together up to here. */
#define LWSG_CONTEXT_MAX_MESSAGE_SIZE (16 * 1024 * 1024)

struct _LwsgContext {
  GObject parent_instance;

  EngineContext *engine;        /* NULL once closed */
  EngineLimits limits;          /* ... and then what it had */
  GSource *source;
  int priority;                 /* of the source */
  GMainContext *main_context;   /* of the thread that made it */
  LwsgHome *home;
  gboolean listening;           /* and so it holds a reference to itself */
  GPtrArray *protocols;         /* LwsgProtocol */
  GPtrArray *directories;       /* LwsgDirectory */
  EngineProtocol *clients;      /* where the connections of clients are; made when first needed */
  GProxyResolver *proxy_resolver;
  gboolean proxy_is_chosen;     /* it is what it shall be, NULL perhaps */
  guint64 max_memory;           /* 0: no limit */
  char **allowed_origins;       /* NULL: all */
  WireDeflateSettings compression;
  LwsgStore *store;             /* for what is received */
};
