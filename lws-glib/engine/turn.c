/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "turn-private.h"

#include "receive-private.h"
#include "relief-private.h"
#include "reply-private.h"
#include "securing-private.h"
#include "send-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#define TURN_EVENTS 256

/* ... and in so many timers. Those of thousands may be due at once, such as after a storm of connections. */
#define TURN_TIMERS_PER_LOOK 64

/* While another thread has the main context of GIO's answers, nothing tells when it gives it back. */
#define TURN_BORROWED_MS 10

/* The clock is looked at once in so many checks. */
#define TURN_CHECKS_PER_LOOK 16

/* --- waiting */

gboolean
engine_context_has_work (EngineContext *context)
{
  return context->ready.count > 0 || context->securing.count > 0 || context->writable.count > 0 ||
         context->dirty.count > 0 || context->sent.count > 0 || context->ended.count > 0;
}

/* Until something is due, in milliseconds; -1 for ever. */
static int
turn_wait_time (EngineContext *context, int timeout_ms)
{
  guint32 tick;
  gint64 wait;

  if (engine_context_has_work (context))
    return 0;
  if (timeout_ms == 0 || !engine_wheel_next (&context->wheel, &tick))
    return timeout_ms;

  wait = context->wheel_start + tick * context->tick_microseconds - g_get_monotonic_time ();
  /* Rounded up: a turn that begins just before its time does nothing. */
  wait = (MAX (wait, 0) + 999) / 1000;

  return timeout_ms < 0 ? (int) MIN (wait, G_MAXINT) : (int) MIN (wait, timeout_ms);
}

static gint64
turn_look_at_clock (EngineContext *context)
{
  gint64 now = g_get_monotonic_time ();

  context->tick = (guint32) ((now - context->wheel_start) / context->tick_microseconds);

  return now;
}

/* While GIO has a job for us, its context is waited for, too, and dispatched. Returns for how long
 * there is still to wait. */
static int
turn_wait_for_jobs (EngineContext *context, int timeout_ms)
{
  GMainContext *gio = context->gio;
  g_autofree GPollFD *fds = NULL;
  int gio_timeout;
  int priority;
  int count;

  /* GIO's thread of a TLS handshake may be asking something in it. */
  if (!g_main_context_acquire (gio))
    return timeout_ms < 0 ? TURN_BORROWED_MS : MIN (timeout_ms, TURN_BORROWED_MS);

  g_main_context_prepare (gio, &priority);
  count = g_main_context_query (gio, priority, &gio_timeout, NULL, 0);
  fds = g_new0 (GPollFD, count + 1);
  count = MIN (count, g_main_context_query (gio, priority, &gio_timeout, fds, count));
  fds[count] = (GPollFD){ .fd = context->epoll_fd, .events = G_IO_IN };
  if (gio_timeout >= 0 && (timeout_ms < 0 || gio_timeout < timeout_ms))
    timeout_ms = gio_timeout;

  g_poll (fds, (guint) count + 1, timeout_ms);
  turn_look_at_clock (context);
  g_main_context_check (gio, priority, fds, count);
  g_main_context_dispatch (gio);
  g_main_context_release (gio);

  return 0;
}

static int
turn_wait (EngineContext *context, struct epoll_event *events, int timeout_ms)
{
  int wait = turn_wait_time (context, timeout_ms);
  int count;

  if (context->jobs > 0)
    wait = turn_wait_for_jobs (context, wait);

  count = epoll_wait (context->epoll_fd, events, TURN_EVENTS, wait);
  if (count >= 0)
    return count;
  if (errno == EINTR)
    return 0;

  /* Somebody closed the descriptor: there is no way on. */
  g_message (_("The service loop can't go on: %s"), g_strerror (errno));
  return -1;
}

/* --- the budget */

gboolean
engine_turn_goes_on (EngineTurn *turn)
{
  if (++turn->checks % TURN_CHECKS_PER_LOOK == 0 && g_get_monotonic_time () >= turn->end)
    turn->frames = 0;

  return turn->frames > 0 && !turn->context->destroyed;
}

