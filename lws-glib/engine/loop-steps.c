/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/loop-steps-private.h"

#include "engine/base/connection-queue-private.h"
#include "engine/base/poller-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/broadcast/process-channel-private.h"
#include "engine/connection/announce-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/read-private.h"
#include "engine/connection/retry-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"
#include "engine/memory-relief-private.h"
#include "engine/server/listener-private.h"
#include "engine/server/tls-handshake-private.h"

typedef struct {
  void (*run) (EngineIteration *iteration);

  /* It makes output. While some of the last iteration has not even been offered to the kernel, nothing
   * adds to it: a reader that takes what comes must not look slow because of us. */
  gboolean produces;
} LoopStep;

/* --- sorting */

static void
sort_connection (EngineConnection *connection, guint32 events)
{
  if (connection->state == ENGINE_STATE_CLOSED)
    return;

  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP) && connection->blocked && !connection->no_buffers)
    engine_connection_enqueue (connection, ENGINE_QUEUE_RESUMED);
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
    return;

  if (events & (EPOLLERR | EPOLLHUP) && !engine_connection_reads (connection))
    engine_connection_on_hang_up (connection, (events & EPOLLERR) != 0);
  else
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
}

static void
sort_event (EngineContext *context, EngineWatch *watch, guint32 events)
{
  switch ((EngineWatchKind) watch->kind)
    {
    case ENGINE_WATCH_CONNECTION:
      sort_connection ((EngineConnection *) ((guint8 *) watch - G_STRUCT_OFFSET (EngineConnection, watch)), events);
      break;
    case ENGINE_WATCH_LISTENER:
    case ENGINE_WATCH_PROCESS_CHANNEL:
    case ENGINE_WATCH_MAILBOX:
      watch->told = TRUE;
      break;
    case ENGINE_WATCH_PARENT:
      context->parent_gone = TRUE;
      engine_poller_remove (engine_context_poller (context), watch);
      break;
    case ENGINE_WATCH_RETRY:
      break;
    }
}

void
engine_loop_sort_events (EngineIteration *iteration, const struct epoll_event *events, int count)
{
  for (int i = 0; i < count; i++)
    sort_event (iteration->context, events[i].data.ptr, events[i].events);
}

/* --- lines */

static void
step_input (EngineIteration *iteration)
{
  EngineConnectionQueue *line = &iteration->context->ready;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_iteration_goes_on (iteration); left--)
    {
      connection = engine_connection_queue_next (line, ENGINE_QUEUE_READY);
      /* For the first piece of what comes. */
      iteration->granted = TRUE;
      if (connection != NULL && connection->state != ENGINE_STATE_CLOSED)
        engine_connection_receive (iteration, connection);
      iteration->granted = FALSE;
    }
}

/* Of these epoll tells again if something is left. Where the time comes to its end at one of them the
 * next iteration begins with the one behind it. */
static void
step_accept (EngineIteration *iteration)
{
  GPtrArray *listeners = iteration->context->listeners;

  for (guint left = listeners->len; left > 0 && listeners->len > 0 && !iteration->budget.over; left--)
    {
      EngineListener *listener = listeners->pdata[iteration->context->next_listener++ % listeners->len];

      if (listener->watch.told)
        engine_listener_accept (iteration, listener);
      listener->watch.told = FALSE;
    }
}

static void
step_mailbox (EngineIteration *iteration)
{
  if (iteration->context->mailbox->watch.told)
    engine_mailbox_receive (iteration);
}

static void
step_process_channels (EngineIteration *iteration)
{
  EngineContext *context = iteration->context;

  for (guint left = context->protocols->len; left > 0 && !iteration->budget.over; left--)
    {
      EngineProtocol *protocol = context->protocols->pdata[context->next_protocol++ % context->protocols->len];

      if (protocol->channel.watch.told)
        engine_process_channel_receive (iteration, protocol);
      protocol->channel.watch.told = FALSE;
    }
}

/* Who is connected already comes first: where there is other work, too, this has a share of the iteration,
 * and one step at least. */
static void
step_tls_handshakes (EngineIteration *iteration)
{
  EngineContext *context = iteration->context;
  const gint64 share = context->limits.iteration_microseconds / ENGINE_TLS_HANDSHAKE_SHARE;
  EngineConnection *connection;
  gint64 end;

  if (context->tls_handshakes.count == 0)
    return;

  end = g_get_monotonic_time () + share;
  for (guint left = context->tls_handshakes.count; left > 0 && engine_iteration_has_time (iteration); left--)
    {
      connection = engine_connection_queue_next (&context->tls_handshakes, ENGINE_QUEUE_TLS_HANDSHAKE);
      if (connection != NULL)
        engine_tls_handshake_step (connection);
      if (g_get_monotonic_time () >= end)
        return;
    }
}

