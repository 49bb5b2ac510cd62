/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/admission-private.h"
#include "engine/base/error-private.h"
#include "engine/connection/events-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/base/poller-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/base/timer-wheel-private.h"

#include <gio/gio.h>

typedef struct libwebsocket_context EngineContext;
typedef struct _EngineProtocol EngineProtocol;
typedef struct _EngineIteration EngineIteration;
typedef struct _EngineUnread EngineUnread;
typedef struct _EngineControlFrames EngineControlFrames;
typedef struct _EngineDial EngineDial;
typedef struct _EngineHttpResponse EngineHttpResponse;
typedef struct _EngineDeflate EngineDeflate;
typedef struct _EnginePhase EnginePhase;

/* The queues that a connection may be in, as bits of `lined`. */
typedef enum {
  ENGINE_QUEUE_READY = 1 << 0,   /* has input that epoll will not tell of */
  ENGINE_QUEUE_WRITABLE = 1 << 1, /* wants a writable callback and may have it */
  ENGINE_QUEUE_DIRTY = 1 << 2,   /* has output of this iteration */
  ENGINE_QUEUE_ENDED = 1 << 3,   /* its end is to be told, or its memory to be freed */
  ENGINE_QUEUE_SENT = 1 << 4,    /* output up to a mark has left */
  ENGINE_QUEUE_TLS_HANDSHAKE = 1 << 5, /* its TLS handshake can go on */
  ENGINE_QUEUE_RESUMED = 1 << 6, /* the kernel takes output again */
} EngineQueueBit;

/* One connection. Thousands of these lie idle: what only some need, and only at
 * times, is allocated when it is needed. */
struct libwebsocket {
  EngineWatch watch;
  EngineTimer timer;            /* the deadline of the state */
  EngineContext *context;
  const EnginePhase *phase;     /* of the state */
  const EngineTransport *transport;
  void *transport_data;         /* the transport's own */
  EngineProtocol *protocol;     /* NULL until bound */
  gpointer user;                /* the owner's */

  EngineConnection *previous;   /* in the list of the protocol, or of the context */
  EngineConnection *next;

  WireDecoder decoder;
  EngineUnread *unread;             /* input that is not used up yet */
  EngineDeflate *deflate;       /* NULL unless compression was negotiated */
  EngineOutputQueue output;
  EngineControlFrames *pending_control;         /* control frames that will overtake the output */
  union {
    EngineDial *dial;           /* client, until open */
    EngineHttpResponse *response;         /* server, while replying */
  };
  char *close_reason;
  EnginePeer *peer;   /* of a server's connection; NULL if not counted one by one */
  EngineArrival *arrival;       /* ... while its first request is awaited */
  gsize held;                   /* what the owner holds of its messages */
  guint64 taken;                /* by the peer when that was last looked at: see progress.c */
  guint32 drain_end;            /* while closing: the tick until which the peer may go on taking */
  guint32 unfinished_since;     /* the tick at which an unfinished frame was first noticed */

  guint32 last_received;                /* the tick at which the peer last sent anything */
  guint16 close_code;           /* of the end that will be told */
  guint16 scanned;              /* how much of the unread input is known to be no whole head */
  guint8 state;                 /* EngineState */
  guint8 role;                  /* WireRole */
  guint8 queued;                 /* EngineQueueBit */
  guint busy : 1;               /* its input is being worked on, further down the stack */
  guint paused : 1;             /* the owner wants no data */
  guint blocked : 1;            /* the kernel takes no more output for now */
  guint no_buffers : 1;            /* ... and has no memory, so that epoll can't tell when it does */
  guint wants_writable : 1;
  guint sending_message : 1;    /* a message was begun with a fragment that is not its last */
  guint ping_sent : 1;          /* the answer to our own ping is awaited */
  guint opened : 1;             /* the owner was told that it opened */
  guint peer_closed : 1;        /* its Close came */
  guint named : 1;              /* a server chose a subprotocol by its name */
  guint end_told : 1;           /* ... and that it ended */
  guint admitted : 1;           /* counted among the server's connections */
  guint handshake_done : 1;            /* ... and not among those in a handshake any more */
  guint answered : 1;           /* server: a request on it was */
  guint head_only : 1;          /* server: the request is HEAD, so that no answer has a body */
  guint takes : 1;              /* something waited for the peer when `taken` was looked at */
  guint overdue : 1;            /* its deadline has passed, but something lay unread */
  guint cut : 1;                /* nothing can be sent any more; what came before is read */
  guint copied : 1;             /* a program was given the descriptor, and may have made a copy of it */
  guint unfinished : 1;         /* no piece of a frame has become whole since then */
};

/* --- life (connection.c) */

/* Takes @fd, a non-blocking socket. -1 while there is none yet. */
EngineConnection *engine_connection_new (EngineContext *context, WireRole role, int fd);

/* Frees the memory; only at the end of the outermost iteration. */
void engine_connection_free (EngineConnection *connection);

void engine_connection_bind (EngineConnection *connection, EngineProtocol *protocol);

/* It has opened: from now on it is one of the protocol's connections. */
void engine_connection_join_protocol (EngineConnection *connection);

void engine_connection_set_state (EngineConnection *connection, EngineState state);
void engine_connection_arm (EngineConnection *connection, guint ticks);
/* Does the state allow to read from the peer? */
gboolean engine_connection_reads (const EngineConnection *connection);
void engine_connection_update_interest (EngineConnection *connection);

/* Input came that is not wanted now: epoll is told no longer to tell of it. */
void engine_connection_stop_reading (EngineConnection *connection);
void engine_connection_enqueue (EngineConnection *connection, EngineQueueBit bit);

/* The address of the other end, or NULL if that has gone. */
GSocketAddress *engine_connection_get_peer (EngineConnection *connection);

/* A server's connection came in; something came from it; its first request has come, or
 * never will. */
void engine_connection_arrive (EngineConnection *connection, EnginePeer *peer);
void engine_connection_speak (EngineConnection *connection);
void engine_connection_stop_arriving (EngineConnection *connection);

/* What TLS found out about the peer and its ciphers. */
void engine_connection_get_tls_facts (EngineConnection *connection, EngineTlsFacts *facts);

/* Its time is over (deadline.c). */
void engine_connection_on_deadline (EngineConnection *connection);

/* The next of a queue, or NULL: a nested iteration may have taken those that were in it. */
EngineConnection *engine_connection_queue_next (EngineConnectionQueue *queue, EngineQueueBit bit);