guint8 *
engine_turn_inflate_buffer (EngineTurn *turn)
{
  if (turn->inflated == NULL)
    turn->inflated = g_steal_pointer (&turn->context->spare_inflated);
  if (turn->inflated == NULL)
    turn->inflated = g_malloc (ENGINE_RECEIVE_PADDING + ENGINE_INFLATE_BUFFER + ENGINE_RECEIVE_END);

  return turn->inflated + ENGINE_RECEIVE_PADDING;
}

/* --- the phases */

static void
turn_connection_event (EngineTurn *turn, EngineConnection *connection, guint32 events)
{
  if (connection->state == ENGINE_STATE_CLOSED)
    return;

  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP) && connection->blocked && !connection->starved)
    engine_connection_on_writable (connection);
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)) || connection->state == ENGINE_STATE_CLOSED)
    return;

  if (events & (EPOLLERR | EPOLLHUP) && !engine_connection_reads (connection))
    engine_connection_on_hang_up (connection, (events & EPOLLERR) != 0);
  else if (engine_turn_goes_on (turn))
    engine_connection_receive (turn, connection);
  else if (!turn->context->destroyed)
    /* epoll would name those at the front of its list first again. */
    engine_connection_stand_in (connection, ENGINE_LINE_READY);
}

static void
turn_dispatch (EngineTurn *turn, EngineWatch *watch, guint32 events)
{
  EngineContext *context = turn->context;

  switch ((EngineWatchKind) watch->kind)
    {
    case ENGINE_WATCH_CONNECTION:
      turn_connection_event (turn, (EngineConnection *) ((guint8 *) watch - G_STRUCT_OFFSET (EngineConnection, watch)),
                             events);
      break;
    case ENGINE_WATCH_LISTENER:
      engine_listener_accept ((EngineListener *) ((guint8 *) watch - G_STRUCT_OFFSET (EngineListener, watch)));
      break;
    case ENGINE_WATCH_CHANNEL:
      engine_channel_receive ((EngineProtocol *) ((guint8 *) watch - G_STRUCT_OFFSET (EngineProtocol, channel.watch)),
                              turn->buffer + ENGINE_RECEIVE_PADDING, ENGINE_RECEIVE_BUFFER);
      break;
    case ENGINE_WATCH_INBOX:
      engine_inbox_receive (context);
      break;
    case ENGINE_WATCH_PARENT:
      context->parent_gone = TRUE;
      engine_poller_remove (context->epoll_fd, watch);
      break;
    case ENGINE_WATCH_RELIEF:
      break;
    }
}

static void
turn_ready (EngineTurn *turn)
{
  EngineContext *context = turn->context;

  for (guint left = context->ready.count; left > 0 && engine_turn_goes_on (turn); left--)
    {
      EngineConnection *connection = engine_line_pop (&context->ready);

      if (connection == NULL)
        return;
      connection->lined &= (guint8) ~ENGINE_LINE_READY;
      if (connection->state != ENGINE_STATE_CLOSED)
        engine_connection_receive (turn, connection);
    }
}

static void
turn_events (EngineTurn *turn, const struct epoll_event *events, int count)
{
  for (int i = 0; i < count && !turn->context->destroyed; i++)
    turn_dispatch (turn, events[i].data.ptr, events[i].events);
}

/* Who is connected already comes first. */
static void
turn_securing (EngineTurn *turn)
{
  EngineContext *context = turn->context;

  for (guint left = MIN (context->securing.count, ENGINE_SECURING_STEPS); left > 0 && !context->destroyed; left--)
    {
      EngineConnection *connection = engine_line_pop (&context->securing);

      if (connection == NULL)
        return;
      connection->lined &= (guint8) ~ENGINE_LINE_SECURING;
      engine_securing_step (connection);
      if (g_get_monotonic_time () >= turn->end)
        return;
    }
}

