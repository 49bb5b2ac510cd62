/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/websocket/control-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/send-private.h"

#include "raw-peer.h"

/* An owner of a context that writes down what the engine tells it. Its clock
 * stands still unless the test moves it, and an iteration has all the time it needs: a slow
 * machine meets no deadline. */

typedef enum {
  OWNER_REQUEST,
  OWNER_HANDSHAKE,
  OWNER_ACCEPTED,
  OWNER_OPENED,
  OWNER_DATA,
  OWNER_PONG,
  OWNER_WRITABLE,
  OWNER_CLOSED,
  OWNER_FAILED,
  OWNER_RELEASED,
  OWNER_BROADCAST,
  OWNER_CERTIFICATE,            /* by TLS alone */

  OWNER_N_EVENTS
} OwnerEvent;

typedef struct _Owner Owner;

/* Called when an event was written down. @detail is what the event brought: the
 * WireHead of a request or a handshake, the WirePiece of data, the
 * GTlsCertificate that has something wrong; mostly NULL. */
typedef void (*OwnerHook) (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail);

struct _Owner {
  EngineContext *context;       /* NULL once it was freed */
  EngineProtocol *protocol;     /* every connection is bound to it */
  guint16 port;                 /* 0: does not listen */
  OwnerHook hook;
  gpointer hook_data;
  gboolean accept;              /* certificates, whatever is wrong with them */
  gboolean echo;                /* sends back every piece */
  guint refuse;                 /* the status to refuse handshakes with; 0: does not */

  guint counts[OWNER_N_EVENTS];
  GString *log;                 /* a line for each event but those of replies and writing */
  GByteArray *received;         /* the payload of all data */
  EngineConnection *newest;     /* that opened last; NULL once it was released */
  GError *error;                /* of the last failure */
};

/* A context, with a listener on a port that the kernel chooses. */
Owner *owner_new (void);
Owner *owner_new_deaf (void);

/* Destroys the context, if that has not happened. */
void owner_free (Owner *owner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Owner, owner_free)

const char *owner_event_name (OwnerEvent event);

/* An iteration that does not wait, if there is a context; as a RawPeerTurn. */
void owner_turn (gpointer owner);

/* Turns until there is nothing left that an iteration could do. */
void owner_settle (Owner *owner);

/* Turns until so many events of that kind have been told; the test fails if that
 * takes too long. */
void owner_wait (Owner *owner, OwnerEvent event, guint count);

/* Moves the clock, and has an iteration. */
void owner_advance (Owner *owner, guint ticks);

/* A deadline set by the last iteration: nothing happens before it, which is checked by
 * the number of @event; then it is passed. */
void owner_pass_deadline (Owner *owner, guint ticks, OwnerEvent event);

/* A client of the owner, and one that has become a WebSocket. */
RawPeer *owner_connect (Owner *owner);
RawPeer *owner_connect_open (Owner *owner);

/* One that reads nothing for now, so that output waits: at its end the kernel
 * holds as little as it can. */
RawPeer *owner_connect_slow (Owner *owner);

/* How many connections the context knows, opened or not. */
guint owner_n_connections (Owner *owner);
