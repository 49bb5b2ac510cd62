/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "relief-private.h"

#include "context-private.h"

#define RELIEF_TICKS 1

void
engine_relief_call (EngineContext *context)
{
  if (!engine_timer_is_set (&context->relief))
    engine_context_set_timer (context, &context->relief, RELIEF_TICKS);
}

/* It happens too rarely for a list of those that rest. */
static void
relief_feed_list (EngineConnection *first)
{
  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    if (connection->starved)
      engine_connection_on_relief (connection);
}

void
engine_relief_come (EngineContext *context)
{
  relief_feed_list (context->first);
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      relief_feed_list (protocol->first);
      if (!engine_poller_set (engine_context_poller (context), &protocol->channel.watch, EPOLLIN))
        engine_relief_call (context);
    }
}
