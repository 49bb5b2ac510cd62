/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-home-private.h"

/* Whether messages come now, and whether they come in pieces. */

static void
flow_set_paused (LwsgConnection *self, gboolean paused)
{
  if (self->paused != paused)
    {
      self->paused = paused;
      lwsg_connection_notify (self, LWSG_CONNECTION_PROP_PAUSED);
    }
  lwsg_connection_deliver_held (self);
}

/**
 * lwsg_connection_pause:
 * @self: a connection
 *
 * Receives nothing for now: what the peer sends waits in the kernel, and then with the
 * peer. Pings are not answered and a Close is not seen meanwhile. Only on the context's
 * thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_pause (LwsgConnection *self)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  flow_set_paused (self, TRUE);
}

/**
 * lwsg_connection_resume:
 * @self: a connection
 *
 * Goes on after lwsg_connection_pause(). Messages that came while there was no handler
 * for #LwsgConnection::message, or all were blocked, are delivered now. Only on the context's
 * thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_resume (LwsgConnection *self)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  flow_set_paused (self, FALSE);
}

/**
 * LwsgConnection:paused:
 *
 * Whether lwsg_connection_pause() was called.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_paused:
 * @self: a connection
 *
 * Gets #LwsgConnection:paused.
 *
 * Returns: %TRUE if lwsg_connection_pause() was called
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_get_paused (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  return self->paused;
}

/**
 * lwsg_connection_get_streaming:
 * @self: a connection
 *
 * Gets #LwsgConnection:streaming.
 *
 * Returns: %TRUE if pieces of messages are handed out as they come
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_get_streaming (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  return self->streaming;
}

/**
 * lwsg_connection_set_streaming:
 * @self: a connection
 * @streaming: whether to hand out fragments
 *
 * Sets #LwsgConnection:streaming, for the messages that begin from now on; not while
 * lwsg_connection_receive_async() waits. What came before there was a handler is one
 * large fragment. When it is turned off, the rest of a message that has begun still goes to
 * #LwsgConnection::fragment, and nowhere if that has no handler any more.
 *
 * Since: 1.0
 */
void
lwsg_connection_set_streaming (LwsgConnection *self, gboolean streaming)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  g_return_if_fail (g_queue_is_empty (&self->receives));
  lwsg_return_if_elsewhere (self->home);

  if (self->streaming == !!streaming)
    return;
  self->streaming = !!streaming;
  /* Other handlers than before are looked for. */
  self->heard_in_c = FALSE;
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_STREAMING);
  lwsg_connection_deliver_held (self);
}
