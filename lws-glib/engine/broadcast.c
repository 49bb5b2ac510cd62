/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "broadcast-private.h"

#include <glib/gi18n-lib.h>

void
engine_protocol_foreach (EngineProtocol *protocol, EngineConnectionFunc func, gpointer data)
{
  EngineContext *context = protocol->context;
  EngineConnection *last = protocol->last;

  /* While this holds, no connection leaves the list. */
  engine_context_hold (context);
  for (EngineConnection *connection = protocol->first; connection != NULL; connection = connection->next)
    {
      if (connection->state == ENGINE_STATE_OPEN)
        func (connection, data);
      if (connection == last || context->destroyed)
        break;
    }
  engine_context_release (context);
}

void
engine_protocol_deliver (EngineProtocol *protocol, guint8 *payload, gsize length)
{
  EngineContext *context = protocol->context;

  engine_context_hold (context);
  context->gather.sharing++;
  context->events->broadcast (protocol, payload, length);
  context->gather.sharing--;
  if (context->gather.sharing == 0)
    engine_gather_forget (&context->gather);
  engine_context_release (context);
}

gboolean
engine_protocol_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length, GError **error)
{
  EngineContext *context = protocol->context;

  if (length > ENGINE_BROADCAST_MAX)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("A broadcast has at most %d bytes, not %zu"), ENGINE_BROADCAST_MAX, length);
      return FALSE;
    }

  if (!engine_context_is_ours (context))
    return engine_channel_send (protocol, payload, length, error);
  if (g_atomic_pointer_get (&context->service_thread) != g_thread_self ())
    return engine_inbox_post (protocol, payload, length, error);

  engine_protocol_deliver (protocol, payload, length);

  return TRUE;
}
