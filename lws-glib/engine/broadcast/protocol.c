/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/broadcast/protocol-private.h"

#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/output/frame-cache-private.h"

/* The open connections of a subprotocol, and one broadcast to all of them. */

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
engine_protocol_share_begin (EngineProtocol *protocol)
{
  engine_context_hold (protocol->context);
  protocol->context->frame_cache.sharing++;
}

void
engine_protocol_share_end (EngineProtocol *protocol)
{
  EngineContext *context = protocol->context;

  context->frame_cache.sharing--;
  if (context->frame_cache.sharing == 0)
    {
      engine_frame_cache_forget (&context->frame_cache);
      context->hooks->forget_shared (context);
    }
  engine_context_release (context);
}

void
engine_protocol_deliver (EngineProtocol *protocol, guint8 *payload, gsize length)
{
  engine_protocol_share_begin (protocol);
  protocol->context->events->broadcast (protocol, payload, length);
  engine_protocol_share_end (protocol);
}
