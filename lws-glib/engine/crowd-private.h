/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "arrivals-private.h"
#include "limits-private.h"

struct sockaddr;

/* How many connections a server has, and how many handshakes are under way among them, in all
 * and from each peer address. */

/* Those of one address. Of IPv6 it is the network of 64 bits that counts: each customer
 * has at least one. */
typedef struct _EngineNeighbour EngineNeighbour;

typedef struct {
  guint count;                  /* connections that were accepted and have not ended */
  guint handshakes;             /* those of them that have not come through it */
  guint room;                   /* how many there are descriptors for; 0 if nobody has looked */
  GHashTable *neighbours;       /* a set of EngineNeighbour; NULL until needed */
  EngineArrivals arrivals;      /* those whose first request has not come */
} EngineCrowd;

typedef enum {
  ENGINE_CROWD_ROOM,
  ENGINE_CROWD_FULL,            /* no more connections, whoever asks */
  ENGINE_CROWD_NEAR_FULL,       /* ... of that address */
  ENGINE_CROWD_NEAR_BUSY,       /* no more handshakes of that address */
} EngineCrowdEntry;

/* Are there so many handshakes under way that others have to wait? */
gboolean engine_crowd_is_busy (const EngineCrowd *crowd, const EngineLimits *limits);

/* Are there half as many? */
gboolean engine_crowd_is_pressed (const EngineCrowd *crowd, const EngineLimits *limits);

/* Lets a connection in, which begins its handshake, or not. *neighbour is to be given back when it leaves; NULL
 * for peers that are not counted one by one. Those are the ones of Unix sockets and, unless
 * the limits say otherwise, of the loopback interface, where a proxy speaks for many. It is set
 * for those that are turned away for the sake of their neighbours, too. */
EngineCrowdEntry engine_crowd_enter (EngineCrowd *crowd, const EngineLimits *limits, const struct sockaddr *address,
                                     EngineNeighbour **neighbour);

/* Those of that address whose first request has not come; NULL for no neighbour. */
EngineArrivals *engine_neighbour_arrivals (EngineNeighbour *neighbour);

/* Its handshake is over. */
void engine_crowd_settle (EngineCrowd *crowd, EngineNeighbour *neighbour);

/* For one whose handshake is over. */
void engine_crowd_leave (EngineCrowd *crowd, EngineNeighbour *neighbour);

void engine_crowd_clear (EngineCrowd *crowd);
