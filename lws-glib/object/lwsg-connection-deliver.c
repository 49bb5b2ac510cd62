/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-deliver-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-lend-private.h"
#include "lwsg-message-check-private.h"
#include "lwsg-protocol-private.h"

/* Messages on their way to handlers of signals. */

gboolean
lwsg_connection_has_listener (LwsgConnection *self, gboolean for_pieces)
{
  guint signal = lwsg_connection_signals[for_pieces ? LWSG_CONNECTION_SIGNAL_FRAGMENT
                                                    : LWSG_CONNECTION_SIGNAL_MESSAGE];

  return g_signal_has_handler_pending (self, signal, 0, FALSE) ||
         (!for_pieces && self->protocol != NULL && lwsg_protocol_has_listener (self->protocol));
}

/* A message that was held before streaming began is one large fragment. */
static gboolean
deliver_as_piece (LwsgConnection *self, const LwsgReceived *received)
{
  return received->is_piece || self->streaming;
}

static void
deliver_emit_signals (LwsgConnection *self, const LwsgReceived *received)
{
  LwsgMessage *message = received->message;

  if (deliver_as_piece (self, received))
    {
      g_signal_emit (self, lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_FRAGMENT], 0,
                     lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), received->last);
      return;
    }

  g_signal_emit (self, lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_MESSAGE], 0, message);
  if (self->protocol != NULL)
    lwsg_protocol_emit_message (self->protocol, self, message);
}

/* Returns whether a handler in C was called. */
static gboolean
deliver_emit (LwsgConnection *self, const LwsgReceived *received)
{
  const gboolean checked =
    !received->is_piece && lwsg_message_get_message_type (received->message) == LWSG_MESSAGE_TEXT;
  GBytes *outer = lwsg_message_check_swap_validated (checked ? lwsg_message_get_bytes (received->message) : NULL);

  lwsg_lend_begin ();
  deliver_emit_signals (self, received);
  lwsg_message_check_swap_validated (outer);

  return lwsg_lend_was_taken ();
}

/* Handlers come and go, and are blocked, without a word. To look for one before each message would cost a
 * tenth of the emission: where the last message went to a handler in C it is found out afterwards, which is
 * not possible for those of other languages. */
gboolean
lwsg_connection_deliver (LwsgConnection *self, const LwsgReceived *received)
{
  const gboolean known = self->heard_in_c;
  const gboolean as_piece = deliver_as_piece (self, received);

  if (!known && !lwsg_connection_has_listener (self, as_piece))
    return FALSE;

  self->asked = TRUE;
  self->heard_in_c = deliver_emit (self, received);

  return self->heard_in_c || !known || lwsg_connection_has_listener (self, as_piece);
}
