/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/announce-private.h"

#include "engine/base/connection-queue-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"

#include <glib/gi18n-lib.h>

/* What the owner is told at the end of an iteration: what has been sent, and which connections have ended. Those are freed behind that. */

static void
announce_end (EngineConnection *connection)
{
  EngineContext *context = connection->context;
  /* Who is closed by what it is told here is queued again. */
  gboolean closed = connection->state == ENGINE_STATE_CLOSED;

  if (connection->opened && !connection->end_told)
    {
      connection->end_told = TRUE;
      context->events->closed (connection, connection->close_code, connection->close_reason);
    }
  else if (connection->role == WIRE_ROLE_CLIENT && connection->dial != NULL)
    context->hooks->announce_failure (connection);

  if (closed)
    engine_connection_queue_push (&context->dead, connection);
}

void
engine_context_free_dead (EngineContext *context)
{
  EngineConnection *connection;

  for (guint left = context->dead.count; left > 0 && engine_context_has_time (context); left--)
    {
      connection = engine_connection_queue_pop (&context->dead);
      if (connection == NULL)
        return;
      /* Each of thousands would have to be looked for in a queue. Soon it will have left them all. */
      if (connection->queued != 0 && !context->destroyed)
        engine_connection_queue_push (&context->dead, connection);
      else
        engine_connection_free (connection);
    }
}

void
engine_context_announce (EngineContext *context)
{
  EngineConnection *connection;

  while (context->sent.count > 0 && engine_context_has_time (context))
    {
      connection = engine_connection_queue_next (&context->sent, ENGINE_QUEUE_SENT);
      context->events->sent (connection);
    }
  /* An end is told behind everything else. */
  while (context->sent.count == 0 && context->ended.count > 0 && engine_context_has_time (context))
    {
      connection = engine_connection_queue_next (&context->ended, ENGINE_QUEUE_ENDED);
      announce_end (connection);
    }
}
