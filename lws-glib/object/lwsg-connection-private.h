/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-store-private.h"

#include <lws-glib/lws-glib.h>

/* A message, or a piece of one that is streamed. */
typedef struct {
  LwsgMessage *message;
  gboolean is_piece;
  gboolean last;                /* a piece: the end of its message */
} LwsgReceived;

struct _LwsgConnection {
  GObject parent_instance;

  EngineConnection *engine;     /* NULL once it has ended; the service thread's alone */
  LwsgHome *home;
  LwsgContext *context;         /* what is open keeps it; NULL once it has ended */
  LwsgProtocol *protocol;       /* of a server */
  GRefString *target;           /* path and query */
  char *subprotocol;
  GRefString *extensions;
  guint8 peer[28];              /* a sockaddr_in6, or something shorter; asked for, it becomes: */
  guint8 peer_length;
  GSocketAddress *remote_address;
  EngineTlsFacts *tls;          /* NULL without TLS */

  int state;                    /* LwsgConnectionState, for all threads */
  gboolean is_client;
  guint close_code;
  char *close_reason;
  gboolean peer_closed;         /* its Close came */

  /* sending */
  gsize max_buffered;
  gsize posted;                 /* bytes on their way from other threads */
  LwsgSlowConsumerPolicy policy;
  gboolean compress;
  guint dropped;
  gboolean dropping;            /* a message in fragments whose first one was dropped */
  gboolean watching_output;     /* for who wants to be notified of buffered-amount */
  GQueue sends;                 /* GTask of send_async() */
  GQueue kept;                  /* LwsgMessage that wait for the end of one in fragments */
  gsize kept_bytes;
  gsize kept_large;             /* the size of one above the limit among them, 0 if there is none */

  /* receiving */
  gboolean asked;               /* somebody was there for messages once: then none is dropped */
  gboolean heard_in_c;          /* the last message went to a handler in C: see lwsg_connection_deliver() */
  gboolean paused;              /* by the program */
  gboolean streaming;
  gboolean in_pieces;           /* the message that comes was begun while streaming */
  GSource *looking;             /* for handlers that were connected late */
  guint look_ms;                /* how long it waits */
  LwsgBlock *parts;             /* of a message that is not whole yet */
  GQueue held;                  /* LwsgReceived that nobody has wanted yet */
  gsize held_bytes;
  guint stalled;                /* for how many milliseconds more has been held than is kept ahead */
  gboolean unwanted;            /* nobody has asked for so long: what comes is dropped */
  GQueue receives;              /* GTask of receive_async() */

  /* pings and the end */
  GQueue pings;                 /* LwsgPing */
  guint64 last_ping;
  gint64 round_trip;            /* microseconds, -1 before the first */
  GQueue closes;                /* GTask of close_async() */

  guint64 messages_sent;
  guint64 messages_received;
  guint64 bytes_sent;
  guint64 bytes_received;
};

/* What may wait for the peer of one connection; then the policy decides. */
#define LWSG_CONNECTION_MAX_BUFFERED ENGINE_OUTPUT_LIMIT

/* The object of an open connection, which keeps it alive until it has ended. */
LwsgConnection *lwsg_connection_new (EngineConnection *engine, LwsgProtocol *protocol, const char *subprotocol,
                                     const char *target);

/* The closing handshake has begun. */
void lwsg_connection_on_closing (LwsgConnection *self);
