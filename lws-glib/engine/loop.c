/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/budget-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/iteration-private.h"
#include "engine/connection/scope-private.h"
#include "engine/loop-steps-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#define LOOP_EVENTS 256

/* While another thread has the main context of GIO's answers, nothing tells when it gives it back. */
#define LOOP_BORROWED_MS 10

/* --- waiting */

gboolean
engine_loop_has_work (EngineContext *context)
{
  return context->ready.count > 0 || context->tls_handshakes.count > 0 || context->resumed.count > 0 ||
         context->writable.count > 0 || context->dirty.count > 0 || context->sent.count > 0 ||
         context->ended.count > 0 || context->memory.pressed || (context->depth == 0 && context->dead.count > 0);
}

/* Until something is due, in milliseconds; -1 for ever. */
static int
loop_wait_time (EngineContext *context, int timeout_ms)
{
  guint32 tick;
  gint64 wait;

  if (engine_loop_has_work (context) || (context->depth == 1 && context->dead.count > 0))
    return 0;
  if (timeout_ms == 0 || !engine_timer_wheel_next (&context->wheel, &tick))
    return timeout_ms;

  wait = context->wheel_start + tick * context->tick_microseconds - g_get_monotonic_time ();
  /* Rounded up: an iteration that begins just before its time does nothing. */
  wait = (MAX (wait, 0) + 999) / 1000;

  return timeout_ms < 0 ? (int) MIN (wait, G_MAXINT) : (int) MIN (wait, timeout_ms);
}

static gint64
loop_look_at_clock (EngineContext *context)
{
  gint64 now = g_get_monotonic_time ();

  context->tick = (guint32) ((now - context->wheel_start) / context->tick_microseconds);

  return now;
}

/* While GIO has a job for us, its context is waited for, too, and dispatched. Returns for how long
 * there is still to wait. */
static int
loop_wait_for_jobs (EngineContext *context, int timeout_ms)
{
  GMainContext *gio = context->gio;
  g_autofree GPollFD *fds = NULL;
  int gio_timeout;
  int priority;
  int count;

  /* GIO's thread of a TLS handshake may be asking something in it. */
  if (!g_main_context_acquire (gio))
    return timeout_ms < 0 ? LOOP_BORROWED_MS : MIN (timeout_ms, LOOP_BORROWED_MS);

  g_main_context_prepare (gio, &priority);
  count = g_main_context_query (gio, priority, &gio_timeout, NULL, 0);
  fds = g_new0 (GPollFD, count + 1);
  count = MIN (count, g_main_context_query (gio, priority, &gio_timeout, fds, count));
  fds[count] = (GPollFD){ .fd = context->epoll_fd, .events = G_IO_IN };
  if (gio_timeout >= 0 && (timeout_ms < 0 || gio_timeout < timeout_ms))
    timeout_ms = gio_timeout;

  g_poll (fds, (guint) count + 1, timeout_ms);
  loop_look_at_clock (context);
  g_main_context_check (gio, priority, fds, count);
  g_main_context_dispatch (gio);
  g_main_context_release (gio);

  return 0;
}

static int
loop_wait (EngineContext *context, struct epoll_event *events, int timeout_ms)
{
  int wait = loop_wait_time (context, timeout_ms);
  int count;

  if (context->jobs > 0)
    wait = loop_wait_for_jobs (context, wait);

  count = epoll_wait (context->epoll_fd, events, LOOP_EVENTS, wait);
  if (count >= 0)
    return count;
  if (errno == EINTR)
    return 0;

  /* Somebody closed the descriptor: there is no way on. */
  g_message (_("The service loop can't go on: %s"), g_strerror (errno));
  return -1;
}

/* --- the iteration */

static gboolean
loop_begin (EngineIteration *iteration, EngineContext *context)
{
  if (context->destroyed || context->parent_gone)
    return FALSE;
  if (!engine_context_is_ours (context))
    return FALSE;

  iteration->outer_mailbox = engine_mailbox_begin_iteration (context->mailbox);
  engine_context_hold (context);

  /* A nested iteration finds none: the outer one is using it. */
  iteration->buffer = g_steal_pointer (&context->spare_buffer);
  if (iteration->buffer == NULL)
    iteration->buffer = g_malloc (ENGINE_RECEIVE_PADDING + ENGINE_RECEIVE_BUFFER + ENGINE_RECEIVE_END);
  iteration->inflated = NULL;
  iteration->context = context;
  iteration->frames = context->limits.iteration_frames;
  iteration->granted = FALSE;
  iteration->outer = context->budget;

  return TRUE;
}

static gboolean
loop_end (EngineIteration *iteration)
{
  EngineContext *context = iteration->context;
  gboolean alive;

  if (context->spare_buffer == NULL)
    context->spare_buffer = g_steal_pointer (&iteration->buffer);
  g_free (iteration->buffer);
  if (context->spare_inflated == NULL)
    context->spare_inflated = g_steal_pointer (&iteration->inflated);
  g_free (iteration->inflated);
  if (context->depth > 1)
    context->budget = iteration->outer;
  context->iteration_looked = iteration->budget.looked;
  context->iteration_full = iteration->budget.over || iteration->frames == 0;

  alive = engine_context_release (context);
  engine_mailbox_end_iteration (iteration->outer_mailbox);

  return alive;
}

gboolean
engine_loop_service (EngineContext *context, int timeout_ms)
{
  struct epoll_event events[LOOP_EVENTS];
  EngineIteration iteration;
  int count;

  if (!loop_begin (&iteration, context))
    return FALSE;

  count = loop_wait (context, events, timeout_ms);
  context->iteration_began = loop_look_at_clock (context);
  engine_budget_start (&iteration.budget, context->iteration_began, context->limits.iteration_microseconds);
  context->budget = &iteration.budget;
  engine_loop_sort_events (&iteration, events, count);
  engine_loop_run_steps (&iteration);

  return loop_end (&iteration) && count >= 0;
}
