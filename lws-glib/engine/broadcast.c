/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "broadcast-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A broadcast from another thread. */
typedef struct {
  EngineProtocol *protocol;
  gsize length;
  guint8 bytes[];               /* padding, the payload, a 0 */
} BroadcastLetter;

static BroadcastLetter *
broadcast_letter_new (EngineProtocol *protocol, const guint8 *payload, gsize length)
{
  BroadcastLetter *letter = g_malloc (sizeof (BroadcastLetter) + WIRE_FRAME_HEADER_MAX + length + 1);
  guint8 *place = letter->bytes + WIRE_FRAME_HEADER_MAX;

  letter->protocol = protocol;
  letter->length = length;
  if (length > 0)
    memcpy (place, payload, length);
  place[length] = 0;

  return letter;
}

static void
broadcast_letter_deliver (gpointer data)
{
  BroadcastLetter *letter = data;

  engine_protocol_deliver (letter->protocol, letter->bytes + WIRE_FRAME_HEADER_MAX, letter->length);
}

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
  protocol->context->gather.sharing++;
}

void
engine_protocol_share_end (EngineProtocol *protocol)
{
  EngineContext *context = protocol->context;

  context->gather.sharing--;
  if (context->gather.sharing == 0)
    {
      engine_gather_forget (&context->gather);
      engine_deflate_forget_shared (context);
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

gboolean
engine_protocol_post (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error)
{
  return engine_inbox_post (protocol->context->inbox, broadcast_letter_deliver,
                            broadcast_letter_new (protocol, payload, length), g_free, length, error);
}

gboolean
engine_protocol_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length, GError **error)
{
  EngineContext *context = protocol->context;
  EngineClaim claim;

  if (length > ENGINE_BROADCAST_MAX)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("A broadcast has at most %d bytes, not %zu"), ENGINE_BROADCAST_MAX, length);
      return FALSE;
    }

  if (!engine_context_is_ours (context))
    return engine_channel_send (protocol, payload, length, error);
  if (!engine_inbox_claim (context->inbox, &claim))
    return engine_protocol_post (protocol, payload, length, error);

  engine_protocol_deliver (protocol, payload, length);
  engine_inbox_unclaim (&claim);

  return TRUE;
}
