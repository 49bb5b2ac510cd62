/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-properties-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-connection-send-private.h"
#include "lwsg-connection-tls-private.h"
#include "lwsg-home-private.h"
#include "lwsg-lend-private.h"
#include "lwsg-store-private.h"

/* The class and its signals. What they mean is done elsewhere. */

G_DEFINE_FINAL_TYPE (LwsgConnection, lwsg_connection, G_TYPE_OBJECT)

static void
lwsg_connection_finalize (GObject *object)
{
  LwsgConnection *self = LWSG_CONNECTION (object);

  g_clear_pointer (&self->home, lwsg_home_unref);
  g_clear_object (&self->protocol);
  g_clear_pointer (&self->extensions, g_ref_string_release);
  g_clear_pointer (&self->target, g_ref_string_release);
  g_clear_pointer (&self->parts, lwsg_block_free);
  g_clear_object (&self->remote_address);
  lwsg_connection_drop_tls (self);
  lwsg_connection_drop_held (self);
  lwsg_connection_drop_kept (self);
  g_free (self->subprotocol);
  g_free (self->close_reason);

  G_OBJECT_CLASS (lwsg_connection_parent_class)->finalize (object);
}

static void
install_signals (void)
{
  /**
   * LwsgConnection::message:
   * @self: the connection
   * @message: what came
   *
   * A whole message came. A #LwsgProtocol has such a signal for all its connections, see
   * #LwsgProtocol::message, and then none of them needs a handler of its own. A handler in C
   * that keeps @message takes a reference.
   *
   * What comes while there is no handler, or all are blocked, is kept, up to 64 KiB; then no
   * more is read. It is delivered within a second after there is one again, and by
   * lwsg_connection_resume() at once; when the connection has ended that is so for 30 seconds, and
   * then lwsg_connection_resume() and lwsg_connection_receive_async() bring it. A connection whose messages nobody has ever asked for is
   * different: if that lasts for 30 seconds, the program is taken for one that wants no
   * messages. They are dropped from then on until somebody asks, so that Pings are answered and
   * the end of the connection is seen. Who has got some, and wants no more, says so by a handler
   * that does nothing.
   *
   * Since: 1.0
   */
  lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_MESSAGE] =
    g_signal_new ("message", LWSG_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, lwsg_lend_VOID__BOXED,
                  G_TYPE_NONE, 1, LWSG_TYPE_MESSAGE);
  g_signal_set_va_marshaller (lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_MESSAGE], LWSG_TYPE_CONNECTION,
                              lwsg_lend_VOID__BOXEDv);

  /**
   * LwsgConnection::fragment:
   * @self: the connection
   * @type: the type of the message
   * @bytes: a piece of it; text may be cut within a character
   * @last: whether it is the end of the message
   *
   * A piece of a message came, while #LwsgConnection:streaming is on.
   *
   * Since: 1.0
   */
  lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_FRAGMENT] =
    g_signal_new ("fragment", LWSG_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                  LWSG_TYPE_MESSAGE_TYPE, G_TYPE_BYTES, G_TYPE_BOOLEAN);

  /**
   * LwsgConnection::pong:
   * @self: the connection
   * @payload: what the Pong carried
   *
   * A Pong came, asked for or not; those to the pings of #LwsgContext:ping-interval are
   * not told.
   *
   * Since: 1.0
   */
  lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_PONG] =
    g_signal_new ("pong", LWSG_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                  G_TYPE_BYTES);

  /**
   * LwsgConnection::writable:
   * @self: the connection
   *
   * Nothing waits to be sent any more. Emitted once for each call of
   * lwsg_connection_request_writable().
   *
   * Since: 1.0
   */
  lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_WRITABLE] =
    g_signal_new ("writable", LWSG_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * LwsgConnection::closed:
   * @self: the connection
   *
   * The connection has ended: see #LwsgConnection:close-code. It is emitted once: who connects a
   * handler late looks at #LwsgConnection:state as well. Messages for which there was no handler
   * before may follow it.
   *
   * Since: 1.0
   */
  lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_CLOSED] =
    g_signal_new ("closed", LWSG_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lwsg_connection_class_init (LwsgConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = lwsg_connection_finalize;
  lwsg_connection_install_properties (object_class);
  install_signals ();
}

static void
lwsg_connection_init (LwsgConnection *self)
{
  /* Until the library opens it, which it does right after it has made one. */
  self->state = LWSG_CONNECTION_CLOSED;
  self->max_buffered = LWSG_CONNECTION_MAX_BUFFERED;
  self->compress = TRUE;
  self->round_trip = -1;
}
