/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"
#include "lwsg-directory-private.h"
#include "lwsg-home-private.h"
#include "lwsg-store-private.h"

#include <lws-glib/lws-glib.h>

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
  guint64 max_message_size;
  guint64 max_memory;           /* 0: no limit */
  char **allowed_origins;       /* NULL: all */
  WireDeflateSettings compression;
  LwsgStore *store;             /* for what is received */
};

/* The identifiers of all properties; those of TLS stand in a row, and those of compression. */
enum {
  LWSG_CONTEXT_PROP_0,
  LWSG_CONTEXT_PROP_MAX_MESSAGE_SIZE,
  LWSG_CONTEXT_PROP_HANDSHAKE_TIMEOUT,
  LWSG_CONTEXT_PROP_CLOSE_TIMEOUT,
  LWSG_CONTEXT_PROP_PING_INTERVAL,
  LWSG_CONTEXT_PROP_PONG_TIMEOUT,
  LWSG_CONTEXT_PROP_DISPATCH_BUDGET,
  LWSG_CONTEXT_PROP_PRIORITY,
  LWSG_CONTEXT_PROP_PROXY_RESOLVER,
  LWSG_CONTEXT_PROP_ALLOWED_ORIGINS,
  LWSG_CONTEXT_PROP_MAX_CONNECTIONS,
  LWSG_CONTEXT_PROP_MAX_CONNECTIONS_PER_PEER,
  LWSG_CONTEXT_PROP_MAX_HANDSHAKES,
  LWSG_CONTEXT_PROP_MAX_HANDSHAKES_PER_PEER,
  LWSG_CONTEXT_PROP_TLS_CERTIFICATE,
  LWSG_CONTEXT_PROP_TLS_DATABASE,
  LWSG_CONTEXT_PROP_TLS_AUTHENTICATION_MODE,
  LWSG_CONTEXT_PROP_TLS_INTERACTION,
  LWSG_CONTEXT_PROP_COMPRESSION,
  LWSG_CONTEXT_PROP_COMPRESSION_TAKEOVER,
  LWSG_CONTEXT_PROP_COMPRESSION_LEVEL,
  LWSG_CONTEXT_PROP_COMPRESSION_THRESHOLD,
  LWSG_CONTEXT_PROP_COMPRESSION_MEMORY_LEVEL,
  LWSG_CONTEXT_PROP_COMPRESSION_WINDOW_BITS,
  LWSG_CONTEXT_PROP_MAX_MEMORY,
  LWSG_CONTEXT_N_PROPS
};

#define LWSG_CONTEXT_N_TLS_PROPS (LWSG_CONTEXT_PROP_TLS_INTERACTION + 1 - LWSG_CONTEXT_PROP_TLS_CERTIFICATE)
