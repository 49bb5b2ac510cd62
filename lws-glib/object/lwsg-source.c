/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <lws-glib/lwsg-source.h>

#include "engine/base/timer-wheel-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"

#include <glib-unix.h>

/**
 * SECTION:lwsg-source
 * @title: A source for classic contexts
 * @short_description: libwebsocket_service() in a main loop
 *
 * With this source a #GMainLoop does what a program of the classic API does in a
 * loop of its own: call libwebsocket_service(). However many connections there are,
 * the main loop polls one descriptor for all of them.
 *
 * |[<!-- language="C" -->
 * GSource *source = lwsg_source_new (context);
 *
 * g_source_attach (source, NULL);
 * g_source_unref (source);
 * ]|
 *
 * A #LwsgContext has such a source already.
 */

/* While GIO answers on a main context of the engine's own, which happens only if a
 * client connected before the source was attached. */
#define SOURCE_JOBS_MS 10

/* GDK_PRIORITY_REDRAW: GTK draws with this priority, and is not included here. */
#define SOURCE_REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

/* Every so many times it is not only for a redraw that the source steps aside, but for all idle
 * work: a program that always has some gets a share, and the source most of the time. */
#define SOURCE_IDLE_EVERY 4

/* It comes back at the latest in the iteration after this many. Others of its priority may be
 * busy without end, and a few of them step aside, too: it waits until they have. */
#define SOURCE_ITERATIONS_ASIDE 4

typedef struct _LwsgRear LwsgRear;

/* In a flood the source is ready in each iteration of the main loop, and what has a lower priority
 * would never run. So it steps aside: for some iterations it is not ready, and another source,
 * the rear, is, with a priority behind those that shall run before. When the rear is
 * dispatched, none of them has anything to do. To change the priority of the source itself and
 * back would cost more: its descriptor is taken out of the main context and put back. */
typedef struct {
  GSource source;
  EngineContext *context;       /* NULL once that is gone */
  GPollFD poll;
  LwsgRear *rear;
  gint64 since;                 /* when it began to work without a break; 0: with the next iteration */
  guint aside;                  /* for how many iterations it still steps aside; 0: it doesn't */
  guint breaks;                 /* how often it has stepped aside */
} LwsgSource;

struct _LwsgRear {
  GSource source;
  LwsgSource *front;
};

/* --- stepping aside */

static void
source_come_back (LwsgSource *self)
{
  self->aside = 0;
  self->since = 0;
  self->poll.events = G_IO_IN;
  g_source_set_ready_time (&self->rear->source, -1);
}

static gboolean
rear_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  source_come_back (((LwsgRear *) source)->front);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs rear_funcs = { .dispatch = rear_dispatch };

static LwsgRear *
rear_new (LwsgSource *front)
{
  LwsgRear *self = (LwsgRear *) g_source_new (&rear_funcs, sizeof (LwsgRear));

  self->front = front;
  g_source_set_can_recurse (&self->source, TRUE);
  g_source_set_static_name (&self->source, "lws-glib, behind");

  return self;
}

static void
source_step_aside (LwsgSource *self)
{
  GSource *rear = &self->rear->source;
  int behind = ++self->breaks % SOURCE_IDLE_EVERY == 0 ? G_PRIORITY_LOW : SOURCE_REDRAW_PRIORITY;

  if (g_source_get_context (rear) == NULL)
    g_source_attach (rear, g_source_get_context (&self->source));
  g_source_set_priority (rear, MAX (g_source_get_priority (&self->source), behind) + 1);
  g_source_set_ready_time (rear, 0);
  g_source_set_ready_time (&self->source, -1);
  self->poll.events = 0;
  self->aside = SOURCE_ITERATIONS_ASIDE;
}

/* After an iteration: has it worked for so long that others shall have theirs? With half of an iteration's time gone a
 * further iteration might make it much more than a whole one. */
static void
source_look_at_others (LwsgSource *self)
{
  const EngineContext *context = self->context;

  if (self->since == 0)
    self->since = context->iteration_began;
  if (!context->iteration_full && context->iteration_looked - self->since < context->limits.iteration_microseconds / 2)
    return;
  if (g_source_get_priority (&self->source) >= G_PRIORITY_DEFAULT && !g_source_is_destroyed (&self->source))
    source_step_aside (self);
}

/* --- iterations */

static gboolean
source_is_ready (LwsgSource *self)
{
  /* Or it is to be removed. */
  return self->context == NULL || !engine_context_is_ours (self->context) || engine_loop_has_work (self->context);
}

static void
source_set_ready_time (LwsgSource *self)
{
  EngineContext *context = self->context;
  gint64 ready_time = -1;
  guint32 tick;

  if (engine_timer_wheel_next (&context->wheel, &tick))
    ready_time = context->wheel_start + tick * context->tick_microseconds;
  if (g_source_get_ready_time (&self->source) != ready_time)
    g_source_set_ready_time (&self->source, ready_time);
}

static gboolean
source_prepare (GSource *source, int *timeout)
{
  LwsgSource *self = (LwsgSource *) source;

  *timeout = -1;
  if (self->aside > 0 && self->context != NULL)
    {
      if (--self->aside > 0)
        return FALSE;
      source_come_back (self);
    }
  if (source_is_ready (self))
    return TRUE;

  source_set_ready_time (self);
  if (self->context->jobs > 0)
    *timeout = SOURCE_JOBS_MS;

  return FALSE;
}

