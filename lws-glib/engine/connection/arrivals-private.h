/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Connections of a server whose first request has not come yet, in the order they came in. When there are too many,
 * those that have said nothing for the longest time go first (as with MaxStartups of OpenSSH). */

typedef struct {
  GQueue silent;                /* EngineArrival: nothing has come from them */
  GQueue speaking;              /* EngineArrival: something has, but no whole request */
} EngineArrivals;

/* One of them stands among all, and among those of its address. */
typedef struct {
  GList link;
  GList peer_link;
  EngineArrivals *all;
  EngineArrivals *of_peer;    /* NULL if its address is not counted */
  gpointer connection;
  guint32 since;                /* the tick at which it came in */
  gboolean speaks;
} EngineArrival;

EngineArrival *engine_arrival_new (EngineArrivals *all, EngineArrivals *of_peer, gpointer connection, guint32 now);

/* It has said something. */
void engine_arrival_speak (EngineArrival *arrival);

/* ... and more of it is there to be read: it is the last in the queue. */
void engine_arrival_speak_again (EngineArrival *arrival);

/* Its request has come whole, or never will. */
void engine_arrival_free (EngineArrival *arrival);

/* Of those that are silent, or speak: the one that came first, or NULL. */
EngineArrival *engine_arrivals_first (const EngineArrivals *arrivals, gboolean speaking);
