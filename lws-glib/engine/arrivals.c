/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "arrivals-private.h"

static GQueue *
arrivals_queue (EngineArrivals *arrivals, gboolean speaking)
{
  return speaking ? &arrivals->speaking : &arrivals->silent;
}

static void
arrival_enter (EngineArrival *arrival)
{
  g_queue_push_tail_link (arrivals_queue (arrival->all, arrival->speaks), &arrival->link);
  if (arrival->near_ones != NULL)
    g_queue_push_tail_link (arrivals_queue (arrival->near_ones, arrival->speaks), &arrival->near_link);
}

static void
arrival_leave (EngineArrival *arrival)
{
  g_queue_unlink (arrivals_queue (arrival->all, arrival->speaks), &arrival->link);
  if (arrival->near_ones != NULL)
    g_queue_unlink (arrivals_queue (arrival->near_ones, arrival->speaks), &arrival->near_link);
}

EngineArrival *
engine_arrival_new (EngineArrivals *all, EngineArrivals *near_ones, gpointer connection, guint32 now)
{
  EngineArrival *arrival = g_new0 (EngineArrival, 1);

  arrival->link.data = arrival->near_link.data = arrival;
  arrival->all = all;
  arrival->near_ones = near_ones;
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
