/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/broadcast/broadcast-private.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/broadcast/process-channel-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A broadcast from another thread. */
typedef struct {
  EngineProtocol *protocol;
  gsize length;
  guint8 bytes[];               /* padding, the payload, a 0 */
} BroadcastCall;

static BroadcastCall *
broadcast_call_new (EngineProtocol *protocol, const guint8 *payload, gsize length)
{
  BroadcastCall *call = g_malloc (sizeof (BroadcastCall) + WIRE_FRAME_HEADER_MAX + length + 1);
  guint8 *place = call->bytes + WIRE_FRAME_HEADER_MAX;

  call->protocol = protocol;
  call->length = length;
  if (length > 0)
    memcpy (place, payload, length);
  place[length] = 0;

  return call;
}

static void
broadcast_call_deliver (gpointer data)
{
  BroadcastCall *call = data;

  engine_protocol_deliver (call->protocol, call->bytes + WIRE_FRAME_HEADER_MAX, call->length);
}

gboolean
engine_protocol_post (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error)
{
  return engine_mailbox_post (protocol->context->mailbox, broadcast_call_deliver,
                            broadcast_call_new (protocol, payload, length), g_free, length, error);
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
    return engine_process_channel_send (protocol, payload, length, error);
  if (!engine_mailbox_claim (context->mailbox, &claim))
    return engine_protocol_post (protocol, payload, length, error);

  engine_protocol_deliver (protocol, payload, length);
  engine_mailbox_unclaim (&claim);

  return TRUE;
}
