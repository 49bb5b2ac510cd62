/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phases-private.h"

#include "receive-private.h"
#include "relief-private.h"
#include "reply-private.h"
#include "securing-private.h"
#include "send-private.h"

typedef struct {
  void (*run) (EngineTurn *turn);

  /* It makes output. While some of the last turn has not even been offered to the kernel, nothing
   * adds to it: a reader that takes what comes must not look slow because of us. */
  gboolean produces;
} Phase;

/* --- sorting */

static void
sort_connection (EngineConnection *connection, guint32 events)
{
  if (connection->state == ENGINE_STATE_CLOSED)
    return;

  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP) && connection->blocked && !connection->starved)
    engine_connection_stand_in (connection, ENGINE_LINE_RESUMED);
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
    return;

  if (events & (EPOLLERR | EPOLLHUP) && !engine_connection_reads (connection))
    engine_connection_on_hang_up (connection, (events & EPOLLERR) != 0);
  else
    engine_connection_stand_in (connection, ENGINE_LINE_READY);
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
    case ENGINE_WATCH_CHANNEL:
    case ENGINE_WATCH_INBOX:
      watch->told = TRUE;
      break;
    case ENGINE_WATCH_PARENT:
      context->parent_gone = TRUE;
      engine_poller_remove (engine_context_poller (context), watch);
      break;
    case ENGINE_WATCH_RELIEF:
      break;
    }
}

void
engine_phases_sort (EngineTurn *turn, const struct epoll_event *events, int count)
{
  for (int i = 0; i < count; i++)
    sort_event (turn->context, events[i].data.ptr, events[i].events);
}

/* --- lines */

/* The next in a line, or NULL: a nested turn may have taken those that stood there. */
static EngineConnection *
phase_next (EngineLine *line, EngineLineBit bit)
{
  EngineConnection *connection = engine_line_pop (line);

  if (connection != NULL)
    connection->lined &= (guint8) ~bit;

  return connection;
}

static void
phase_input (EngineTurn *turn)
{
  EngineLine *line = &turn->context->ready;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_turn_goes_on (turn); left--)
    {
      connection = phase_next (line, ENGINE_LINE_READY);
      /* For the first piece of what comes. */
      turn->granted = TRUE;
      if (connection != NULL && connection->state != ENGINE_STATE_CLOSED)
        engine_connection_receive (turn, connection);
      turn->granted = FALSE;
    }
}

/* Of these epoll tells again if something is left. Where the time comes to its end at one of them the
 * next turn begins with the one behind it. */
static void
phase_accept (EngineTurn *turn)
{
  GPtrArray *listeners = turn->context->listeners;

  for (guint left = listeners->len; left > 0 && listeners->len > 0 && !turn->budget.over; left--)
    {
      EngineListener *listener = listeners->pdata[turn->context->next_listener++ % listeners->len];

      if (listener->watch.told)
        engine_listener_accept (turn, listener);
      listener->watch.told = FALSE;
    }
}

static void
phase_inbox (EngineTurn *turn)
{
  if (turn->context->inbox->watch.told)
    engine_inbox_receive (turn);
}

static void
phase_channels (EngineTurn *turn)
{
  EngineContext *context = turn->context;

  for (guint left = context->protocols->len; left > 0 && !turn->budget.over; left--)
    {
      EngineProtocol *protocol = context->protocols->pdata[context->next_protocol++ % context->protocols->len];

      if (protocol->channel.watch.told)
        engine_channel_receive (turn, protocol);
      protocol->channel.watch.told = FALSE;
    }
}

/* Who is connected already comes first: where there is other work, too, this has a share of the turn,
 * and one step at least. */
static void
phase_securing (EngineTurn *turn)
{
  EngineContext *context = turn->context;
  const gint64 share = context->limits.turn_microseconds / ENGINE_SECURING_SHARE;
  EngineConnection *connection;
  gint64 end;

  if (context->securing.count == 0)
    return;

  end = g_get_monotonic_time () + share;
  for (guint left = context->securing.count; left > 0 && engine_turn_has_time (turn); left--)
    {
      connection = phase_next (&context->securing, ENGINE_LINE_SECURING);
      if (connection != NULL)
        engine_securing_step (connection);
      if (g_get_monotonic_time () >= end)
        return;
    }
}

static void
phase_timer (EngineContext *context, EngineTimer *timer)
{
  if (timer->kind == ENGINE_WATCH_LISTENER)
    engine_listener_resume ((EngineListener *) ((guint8 *) timer - G_STRUCT_OFFSET (EngineListener, timer)));
  else if (timer->kind == ENGINE_WATCH_RELIEF)
    engine_relief_come (context);
  else
    engine_connection_on_deadline ((EngineConnection *) ((guint8 *) timer - G_STRUCT_OFFSET (EngineConnection, timer)));
}

/* Those that are left when the time is over stay due. */
static void
phase_timers (EngineTurn *turn)
{
  EngineContext *context = turn->context;
  EngineTimer *timer;

  while (engine_wheel_is_due (&context->wheel, context->tick) && engine_turn_has_time (turn))
    {
      timer = engine_wheel_pop (&context->wheel, context->tick);
      if (timer != NULL)
        phase_timer (context, timer);
    }
}

