/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

#include "lwsg-context-life-private.h"
#include "lwsg-error-private.h"
#include "lwsg-home-private.h"

#include "engine/base/error-private.h"
#include "engine/server/listener-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Where a context listens: ports, Unix sockets, sockets of others. */

static guint
listen_get_port (EngineListener *listener, GError **error)
{
  guint port = engine_listener_port (listener);
  GError *failure = NULL;

  if (port == 0)
    {
      engine_error_set_system (&failure, ENGINE_ERROR_LISTEN, errno, _("The port that was chosen is not known: %s"),
                               g_strerror (errno));
      lwsg_error_propagate (error, failure);
      engine_listener_remove (listener);
    }

  return port;
}

/* The port that the listener got, or 0 with an error. */
static guint
listen_address (LwsgContext *self, GSocketAddress *address, GError **error)
{
  GError *failure = NULL;
  EngineListener *listener = engine_listener_open_address (self->engine, address, &failure);

  if (listener != NULL)
    return listen_get_port (listener, error);
  lwsg_error_propagate (error, failure);

  return 0;
}

static guint
listen_all (LwsgContext *self, guint16 port, GError **error)
{
  GError *failure = NULL;
  guint index = self->engine->listeners->len;

  if (engine_listener_open (self->engine, port, &failure))
    return listen_get_port (self->engine->listeners->pdata[index], error);
  lwsg_error_propagate (error, failure);

  return 0;
}

static guint
listen_keep_port (LwsgContext *self, guint port)
{
  if (port != 0)
    lwsg_context_keep_listening (self);

  return port;
}

/**
 * lwsg_context_listen:
 * @self: a context
 * @host: (nullable): an address of this machine, or "localhost"; %NULL for all addresses of
 *   both families
 * @port: the port, 0 to have one chosen
 * @error: return location for a #GError
 *
 * Starts to listen, until lwsg_context_close(): a context that listens is there whoever holds
 * it. It may be called several times. For "localhost" it listens on 127.0.0.1.
 *
 * Errors are of the domain %G_IO_ERROR where that has a code, such as %G_IO_ERROR_ADDRESS_IN_USE
 * and %G_IO_ERROR_PERMISSION_DENIED, and otherwise %LWSG_ERROR_LISTEN,
 * %LWSG_ERROR_INVALID_ARGUMENT if @host is no address, and %LWSG_ERROR_CLOSED after
 * lwsg_context_close().
 *
 * Returns: the port, 0 with @error set
 *
 * Since: 1.0
 */
guint
lwsg_context_listen (LwsgContext *self, const char *host, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  if (!lwsg_context_check_open (self, error))
    return 0;
  if (host == NULL)
    return listen_keep_port (self, listen_all (self, port, error));

  address = g_inet_socket_address_new_from_string (strcmp (host, "localhost") == 0 ? "127.0.0.1" : host, port);
  if (address == NULL)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("\"%s\" is no address to listen on"), host);
      return 0;
    }

  return listen_keep_port (self, listen_address (self, address, error));
}

/**
 * lwsg_context_listen_path:
 * @self: a context
 * @path: (type filename): the path of a socket that doesn't exist yet
 * @error: return location for a #GError
 *
 * Starts to listen on a Unix socket. Who may connect is decided by the permissions of its
 * directory. The socket is not removed at the end.
 *
 * Returns: %TRUE on success; %FALSE with an error of the domain %G_IO_ERROR, such as
 *   %G_IO_ERROR_ADDRESS_IN_USE if something is there already, with %LWSG_ERROR_LISTEN if
 *   @path can't be that of a socket, or %LWSG_ERROR_CLOSED
 *
 * Since: 1.0
 */
gboolean
lwsg_context_listen_path (LwsgContext *self, const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  GError *failure = NULL;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_context_check_open (self, error))
    return FALSE;

  /* GIO would cut it off, or take the empty one for any. */
  if (path[0] == '\0' || strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_LISTEN, _("\"%s\" can't be the path of a socket"), path);
      return FALSE;
    }

  address = g_unix_socket_address_new (path);
  if (engine_listener_open_address (self->engine, address, &failure) == NULL)
    return lwsg_error_propagate (error, failure);
  lwsg_context_keep_listening (self);

  return TRUE;
}

static gboolean
listen_is_on (GSocket *socket)
{
  int listening = 0;

  return g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, NULL) && listening;
}

/**
 * lwsg_context_listen_socket:
 * @self: a context
 * @socket: a listening stream socket, such as one that systemd passed on
 * @error: return location for a #GError
 *
 * Accepts connections on a socket that listens already. The context works on a copy of the
 * descriptor: @socket may be closed.
 *
 * Returns: %TRUE on success; %FALSE with %LWSG_ERROR_LISTEN if it does not listen, or
 *   %LWSG_ERROR_CLOSED
 *
 * Since: 1.0
 */
gboolean
lwsg_context_listen_socket (LwsgContext *self, GSocket *socket, GError **error)
{
  GError *failure = NULL;
  EngineListener *listener;
  int fd;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_context_check_open (self, error))
    return FALSE;
  if (!listen_is_on (socket))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_LISTEN, _("The socket does not listen"));
      return FALSE;
    }

  /* A GSocket is never blocking underneath. The descriptor is copied: both may close. */
  fd = fcntl (g_socket_get_fd (socket), F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    {
      engine_error_set_system (&failure, ENGINE_ERROR_LISTEN, errno, _("The socket could not be copied: %s"),
                               g_strerror (errno));
      return lwsg_error_propagate (error, failure);
    }
  listener = engine_listener_add (self->engine, fd, &failure);
  if (listener == NULL)
    return lwsg_error_propagate (error, failure);
  listener->borrowed = TRUE;
  lwsg_context_keep_listening (self);
  /* The sockets that are accepted inherit this; one of another family refuses it. */
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);

  return TRUE;
}
