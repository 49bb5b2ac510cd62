/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-end-private.h"

#include "lwsg-connection-close-private.h"
#include "lwsg-connection-look-private.h"
#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-connection-send-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-protocol-private.h"
#include "lwsg-store-private.h"

/* The end of a connection: everybody who waits is told, in this order. */

void
lwsg_connection_forget (LwsgConnection *self)
{
  self->engine = NULL;
  self->close_code = LWSG_CLOSE_ABNORMAL;
  g_atomic_int_set (&self->state, LWSG_CONNECTION_CLOSED);
  if (self->protocol != NULL)
    lwsg_protocol_remove (self->protocol, self);
  lwsg_connection_look_no_more (self);
  g_clear_object (&self->context);
}

void
lwsg_connection_on_closed (LwsgConnection *self, guint code, const char *reason, gboolean peer_closed)
{
  g_autoptr (LwsgConnection) alive = g_object_ref (self);
  /* It may go with the last of its connections. */
  g_autoptr (LwsgContext) context = g_steal_pointer (&self->context);

  self->engine = NULL;
  self->peer_closed = peer_closed;
  self->close_code = code;
  self->close_reason = reason != NULL ? g_utf8_make_valid (reason, -1) : NULL;
  g_atomic_int_set (&self->state, LWSG_CONNECTION_CLOSED);

  if (self->protocol != NULL)
    lwsg_protocol_remove (self->protocol, self);
  lwsg_connection_drop_kept (self);
  lwsg_connection_wait_fail (self, &self->sends);
  lwsg_connection_fail_pings (self);
  lwsg_connection_deliver_held (self);
  lwsg_connection_wait_fail (self, &self->receives);
  lwsg_connection_look_last (self);
  lwsg_connection_finish_closes (self);
  g_clear_pointer (&self->parts, lwsg_block_free);

  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_STATE);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_CLOSE_CODE);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_CLOSE_REASON);
  g_signal_emit (self, lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_CLOSED], 0);
  if (self->protocol != NULL)
    lwsg_protocol_emit_closed (self->protocol, self);
}
