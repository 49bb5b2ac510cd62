/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/arrivals-private.h"
#include "engine/base/limits-private.h"

struct sockaddr;

/* How many connections a server has, and how many handshakes are under way among them, in all
 * and from each peer address. */

/* Those of one address. Of IPv6 it is the network of 64 bits that counts: each customer
 * has at least one. */
typedef struct _EnginePeer EnginePeer;

typedef struct {
  guint count;                  /* connections that were accepted and have not ended */
  guint handshakes;             /* those of them that have not come through it */
  guint room;                   /* how many there are descriptors for; 0 if nobody has looked */
  GHashTable *peers;       /* a set of EnginePeer; NULL until needed */
  EngineArrivals arrivals;      /* those whose first request has not come */
} EngineAdmission;

typedef enum {
  ENGINE_ADMISSION_ADMITTED,
  ENGINE_ADMISSION_FULL,            /* no more connections, whoever asks */
  ENGINE_ADMISSION_PEER_FULL,       /* ... of that address */
  ENGINE_ADMISSION_PEER_BUSY,       /* no more handshakes of that address */
} EngineAdmissionResult;

/* Are there so many handshakes under way that others have to wait? */
gboolean engine_admission_is_busy (const EngineAdmission *admission, const EngineLimits *limits);

/* Are there half as many? */
gboolean engine_admission_is_pressed (const EngineAdmission *admission, const EngineLimits *limits);

/* Lets a connection in, which begins its handshake, or not. *peer is to be given back when it leaves; NULL
 * for peers that are not counted one by one. Those are the ones of Unix sockets and, unless
 * the limits say otherwise, of the loopback interface, where a proxy speaks for many. It is set
 * for those that are turned away for the sake of their peers, too. */
EngineAdmissionResult engine_admission_admit (EngineAdmission *admission, const EngineLimits *limits, const struct sockaddr *address,
                                     EnginePeer **peer);

/* Those of that address whose first request has not come; NULL for no peer. */
EngineArrivals *engine_peer_arrivals (EnginePeer *peer);

/* Its handshake is over. */
void engine_admission_handshake_done (EngineAdmission *admission, EnginePeer *peer);

/* For one whose handshake is over. */
void engine_admission_release (EngineAdmission *admission, EnginePeer *peer);

void engine_admission_clear (EngineAdmission *admission);
