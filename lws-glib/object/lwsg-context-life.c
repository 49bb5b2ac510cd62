/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-life-private.h"

#include "lwsg-context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-protocol-private.h"

#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"

#include <glib/gi18n-lib.h>

/* How long a context lives. What is open holds it: each connection, each client that connects
 * (its GTask does), and that it listens. All of that ends in the main loop, or with
 * lwsg_context_close(): where nothing holds a context any more there is nothing left to tell, and
 * nothing may be told: in the middle of a garbage collection no handler can be called. */

gboolean
lwsg_context_check_open (LwsgContext *self, GError **error)
{
  if (self->engine != NULL)
    return TRUE;

  g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The context is closed"));
  return FALSE;
}

void
lwsg_context_keep_listening (LwsgContext *self)
{
  if (self->listening)
    return;

  self->listening = TRUE;
  g_object_ref (self);
}

/* Ends everything, and tells the connections. */
static void
context_end (LwsgContext *self)
{
  EngineContext *engine = g_steal_pointer (&self->engine);

  self->limits = engine->limits;
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  engine_context_destroy (engine);
  self->clients = NULL;
}

/**
 * lwsg_context_close:
 * @self: a context
 *
 * Stops to listen and ends all connections, each with a Close of %LWSG_CLOSE_GOING_AWAY as
 * far as that can be sent at once. Nothing can be done with the context afterwards: what is
 * tried fails with %LWSG_ERROR_CLOSED. Nothing is emitted by its protocols any more, and
 * handlers of their signals are disconnected.
 *
 * A context that listens, has connections, or connects is held by them, whoever gives up
 * references to it: this ends it.
 *
 * Since: 1.0
 */
void
lwsg_context_close (LwsgContext *self)
{
  g_autoptr (LwsgContext) alive = NULL;

  g_return_if_fail (LWSG_IS_CONTEXT (self));
  /* What a forked process has may be given up there, and nobody hears of it. */
  if (!lwsg_home_is_copy (self->home))
    lwsg_return_if_elsewhere (self->home);

  if (self->engine == NULL)
    return;

  /* As long as signals are emitted the context must be there. */
  alive = g_object_ref (self);
  context_end (self);
  for (guint i = 0; i < self->protocols->len; i++)
    lwsg_protocol_end (self->protocols->pdata[i]);
  if (self->listening)
    {
      self->listening = FALSE;
      g_object_unref (self);
    }
}

/* --- the last reference */

static gboolean
list_is_busy (const EngineConnection *first)
{
  for (const EngineConnection *connection = first; connection != NULL; connection = connection->next)
    if (connection->state != ENGINE_STATE_CLOSED || (connection->opened && !connection->end_told))
      return TRUE;

  return FALSE;
}

/* Is there anybody who would have to be told of an end? */
static gboolean
context_is_busy (LwsgContext *self)
{
  EngineContext *engine = self->engine;

  if (engine->listeners->len > 0 || list_is_busy (engine->first))
    return TRUE;
  for (guint i = 0; i < engine->protocols->len; i++)
    if (list_is_busy (((EngineProtocol *) engine->protocols->pdata[i])->first))
      return TRUE;

  return FALSE;
}

static gboolean
context_close_later (gpointer data)
{
  lwsg_context_close (data);

  return G_SOURCE_REMOVE;
}

gboolean
lwsg_context_may_go (LwsgContext *self)
{
  if (self->engine != NULL && !lwsg_home_is_copy (self->home) &&
      (!lwsg_home_is_here (self->home) || context_is_busy (self)))
    {
      /* The last reference was given up in another thread, or somebody called
       * g_object_run_dispose(): its end is a matter of the main loop. */
      lwsg_home_run (self->home, context_close_later, g_object_ref (self), g_object_unref);
      return FALSE;
    }

  if (self->engine != NULL)
    {
      context_end (self);
      for (guint i = 0; i < self->protocols->len; i++)
        lwsg_protocol_detach (self->protocols->pdata[i]);
    }
  /* Their handlers may hold the context, which holds them. */
  g_ptr_array_set_size (self->protocols, 0);

  return TRUE;
}
