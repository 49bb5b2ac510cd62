/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-tls-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-context-private.h"
#include "lwsg-home-private.h"

#include "engine/websocket/deflate-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * SECTION:lwsg-connection
 * @title: LwsgConnection
 * @short_description: an open connection, of a server or of a client
 *
 * Servers are handed their connections by #LwsgProtocol::opened, clients by
 * lwsg_context_connect_finish().
 *
 * Whole messages come by #LwsgConnection::message, or one by one through
 * lwsg_connection_receive_async(). A server's #LwsgProtocol has one signal for the messages of
 * all its connections, #LwsgProtocol::message. What comes before the program has chosen is
 * kept.
 *
 * Messages go out by lwsg_connection_send() and its sisters, from any thread. All else is
 * for the thread of the #LwsgContext.
 *
 * An open connection keeps itself alive, and its #LwsgContext with it: to end it, close it.
 */

/**
 * LwsgConnection:
 *
 * A WebSocket whose opening handshake is done.
 *
 * Since: 1.0
 */

/* Once the connection is closed it is not to be had any more; but few ask for it. */
static void
connection_note_peer (LwsgConnection *self)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  if (getpeername (self->engine->watch.fd, (struct sockaddr *) &address, &length) != 0)
    return;

  if (length <= sizeof self->peer)
    {
      memcpy (self->peer, &address, length);
      self->peer_length = (guint8) length;
    }
  else
    self->remote_address = g_socket_address_new_from_native (&address, length);
}

/* Thousands of connections agree on the same few. */
static GRefString *
connection_extensions (EngineConnection *engine)
{
  g_autofree char *text = engine_deflate_describe (engine->deflate);

  return text != NULL ? g_ref_string_new_intern (text) : NULL;
}

LwsgConnection *
lwsg_connection_new (EngineConnection *engine, LwsgProtocol *protocol, const char *subprotocol, const char *target)
{
  LwsgConnection *self = g_object_new (LWSG_TYPE_CONNECTION, NULL);

  self->state = LWSG_CONNECTION_OPEN;
  self->engine = engine;
  self->context = g_object_ref (engine->context->owner);
  self->home = lwsg_home_ref (self->context->home);
  connection_note_peer (self);
  lwsg_connection_note_tls (self);
  self->is_client = engine->role == WIRE_ROLE_CLIENT;
  g_set_object (&self->protocol, protocol);
  self->subprotocol = g_strdup (subprotocol);
  self->extensions = connection_extensions (engine);
  /* Thousands of connections share a few. */
  self->target = target != NULL ? g_ref_string_new_intern (target) : NULL;

  return self;
}

void
lwsg_connection_on_closing (LwsgConnection *self)
{
  g_atomic_int_set (&self->state, LWSG_CONNECTION_CLOSING);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_STATE);
}

/**
 * lwsg_connection_get_state:
 * @self: a connection
 *
 * Gets #LwsgConnection:state. It may be called from any thread.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
LwsgConnectionState
lwsg_connection_get_state (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), LWSG_CONNECTION_CLOSED);

  return (LwsgConnectionState) g_atomic_int_get (&self->state);
}

/**
 * lwsg_connection_get_is_client:
 * @self: a connection
 *
 * Tells which side of the connection this is.
 *
 * Returns: %TRUE if it was opened by lwsg_context_connect_async()
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_get_is_client (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);

  return self->is_client;
}

/**
 * lwsg_connection_get_protocol:
 * @self: a connection
 *
 * Gets the protocol that a server's connection belongs to.
 *
 * Returns: (transfer none) (nullable): the protocol, which belongs to its context; %NULL for
 *   a client's connection
 *
 * Since: 1.0
 */
LwsgProtocol *
lwsg_connection_get_protocol (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->protocol;
}

/**
 * lwsg_connection_get_subprotocol:
 * @self: a connection
 *
 * Gets the subprotocol that the server chose (RFC 6455 section 1.9).
 *
 * Returns: (transfer none) (nullable): its name, %NULL if there is none
 *
 * Since: 1.0
 */
const char *
lwsg_connection_get_subprotocol (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->subprotocol;
}

/**
 * lwsg_connection_get_extensions:
 * @self: a connection
 *
 * Gets #LwsgConnection:extensions, such as "permessage-deflate; client_max_window_bits=12".
 *
 * Returns: (transfer none) (nullable): the extensions, %NULL if there are none
 *
 * Since: 1.0
 */
const char *
lwsg_connection_get_extensions (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->extensions;
}

/**
 * lwsg_connection_get_target:
 * @self: a connection
 *
 * Gets what the client asked for: the path and the query, as #LwsgRequest:path and
 * #LwsgRequest:query have them, with a question mark in between if there is one.
 *
 * Returns: (transfer none) (nullable): the target, percent-encoded; %NULL for a client's
 *   connection
 *
 * Since: 1.0
 */
const char *
lwsg_connection_get_target (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->target;
}

/**
 * lwsg_connection_get_remote_address:
 * @self: a connection
 *
 * Gets the address of the peer, or of a proxy in between.
 *
 * Returns: (transfer none) (nullable): the address, also after the end; %NULL if the kernel
 *   did not tell it
 *
 * Since: 1.0
 */
GSocketAddress *
lwsg_connection_get_remote_address (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  if (self->remote_address == NULL && self->peer_length > 0)
    self->remote_address = g_socket_address_new_from_native (self->peer, self->peer_length);

  return self->remote_address;
}

/**
 * lwsg_connection_get_socket:
 * @self: a connection
 * @error: return location for a #GError
 *
 * Makes a #GSocket of the connection's socket, to look at it or to set options. Whoever
 * reads from it or writes to it breaks the connection. It may be kept: when the connection
 * ends, the socket is shut down for it, too.
 *
 * Returns: (transfer full): a socket with a descriptor of its own; %NULL with
 *   %LWSG_ERROR_CLOSED, or with %LWSG_ERROR_FAILED if the process has no descriptors left
 *
 * Since: 1.0
 */
GSocket *
lwsg_connection_get_socket (LwsgConnection *self, GError **error)
{
  GSocket *socket;
  int fd;

  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  if (self->engine == NULL || self->engine->watch.fd < 0)
    {
      lwsg_connection_set_closed_error (self, error);
      return NULL;
    }

  fd = fcntl (self->engine->watch.fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_FAILED, _("The socket could not be copied: %s"), g_strerror (errno));
      return NULL;
    }
  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    close (fd);
  else
    self->engine->copied = TRUE;

  return socket;
}

/**
 * lwsg_connection_get_close_code:
 * @self: a connection
 *
 * Gets #LwsgConnection:close-code.
 *
 * Returns: the code, such as one of #LwsgCloseCode; 0 before the end
 *
 * Since: 1.0
 */
guint
lwsg_connection_get_close_code (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->close_code;
}

/**
 * lwsg_connection_get_close_reason:
 * @self: a connection
 *
 * Gets #LwsgConnection:close-reason.
 *
 * Returns: (transfer none) (nullable): the reason; %NULL before the end, and if there is none
 *
 * Since: 1.0
 */
const char *
lwsg_connection_get_close_reason (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  return self->close_reason;
}

/**
 * lwsg_connection_get_buffered_amount:
 * @self: a connection
 *
 * Gets #LwsgConnection:buffered-amount.
 *
 * Returns: the number of bytes, frame headers included
 *
 * Since: 1.0
 */
gsize
lwsg_connection_get_buffered_amount (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return (self->engine != NULL ? self->engine->output.bytes : 0) + self->kept_bytes +
         (gsize) g_atomic_pointer_get (&self->posted);
}
