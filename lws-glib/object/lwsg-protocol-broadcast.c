/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-protocol-broadcast-private.h"

#include "lwsg-connection-send-private.h"
#include "lwsg-error-private.h"
#include "lwsg-message-check-private.h"

#include "engine/broadcast/mailbox-private.h"
#include "engine/broadcast/protocol-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A message to all connections of a protocol, from any thread, or to some of them. */

guint lwsg_protocol_broadcast_signal;

typedef struct {
  LwsgMessageType type;
  GBytes *bytes;
  LwsgConnectionFilterFunc filter;
  gpointer user_data;
  guint count;
} ProtocolBroadcast;

static void
broadcast_to (EngineConnection *engine, gpointer data)
{
  ProtocolBroadcast *broadcast = data;
  g_autoptr (LwsgConnection) connection = g_object_ref (engine->user);
  g_autoptr (GError) error = NULL;

  if (broadcast->filter != NULL && !broadcast->filter (connection, broadcast->user_data))
    return;
  if (lwsg_connection_send_or_keep (connection, broadcast->type, broadcast->bytes, &error))
    broadcast->count++;
  else
    g_debug ("A broadcast left out a connection: %s", error->message);
}

/* The frame is made once for all who get it. */
static guint
broadcast_now (LwsgProtocol *self, LwsgMessageType type, GBytes *bytes, LwsgConnectionFilterFunc filter,
               gpointer user_data)
{
  ProtocolBroadcast broadcast = { .type = type, .bytes = bytes, .filter = filter, .user_data = user_data };
  EngineProtocol *engine = self->engine;

  if (engine == NULL)
    return 0;

  engine_protocol_share_begin (engine);
  engine_protocol_foreach (engine, broadcast_to, &broadcast);
  engine_protocol_share_end (engine);

  return broadcast.count;
}

static void
broadcast_default (LwsgProtocol *self, LwsgMessage *message)
{
  /* Anybody can emit a signal. */
  g_return_if_fail (message != NULL);

  broadcast_now (self, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), NULL, NULL);
}

typedef struct {
  LwsgProtocol *protocol;
  LwsgMessage *message;
} BroadcastCall;

static void
broadcast_call_free (gpointer data)
{
  BroadcastCall *call = data;

  g_object_unref (call->protocol);
  lwsg_message_unref (call->message);
  g_free (call);
}

static void
broadcast_call_deliver (gpointer data)
{
  BroadcastCall *call = data;

  g_signal_emit (call->protocol, lwsg_protocol_broadcast_signal, 0, call->message);
}

static gboolean
broadcast_from_elsewhere (LwsgProtocol *self, LwsgMessage *message, gsize length, GError **error)
{
  BroadcastCall *call = g_new (BroadcastCall, 1);
  g_autoptr (GError) failure = NULL;

  *call = (BroadcastCall){ g_object_ref (self), lwsg_message_ref (message) };
  if (!engine_mailbox_post (self->home->mailbox, broadcast_call_deliver, call, broadcast_call_free, length, &failure))
    return lwsg_error_propagate (error, g_steal_pointer (&failure));

  return TRUE;
}

/**
 * lwsg_protocol_broadcast:
 * @self: a protocol
 * @type: the type of the message
 * @bytes: its payload
 * @error: return location for a #GError
 *
 * Sends a message to all open connections of the protocol: #LwsgProtocol::broadcast-request is
 * emitted on the context's thread, and its default handler sends. The message is framed
 * once for all. A connection that can't take it is dealt with by its
 * #LwsgConnection:slow-consumer-policy.
 *
 * It may be called from any thread. On the context's own the signal has been emitted when
 * it returns. The broadcasts of one thread stay in order.
 *
 * Errors are %LWSG_ERROR_INVALID_ARGUMENT for text that is not UTF-8, %LWSG_ERROR_CLOSED if
 * the context is gone, and in other threads %LWSG_ERROR_FAILED if the context's takes no
 * messages for 5 seconds.
 *
 * Returns: %TRUE if the broadcast was done or is on its way
 *
 * Since: 1.0
 */
gboolean
lwsg_protocol_broadcast (LwsgProtocol *self, LwsgMessageType type, GBytes *bytes, GError **error)
{
  g_autoptr (LwsgMessage) message = NULL;
  EngineClaim claim;
  gboolean is_open;

  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  if (!lwsg_message_check (type, bytes, error))
    return FALSE;

  message = lwsg_message_new (type, bytes);
  if (!lwsg_home_claim (self->home, &claim))
    return broadcast_from_elsewhere (self, message, g_bytes_get_size (bytes), error);
  is_open = self->engine != NULL;
  if (is_open)
    g_signal_emit (self, lwsg_protocol_broadcast_signal, 0, message);
  else
    g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The context is closed"));
  engine_mailbox_unclaim (&claim);

  return is_open;
}

/**
 * lwsg_protocol_broadcast_text:
 * @self: a protocol
 * @text: UTF-8
 * @error: return location for a #GError
 *
 * Sends a text message to all open connections, as lwsg_protocol_broadcast() does.
 *
 * Returns: %TRUE if the broadcast was done or is on its way; %FALSE with the errors of
 *   lwsg_protocol_broadcast()
 *
 * Since: 1.0
 */
gboolean
lwsg_protocol_broadcast_text (LwsgProtocol *self, const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  bytes = g_bytes_new (text, strlen (text));

  return lwsg_protocol_broadcast (self, LWSG_MESSAGE_TEXT, bytes, error);
}

/**
 * lwsg_protocol_broadcast_filtered:
 * @self: a protocol
 * @type: the type of the message
 * @bytes: its payload
 * @filter: (scope call): decides for each connection whether it gets the message
 * @user_data: for @filter
 * @error: return location for a #GError
 *
 * Sends a message to some of the open connections. Only on the context's thread;
 * #LwsgProtocol::broadcast-request is not emitted.
 *
 * Returns: how many connections got the message; 0 with @error set to
 *   %LWSG_ERROR_INVALID_ARGUMENT for text that is not UTF-8, or to %LWSG_ERROR_CLOSED
 *
 * Since: 1.0
 */
guint
lwsg_protocol_broadcast_filtered (LwsgProtocol *self, LwsgMessageType type, GBytes *bytes,
                                  LwsgConnectionFilterFunc filter, gpointer user_data, GError **error)
{
  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), 0);
  g_return_val_if_fail (bytes != NULL, 0);
  g_return_val_if_fail (filter != NULL, 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  if (!lwsg_message_check (type, bytes, error))
    return 0;
  if (self->engine == NULL)
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The context is closed"));
      return 0;
    }

  return broadcast_now (self, type, bytes, filter, user_data);
}

void
lwsg_protocol_install_broadcast (void)
{
  /**
   * LwsgProtocol::broadcast-request:
   * @self: the protocol
   * @message: what shall be sent
   *
   * Somebody called lwsg_protocol_broadcast(). The default handler sends the message to
   * all connections; a handler that stops the emission may do otherwise, such as with
   * lwsg_protocol_broadcast_filtered().
   *
   * Since: 1.0
   */
  lwsg_protocol_broadcast_signal =
    g_signal_new_class_handler ("broadcast-request", LWSG_TYPE_PROTOCOL, G_SIGNAL_RUN_LAST,
                                G_CALLBACK (broadcast_default), NULL, NULL, NULL, G_TYPE_NONE, 1,
                                LWSG_TYPE_MESSAGE);
}