static gboolean
source_check (GSource *source)
{
  LwsgSource *self = (LwsgSource *) source;

  if (self->aside > 0 && self->context != NULL)
    return FALSE;
  if (source_is_ready (self) || self->context->jobs > 0 || self->poll.revents != 0)
    return TRUE;

  /* It had nothing to do, and the others had their chance. */
  self->since = 0;

  return FALSE;
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  LwsgSource *self = (LwsgSource *) source;

  if (self->aside > 0)
    source_come_back (self);
  if (self->context == NULL || !engine_loop_service (self->context, 0))
    return G_SOURCE_REMOVE;
  /* A callback may have made another source for the context, in place of this one. */
  if (self->context == NULL)
    return G_SOURCE_REMOVE;
  source_look_at_others (self);

  return callback != NULL ? callback (user_data) : G_SOURCE_CONTINUE;
}

static void
source_finalize (GSource *source)
{
  LwsgSource *self = (LwsgSource *) source;

  if (self->context != NULL)
    self->context->driver = NULL;
  g_source_destroy (&self->rear->source);
  g_source_unref (&self->rear->source);
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
  .finalize = source_finalize,
};

static GMainContext *
source_get_main_context (gpointer data)
{
  GSource *source = data;

  return g_source_is_destroyed (source) ? NULL : g_source_get_context (source);
}

static void
source_context_gone (gpointer data)
{
  LwsgSource *self = data;

  /* The descriptor is about to be closed, and its number may be used again. */
  if (!g_source_is_destroyed (&self->source))
    g_source_remove_poll (&self->source, &self->poll);
  self->context = NULL;
}

static const EngineDriver source_driver = {
  .get_main_context = source_get_main_context,
  .gone = source_context_gone,
};

/* One that was destroyed lives on for as long as anybody refers to it, such as the main loop that is dispatching
 * it, and does nothing any more: another one may take its place. So may it in a forked process, which has but a copy. */
static void
source_give_up_former (EngineContext *context)
{
  if (context->driver != &source_driver ||
      (!g_source_is_destroyed (context->driver_data) && !engine_context_is_copy (context)))
    return;

  source_context_gone (context->driver_data);
  context->driver = NULL;
}

/**
 * lwsg_source_new: (skip)
 * @context: a context of the classic API
 *
 * Makes a source that calls libwebsocket_service() for @context whenever there is
 * something to do. It may be attached to any #GMainContext, with any priority, and
 * destroyed before or after @context; a context has at most one source at a time.
 * Main loops may be nested in callbacks.
 *
 * However much there is to do, others get their iteration: see #LwsgContext:priority, of which all
 * is true for the priority of the source, too.
 *
 * While it is attached, clients resolve names and connect on its #GMainContext.
 *
 * A callback of type #GSourceFunc may be set; it is called after each iteration.
 *
 * In a process that is forked later, the copy of the source does nothing and leaves its main loop. A
 * source that is made there takes the service over, as libwebsocket_service() does.
 *
 * Returns: (transfer full): the source, not attached yet
 *
 * Since: 1.0
 */
GSource *
lwsg_source_new (struct libwebsocket_context *context)
{
  LwsgSource *self;

  g_return_val_if_fail (context != NULL, NULL);

  /* If that fails, or another process serves, the source leaves its main loop at once. */
  engine_context_take (context);
  source_give_up_former (context);
  g_return_val_if_fail (context->driver == NULL, NULL);

  self = (LwsgSource *) g_source_new (&source_funcs, sizeof (LwsgSource));
  self->context = context;
  self->poll = (GPollFD){ .fd = context->epoll_fd, .events = G_IO_IN };
  g_source_add_poll (&self->source, &self->poll);
  self->rear = rear_new (self);
  /* A source that may not recurse is blocked and unblocked at each dispatch, which
   * costs four system calls; the engine's iterations may be nested. */
  g_source_set_can_recurse (&self->source, TRUE);
  g_source_set_static_name (&self->source, "lws-glib");
  context->driver = &source_driver;
  context->driver_data = self;

  return &self->source;
}

/**
 * lwsg_source_set_budget: (skip)
 * @source: a source of lwsg_source_new()
 * @microseconds: the longest time that one dispatch shall take
 * @frames: the most frames that it shall work on
 *
 * Bounds what one dispatch does before other sources of the main loop get their
 * iteration; what is left is done in the next one, each connection after the other. By
 * default it is 4 ms, a quarter of a frame at 60 Hz, and 8192 frames. The bounds are
 * the context's, and hold for calls of libwebsocket_service() as well.
 *
 * Since: 1.0
 */
void
lwsg_source_set_budget (GSource *source, guint microseconds, guint frames)
{
  LwsgSource *self = (LwsgSource *) source;

  g_return_if_fail (source != NULL && source->source_funcs == &source_funcs);
  g_return_if_fail (microseconds > 0 && frames > 0);

  if (self->context == NULL)
    return;
  self->context->limits.iteration_microseconds = microseconds;
  self->context->limits.iteration_frames = frames;
}
