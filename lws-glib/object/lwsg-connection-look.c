/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-look-private.h"

#include "lwsg-connection-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-context-private.h"

/* Looking for handlers that were connected late: nothing tells of them. */

/* They mostly come soon: it is looked for them at first after the shorter time, and then after
 * twice that, up to the longer one. */
#define LOOK_MS_MIN 10
#define LOOK_MS_MAX 1000

/* Who has not asked by then does not want messages at all, and is not to miss a Ping or a
 * Close because of them. Nor is it looked for longer behind the end: programs keep what is
 * closed, and are not to be woken for it. */
#define LOOK_STALL_SECONDS 30

/* A server that only sends connects to no messages. Clients that send some all the same
 * would not be heard any more after a while, and not be seen to leave. */
static void
look_at_stall (LwsgConnection *self)
{
  if (self->asked || self->paused || !lwsg_connection_holds_too_much (self))
    return;

  self->stalled += self->look_ms;
  if (self->stalled >= LOOK_STALL_SECONDS * 1000)
    lwsg_connection_drop_unwanted (self);
}

static void
look_in (LwsgConnection *self, guint milliseconds)
{
  self->look_ms = milliseconds;
  g_source_set_ready_time (self->looking, g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND);
}

/* FALSE: there is nothing left to look for. */
static gboolean
look_once (LwsgConnection *self)
{
  lwsg_connection_deliver_held (self);
  if (self->engine != NULL)
    look_at_stall (self);
  if (g_queue_is_empty (&self->held))
    return FALSE;

  look_in (self, MIN (self->look_ms * 2, LOOK_MS_MAX));

  return TRUE;
}

static gboolean
look_end (LwsgConnection *self)
{
  g_clear_pointer (&self->looking, g_source_unref);

  return G_SOURCE_REMOVE;
}

static gboolean
look_while_open (gpointer data)
{
  g_autoptr (LwsgConnection) self = g_object_ref (data);

  return look_once (self) ? G_SOURCE_CONTINUE : look_end (self);
}

/* --- behind the end, when any thread may free the connection */

static GWeakRef *
look_weak_new (LwsgConnection *self)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);

  return weak;
}

static void
look_weak_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static gboolean
look_behind_the_end (gpointer weak)
{
  g_autoptr (LwsgConnection) self = g_weak_ref_get (weak);

  if (self == NULL)
    return G_SOURCE_REMOVE;

  self->stalled += self->look_ms;

  return look_once (self) && self->stalled < LOOK_STALL_SECONDS * 1000 ? G_SOURCE_CONTINUE : look_end (self);
}

static gboolean
look_at_the_end (gpointer data)
{
  LwsgConnection *self = data;

  self->stalled = 0;
  if (!look_once (self))
    return look_end (self);
  g_source_set_callback (self->looking, look_behind_the_end, look_weak_new (self), look_weak_free);

  return G_SOURCE_CONTINUE;
}

void
lwsg_connection_look_last (LwsgConnection *self)
{
  if (self->looking != NULL)
    g_source_set_callback (self->looking, look_at_the_end, g_object_ref (self), g_object_unref);
}

/* --- the source */

static gboolean
look_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs look_funcs = { .dispatch = look_dispatch };

void
lwsg_connection_look_for_handlers (LwsgConnection *self)
{
  LwsgContext *context;

  if (self->looking != NULL || self->engine == NULL)
    return;

  context = self->engine->context->owner;
  self->looking = g_source_new (&look_funcs, sizeof (GSource));
  look_in (self, LOOK_MS_MIN);
  g_source_set_callback (self->looking, look_while_open, self, NULL);
  g_source_attach (self->looking, context->main_context);
}

void
lwsg_connection_look_no_more (LwsgConnection *self)
{
  if (self->looking != NULL)
    g_source_destroy (self->looking);
  g_clear_pointer (&self->looking, g_source_unref);
}