static void
phase_resumed (EngineTurn *turn)
{
  EngineLine *line = &turn->context->resumed;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_turn_has_time (turn); left--)
    {
      connection = phase_next (line, ENGINE_LINE_RESUMED);
      if (connection != NULL && connection->state != ENGINE_STATE_CLOSED && connection->blocked)
        engine_connection_on_writable (connection);
    }
}

static void
phase_call_writable (EngineConnection *connection)
{
  /* Who is blocked gets in line again when the kernel has taken everything. */
  if (!connection->wants_writable || connection->blocked)
    return;

  connection->wants_writable = FALSE;
  if (connection->state != ENGINE_STATE_OPEN && connection->state != ENGINE_STATE_REPLYING)
    return;
  connection->context->events->writable (connection);
  engine_reply_settle (connection);
}

static void
phase_writable (EngineTurn *turn)
{
  EngineLine *line = &turn->context->writable;
  EngineConnection *connection;

  for (guint left = line->count; left > 0 && engine_turn_has_time (turn); left--)
    {
      connection = phase_next (line, ENGINE_LINE_WRITABLE);
      if (connection != NULL)
        phase_call_writable (connection);
    }
}

/* Outside of turns, and when a context comes to its end, it takes the time that it takes. */
static gboolean
phase_has_time (EngineContext *context)
{
  return context->destroyed || (!engine_context_is_copy (context) &&
                                (context->budget == NULL || engine_budget_goes_on (context->budget)));
}

void
engine_context_flush (EngineContext *context)
{
  EngineConnection *connection;

  while (context->dirty.count > 0 && phase_has_time (context))
    {
      connection = phase_next (&context->dirty, ENGINE_LINE_DIRTY);
      if (!engine_connection_flush_some (connection))
        engine_connection_stand_in (connection, ENGINE_LINE_DIRTY);
    }
}

static void
phase_flush (EngineTurn *turn)
{
  engine_context_flush (turn->context);
  turn->context->behind = turn->context->dirty.count > 0;
}

void
engine_context_bury (EngineContext *context)
{
  EngineConnection *connection;

  for (guint left = context->dead.count; left > 0 && phase_has_time (context); left--)
    {
      connection = engine_line_pop (&context->dead);
      if (connection == NULL)
        return;
      /* Each of thousands would have to be looked for in a line. Soon it will have left them all. */
      if (connection->lined != 0 && !context->destroyed)
        engine_line_push (&context->dead, connection);
      else
        engine_connection_free (connection);
    }
}

void
engine_context_announce (EngineContext *context)
{
  EngineConnection *connection;

  while (context->sent.count > 0 && phase_has_time (context))
    {
      connection = phase_next (&context->sent, ENGINE_LINE_SENT);
      context->events->sent (connection);
    }
  /* An end is told behind everything else. */
  while (context->sent.count == 0 && context->ended.count > 0 && phase_has_time (context))
    {
      connection = phase_next (&context->ended, ENGINE_LINE_ENDED);
      engine_connection_announce_end (connection);
    }
}

static void
phase_announce (EngineTurn *turn)
{
  engine_context_announce (turn->context);
}

/* In a nested turn somebody below may still be at work on them. */
static void
phase_bury (EngineTurn *turn)
{
  if (turn->context->depth == 1)
    engine_context_bury (turn->context);
}

static void
phase_memory (EngineTurn *turn)
{
  if (G_UNLIKELY (turn->context->memory.pressed))
    engine_memory_relieve (turn->context);
}

/* --- the order */

/* What is written in one phase leaves behind the last of them that writes. */
static const Phase phases[] = {
  { phase_input, TRUE },
  { phase_inbox, TRUE },
  { phase_channels, TRUE },
  { phase_accept, FALSE },
  { phase_securing, FALSE },
  { phase_timers, FALSE },
  { phase_resumed, FALSE },
  { phase_writable, TRUE },
  { phase_memory, FALSE },
  { phase_flush, FALSE },
  { phase_announce, FALSE },
  /* ... and what was written when somebody heard of an end. */
  { phase_flush, FALSE },
  { phase_bury, FALSE },
};

void
engine_phases_run (EngineTurn *turn)
{
  EngineContext *context = turn->context;
  const guint first = context->first_phase;

  context->first_phase = 0;
  for (guint i = 0; i < G_N_ELEMENTS (phases) && !context->destroyed && !engine_context_is_copy (context); i++)
    {
      const guint index = (first + i) % G_N_ELEMENTS (phases);
      const guint granted = turn->budget.granted;

      if (phases[index].produces && context->behind)
        continue;
      phases[index].run (turn);
      if (turn->budget.over)
        {
          /* It was the one before that took too long if this one did nothing. */
          context->first_phase = (index + (turn->budget.granted > granted)) % G_N_ELEMENTS (phases);
          return;
        }
    }
}
