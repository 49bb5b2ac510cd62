/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <lws-glib/lwsg-source.h>

#include "engine/context-private.h"

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

typedef struct {
  GSource source;
  EngineContext *context;       /* NULL once that is gone */
  gpointer tag;
} LwsgSource;

static gboolean
source_is_ready (LwsgSource *self)
{
  return self->context == NULL || engine_context_has_work (self->context);
}

static void
source_set_ready_time (LwsgSource *self)
{
  EngineContext *context = self->context;
  gint64 ready_time = -1;
  guint32 tick;

  if (engine_wheel_next (&context->wheel, &tick))
    ready_time = context->wheel_start + tick * context->tick_microseconds;
  if (g_source_get_ready_time (&self->source) != ready_time)
    g_source_set_ready_time (&self->source, ready_time);
}

static gboolean
source_prepare (GSource *source, int *timeout)
{
  LwsgSource *self = (LwsgSource *) source;

  *timeout = -1;
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

  return source_is_ready (self) || self->context->jobs > 0 || g_source_query_unix_fd (source, self->tag) != 0;
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  LwsgSource *self = (LwsgSource *) source;

  if (self->context == NULL || !engine_context_service (self->context, 0))
    return G_SOURCE_REMOVE;

  return callback != NULL ? callback (user_data) : G_SOURCE_CONTINUE;
}

static void
source_finalize (GSource *source)
{
  LwsgSource *self = (LwsgSource *) source;

  if (self->context != NULL)
    self->context->driver = NULL;
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
    g_source_remove_unix_fd (&self->source, self->tag);
  self->context = NULL;
}

static const EngineDriver source_driver = {
  .get_main_context = source_get_main_context,
  .gone = source_context_gone,
};

/**
 * lwsg_source_new: (skip)
 * @context: a context of the classic API
 *
 * Makes a source that calls libwebsocket_service() for @context whenever there is
 * something to do. It may be attached to any #GMainContext, with any priority, and
 * destroyed before or after @context; a context has at most one source at a time.
 * Main loops may be nested in callbacks.
 *
 * While it is attached, clients resolve names and connect on its #GMainContext.
 *
 * A callback of type #GSourceFunc may be set; it is called after each turn.
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
  g_return_val_if_fail (context->driver == NULL, NULL);

  self = (LwsgSource *) g_source_new (&source_funcs, sizeof (LwsgSource));
  self->context = context;
  self->tag = g_source_add_unix_fd (&self->source, context->epoll_fd, G_IO_IN);
  /* A source that may not recurse is blocked and unblocked at each dispatch, which
   * costs four system calls; the engine's turns may be nested. */
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
 * turn; what is left is done in the next one, each connection after the other. By
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
  self->context->limits.turn_microseconds = microseconds;
  self->context->limits.turn_frames = frames;
}