static void
turn_timer (EngineContext *context, EngineTimer *timer)
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
turn_timers (EngineTurn *turn)
{
  EngineContext *context = turn->context;
  EngineTimer *timer;

  for (guint i = 1; !context->destroyed && (timer = engine_wheel_pop (&context->wheel, context->tick)) != NULL; i++)
    {
      turn_timer (context, timer);
      if (i % TURN_TIMERS_PER_LOOK == 0 && g_get_monotonic_time () >= turn->end)
        return;
    }
}

static void
turn_writable (EngineTurn *turn)
{
  EngineContext *context = turn->context;

  for (guint left = context->writable.count; left > 0 && !context->destroyed; left--)
    {
      EngineConnection *connection = engine_line_pop (&context->writable);

      if (connection == NULL)
        return;
      connection->lined &= (guint8) ~ENGINE_LINE_WRITABLE;
      /* Who is blocked gets in line again when the kernel has taken everything. */
      if (!connection->wants_writable || connection->blocked)
        continue;

      connection->wants_writable = FALSE;
      if (connection->state != ENGINE_STATE_OPEN && connection->state != ENGINE_STATE_REPLYING)
        continue;
      context->events->writable (connection);
      engine_reply_settle (connection);
    }
}

void
engine_context_flush (EngineContext *context)
{
  for (guint left = context->dirty.count; left > 0; left--)
    {
      EngineConnection *connection = engine_line_pop (&context->dirty);

      connection->lined &= (guint8) ~ENGINE_LINE_DIRTY;
      engine_connection_flush (connection);
    }
}

void
engine_context_announce (EngineContext *context)
{
  EngineConnection *connection;

  while ((connection = engine_line_pop (&context->sent)) != NULL)
    {
      connection->lined &= (guint8) ~ENGINE_LINE_SENT;
      context->events->sent (connection);
    }
  while ((connection = engine_line_pop (&context->ended)) != NULL)
    {
      connection->lined &= (guint8) ~ENGINE_LINE_ENDED;
      engine_connection_announce_end (connection);
    }
}

/* --- the turn */

static gboolean
turn_begin (EngineTurn *turn, EngineContext *context)
{
  if (context->destroyed || context->parent_gone)
    return FALSE;
  if (!engine_context_take (context))
    return FALSE;

  g_atomic_pointer_set (&context->inbox->reader, g_thread_self ());
  engine_context_hold (context);

  /* A nested turn finds none: the outer one is using it. */
  turn->buffer = g_steal_pointer (&context->spare_buffer);
  if (turn->buffer == NULL)
    turn->buffer = g_malloc (ENGINE_RECEIVE_PADDING + ENGINE_RECEIVE_BUFFER + ENGINE_RECEIVE_END);
  turn->inflated = NULL;
  turn->context = context;
  turn->frames = context->limits.turn_frames;
  turn->checks = 0;

  return TRUE;
}

static gboolean
turn_end (EngineTurn *turn)
{
  EngineContext *context = turn->context;

  if (context->spare_buffer == NULL)
    context->spare_buffer = g_steal_pointer (&turn->buffer);
  g_free (turn->buffer);
  if (context->spare_inflated == NULL)
    context->spare_inflated = g_steal_pointer (&turn->inflated);
  g_free (turn->inflated);

  return engine_context_release (context);
}

gboolean
engine_context_service (EngineContext *context, int timeout_ms)
{
  struct epoll_event events[TURN_EVENTS];
  EngineTurn turn;
  int count;

  if (!turn_begin (&turn, context))
    return FALSE;

  count = turn_wait (context, events, timeout_ms);
  turn.end = turn_look_at_clock (context) + context->limits.turn_microseconds;
  turn_ready (&turn);
  turn_events (&turn, events, count);
  turn_securing (&turn);
  turn_timers (&turn);
  turn_writable (&turn);
  engine_context_flush (context);
  engine_context_announce (context);

  return turn_end (&turn) && count >= 0;
}
