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

/* FALSE with an error once it has been closed. */
gboolean lwsg_context_check_open (LwsgContext *self, GError **error);

/* Emits ::http-request. TRUE: somebody has answered, or will. */
gboolean lwsg_context_emit_request (LwsgContext *self, LwsgRequest *request);

/* --- lwsg-context-life.c */

/* A listener was opened: it keeps the context until that is closed. */
void lwsg_context_keep_listening (LwsgContext *self);

/* The last reference was given up. FALSE: not yet, the main loop has another one. */
gboolean lwsg_context_may_go (LwsgContext *self);

/* --- lwsg-context-serve.c */

/* May a page of that origin connect? NULL: there was no Origin, so it is no browser. */
gboolean lwsg_context_allows_origin (LwsgContext *self, const char *origin, const char *host, gboolean secure);


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

/* --- lwsg-context-tls.c */
void lwsg_context_install_tls (GObjectClass *klass, GParamFlags flags);

/* Both return FALSE for properties of others. */
gboolean lwsg_context_get_tls_property (LwsgContext *self, guint property, GValue *value);
gboolean lwsg_context_set_tls_property (LwsgContext *self, guint property, const GValue *value);

/* Emits ::accept-certificate. */
gboolean lwsg_context_accept_certificate (LwsgContext *self, const char *host, GTlsCertificate *certificate,
                                          GTlsCertificateFlags errors);

/* --- lwsg-context-compression.c */
void lwsg_context_install_compression (GObjectClass *object_class, GParamFlags flags);

/* FALSE if it is another property. */
gboolean lwsg_context_get_compression (LwsgContext *self, guint property, GValue *value);
gboolean lwsg_context_set_compression (LwsgContext *self, guint property, const GValue *value, GParamSpec *pspec);

/* --- lwsg-context-memory.c */
void lwsg_context_install_memory (GObjectClass *object_class, GParamFlags flags);

/* --- lwsg-events.c */
extern const EngineEvents lwsg_events;

/* --- lwsg-context-connect.c */
void lwsg_context_connect_opened (LwsgContext *self, EngineConnection *engine, GTask *task);
void lwsg_context_connect_failed (EngineConnection *engine, GTask *task, const GError *error);
