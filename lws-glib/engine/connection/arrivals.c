/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/arrivals-private.h"

static GQueue *
arrivals_queue (EngineArrivals *arrivals, gboolean speaking)
{
  return speaking ? &arrivals->speaking : &arrivals->silent;
}

static void
arrival_enter (EngineArrival *arrival)
{
  g_queue_push_tail_link (arrivals_queue (arrival->all, arrival->speaks), &arrival->link);
  if (arrival->of_peer != NULL)
    g_queue_push_tail_link (arrivals_queue (arrival->of_peer, arrival->speaks), &arrival->peer_link);
}

static void
arrival_leave (EngineArrival *arrival)
{
  g_queue_unlink (arrivals_queue (arrival->all, arrival->speaks), &arrival->link);
  if (arrival->of_peer != NULL)
    g_queue_unlink (arrivals_queue (arrival->of_peer, arrival->speaks), &arrival->peer_link);
}

EngineArrival *
engine_arrival_new (EngineArrivals *all, EngineArrivals *of_peer, gpointer connection, guint32 now)
{
  EngineArrival *arrival = g_new0 (EngineArrival, 1);

  arrival->link.data = arrival->peer_link.data = arrival;
  arrival->all = all;
  arrival->of_peer = of_peer;
  arrival->connection = connection;
  arrival->since = now;
  arrival_enter (arrival);

  return arrival;
}

void
engine_arrival_speak_again (EngineArrival *arrival)
{
  arrival_leave (arrival);
  arrival->speaks = TRUE;
  arrival_enter (arrival);
}

void
engine_arrival_speak (EngineArrival *arrival)
{
  if (!arrival->speaks)
    engine_arrival_speak_again (arrival);
}

void
engine_arrival_free (EngineArrival *arrival)
{
  arrival_leave (arrival);
  g_free (arrival);
}

EngineArrival *
engine_arrivals_first (const EngineArrivals *arrivals, gboolean speaking)
{
  return g_queue_peek_head ((GQueue *) (speaking ? &arrivals->speaking : &arrivals->silent));
}