static void
step_timer (EngineContext *context, EngineTimer *timer)
{
  if (timer->kind == ENGINE_WATCH_LISTENER)
    engine_listener_resume ((EngineListener *) ((guint8 *) timer - G_STRUCT_OFFSET (EngineListener, timer)));
  else if (timer->kind == ENGINE_WATCH_RETRY)
    engine_retry_run (context);
  else
    engine_connection_on_deadline ((EngineConnection *) ((guint8 *) timer - G_STRUCT_OFFSET (EngineConnection, timer)));
}

/* Those that are left when the time is over stay due. */
static void
step_timers (EngineIteration *iteration)
{
  EngineContext *context = iteration->context;
  EngineTimer *timer;

  while (engine_timer_wheel_is_due (&context->wheel, context->tick) && engine_iteration_has_time (iteration))
    {
      timer = engine_timer_wheel_pop (&context->wheel, context->tick);
      if (timer != NULL)
        step_timer (context, timer);
    }
}

static void
step_resumed (EngineIteration *iteration)
{
  EngineConnectionQueue *line = &iteration->context->resumed;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_iteration_has_time (iteration); left--)
    {
      connection = engine_connection_queue_next (line, ENGINE_QUEUE_RESUMED);
      if (connection != NULL && connection->state != ENGINE_STATE_CLOSED && connection->blocked)
        engine_connection_on_writable (connection);
    }
}

static void
step_call_writable (EngineConnection *connection)
{
  /* Who is blocked gets in the queue again when the kernel has taken everything. */
  if (!connection->wants_writable || connection->blocked)
    return;

  connection->wants_writable = FALSE;
  if (connection->state != ENGINE_STATE_OPEN && connection->state != ENGINE_STATE_RESPONDING)
    return;
  connection->context->events->writable (connection);
  engine_http_response_finish (connection);
}

static void
step_writable (EngineIteration *iteration)
{
  EngineConnectionQueue *line = &iteration->context->writable;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_iteration_has_time (iteration); left--)
    {
      connection = engine_connection_queue_next (line, ENGINE_QUEUE_WRITABLE);
      if (connection != NULL)
        step_call_writable (connection);
    }
}

static void
step_flush (EngineIteration *iteration)
{
  engine_context_flush (iteration->context);
  iteration->context->behind = iteration->context->dirty.count > 0;
}

static void
step_announce (EngineIteration *iteration)
{
  engine_context_announce (iteration->context);
}

/* In a nested iteration somebody below may still be at work on them. */
static void
step_free_dead (EngineIteration *iteration)
{
  if (iteration->context->depth == 1)
    engine_context_free_dead (iteration->context);
}

static void
step_memory (EngineIteration *iteration)
{
  if (G_UNLIKELY (iteration->context->memory.pressed))
    engine_memory_relief_run (iteration->context);
}

/* --- the order */

/* What is written in one phase leaves behind the last of them that writes. */
static const LoopStep loop_steps[] = {
  { step_input, TRUE },
  { step_mailbox, TRUE },
  { step_process_channels, TRUE },
  { step_accept, FALSE },
  { step_tls_handshakes, FALSE },
  { step_timers, FALSE },
  { step_resumed, FALSE },
  { step_writable, TRUE },
  { step_memory, FALSE },
  { step_flush, FALSE },
  { step_announce, FALSE },
  /* ... and what was written when somebody heard of an end. */
  { step_flush, FALSE },
  { step_free_dead, FALSE },
};

void
engine_loop_run_steps (EngineIteration *iteration)
{
  EngineContext *context = iteration->context;
  const guint first = context->first_step;

  context->first_step = 0;
  for (guint i = 0; i < G_N_ELEMENTS (loop_steps) && !context->destroyed && !engine_context_is_copy (context); i++)
    {
      const guint index = (first + i) % G_N_ELEMENTS (loop_steps);
      const guint granted = iteration->budget.granted;

      if (loop_steps[index].produces && context->behind)
        continue;
      loop_steps[index].run (iteration);
      if (iteration->budget.over)
        {
          /* It was the one before that took too long if this one did nothing. */
          context->first_step = (index + (iteration->budget.granted > granted)) % G_N_ELEMENTS (loop_steps);
          return;
        }
    }
}
