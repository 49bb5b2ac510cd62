/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/retry-private.h"

#include "engine/base/poller-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/write-private.h"

#define RETRY_TICKS 1

void
engine_retry_schedule (EngineContext *context)
{
  if (!engine_timer_is_set (&context->retry))
    engine_context_set_timer (context, &context->retry, RETRY_TICKS);
}

/* It happens too rarely for a list of those that rest. */
static void
retry_list (EngineConnection *first)
{
  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    if (connection->no_buffers)
      engine_connection_retry_output (connection);
}

void
engine_retry_run (EngineContext *context)
{
  retry_list (context->first);
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      retry_list (protocol->first);
      if (!engine_poller_set (engine_context_poller (context), &protocol->channel.watch, EPOLLIN))
        engine_retry_schedule (context);
    }
}
