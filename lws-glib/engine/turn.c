/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phases-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#define TURN_EVENTS 256

/* While another thread has the main context of GIO's answers, nothing tells when it gives it back. */
#define TURN_BORROWED_MS 10

/* --- waiting */

gboolean
engine_context_has_work (EngineContext *context)
{
  return context->ready.count > 0 || context->securing.count > 0 || context->resumed.count > 0 ||
         context->writable.count > 0 || context->dirty.count > 0 || context->sent.count > 0 ||
         context->ended.count > 0 || context->memory.pressed || (context->depth == 0 && context->dead.count > 0);
}

/* Until something is due, in milliseconds; -1 for ever. */
static int
turn_wait_time (EngineContext *context, int timeout_ms)
{
  guint32 tick;
  gint64 wait;

  if (engine_context_has_work (context) || (context->depth == 1 && context->dead.count > 0))
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
  if (turn->granted)
    {
      turn->granted = FALSE;
      return TRUE;
    }

  return turn->frames > 0 && engine_turn_has_time (turn);
}

gboolean
engine_turn_has_time (EngineTurn *turn)
{
  /* Who was forked by a callback is in the middle of a turn of another process. */
  if (G_UNLIKELY (engine_context_is_copy (turn->context)))
    {
      turn->budget.over = TRUE;
      return FALSE;
    }

  return !turn->context->destroyed && engine_budget_goes_on (&turn->budget);
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

/* --- the turn */

static gboolean
turn_begin (EngineTurn *turn, EngineContext *context)
{
  if (context->destroyed || context->parent_gone)
    return FALSE;
  if (!engine_context_is_ours (context))
    return FALSE;

  turn->outer_inbox = engine_inbox_begin_turn (context->inbox);
  engine_context_hold (context);

  /* A nested turn finds none: the outer one is using it. */
  turn->buffer = g_steal_pointer (&context->spare_buffer);
  if (turn->buffer == NULL)
    turn->buffer = g_malloc (ENGINE_RECEIVE_PADDING + ENGINE_RECEIVE_BUFFER + ENGINE_RECEIVE_END);
  turn->inflated = NULL;
  turn->context = context;
  turn->frames = context->limits.turn_frames;
  turn->granted = FALSE;
  turn->outer = context->budget;

  return TRUE;
}

static gboolean
turn_end (EngineTurn *turn)
{
  EngineContext *context = turn->context;
  gboolean alive;

  if (context->spare_buffer == NULL)
    context->spare_buffer = g_steal_pointer (&turn->buffer);
  g_free (turn->buffer);
  if (context->spare_inflated == NULL)
    context->spare_inflated = g_steal_pointer (&turn->inflated);
  g_free (turn->inflated);
  if (context->depth > 1)
    context->budget = turn->outer;
  context->turn_looked = turn->budget.looked;
  context->turn_full = turn->budget.over || turn->frames == 0;

  alive = engine_context_release (context);
  engine_inbox_end_turn (turn->outer_inbox);

  return alive;
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
  context->turn_began = turn_look_at_clock (context);
  engine_budget_start (&turn.budget, context->turn_began, context->limits.turn_microseconds);
  context->budget = &turn.budget;
  engine_phases_sort (&turn, events, count);
  engine_phases_run (&turn);

  return turn_end (&turn) && count >= 0;
}
