/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* A connection for which whoever wants it waits within the call. */

typedef struct {
  GCancellable *cancellable;
  GSocketConnection *stream;
  GError *error;
  gboolean done;
} ConnectorWait;

static void
connector_on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  ConnectorWait *wait = data;

  wait->stream = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &wait->error);
  wait->done = TRUE;
}

static gboolean
connector_on_time_over (gpointer data)
{
  ConnectorWait *wait = data;

  g_cancellable_cancel (wait->cancellable);

  return G_SOURCE_REMOVE;
}

/* Waits in a main context of its own: nothing else of the program happens meanwhile. */
static GSocketConnection *
connector_wait (EngineDial *dial, const EngineDestination *destination, guint seconds, GError **error)
{
  g_autoptr (GSocketClient) client = engine_connector_client (destination);
  g_autoptr (GSocketConnectable) connectable = engine_connector_connectable (dial, destination);
  g_autoptr (GMainContext) own = engine_connector_new_main_context ();
  g_autoptr (GSource) timer = g_timeout_source_new_seconds (seconds);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ConnectorWait wait = { .cancellable = cancellable };

  if (own == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No connection to %s: %s"), dial->place,
                   g_strerror (errno));
      return NULL;
    }

  g_source_set_callback (timer, connector_on_time_over, &wait, NULL);
  g_source_attach (timer, own);
  g_main_context_push_thread_default (own);
  g_socket_client_connect_async (client, connectable, cancellable, connector_on_waited, &wait);
  while (!wait.done)
    g_main_context_iteration (own, TRUE);
  g_source_destroy (timer);
  /* The attempts that came too late still have to be told. */
  while (g_main_context_iteration (own, FALSE))
    ;
  g_main_context_pop_thread_default (own);

  if (wait.error != NULL && g_cancellable_is_cancelled (cancellable))
    {
      g_error_free (wait.error);
      wait.error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_TIMED_OUT, _("No connection to %s within %u s"),
                                dial->place, seconds);
    }
  if (wait.error != NULL)
    g_propagate_error (error, wait.error);

  return wait.stream;
}

/* Whoever asked knows that there is no connection: nobody else is told. */
static EngineConnection *
connector_drop (EngineConnection *connection, GError **error)
{
  EngineDial *dial = connection->dial;

  if (dial->error != NULL)
    g_propagate_error (error, g_steal_pointer (&dial->error));
  engine_connector_release (connection);

  return NULL;
}

EngineConnection *
engine_connector_dial_within (EngineContext *context, const EngineDestination *destination, guint seconds,
                              GError **error)
{
  EngineConnection *connection = engine_connector_prepare (context, destination, error);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GError) failure = NULL;

  if (connection == NULL)
    return NULL;

  stream = connector_wait (connection->dial, destination, seconds, &failure);
  engine_context_hold (context);
  /* In a turn it was another tick when that began. */
  context->tick = engine_context_tick (context);
  if (failure != NULL && failure->domain == ENGINE_ERROR)
    engine_connector_fail (connection, failure);
  else if (failure != NULL || !connection->dial->secure || engine_connector_choose_context (context, connection->dial))
    engine_connector_take_over (connection, stream, failure);
  if (connection->state == ENGINE_STATE_CLOSED)
    connection = connector_drop (connection, error);
  engine_context_release (context);

  return connection;
}
