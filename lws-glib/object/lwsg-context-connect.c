/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-connect-private.h"

#include "lwsg-connection-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-context-life-private.h"
#include "lwsg-context-private.h"
#include "lwsg-error-private.h"
#include "lwsg-home-private.h"

#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "wire/http-field-private.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/un.h>

/* --- where to */

/* RFC 6455 section 3. */
#define CONNECT_WS_PORT 80
#define CONNECT_WSS_PORT 443

typedef struct {
  EngineDestination engine;
  char *host;
  char *target;
  GSocketConnectable *connectable;
} Destination;

static void
destination_clear (Destination *destination)
{
  g_free (destination->host);
  g_free (destination->target);
  g_clear_object (&destination->connectable);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Destination, destination_clear)

/* Errors end up in logs: a URI without the user and password in it, if any, for one that
 * can't be parsed, too. */
static char *
destination_hide_user (const char *uri)
{
  const char *slashes = strstr (uri, "//");
  const char *authority = slashes != NULL ? slashes + 2 : uri;
  const char *at = g_strrstr_len (authority, (gssize) strcspn (authority, "/?#"), "@");
  g_autofree char *start = g_strndup (uri, (gsize) (authority - uri));

  return g_strconcat (start, at != NULL ? at + 1 : authority, NULL);
}

static gboolean
destination_refuse (GError **error, const char *uri, const char *cause)
{
  g_autofree char *hidden = destination_hide_user (uri);
  /* What the program was given may be no text at all. */
  g_autofree char *shown = g_utf8_make_valid (hidden, -1);

  g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("\"%s\" can't be connected to: %s"), shown, cause);
  return FALSE;
}

/* ws+unix:/path/of/socket:/target, as the ws module of Node.js writes it. */
static gboolean
destination_read_unix (Destination *destination, const char *uri, GError **error)
{
  const char *path = uri + strlen ("ws+unix:");
  const char *colon;
  g_autofree char *escaped = NULL;
  g_autofree char *name = NULL;

  if (g_str_has_prefix (path, "//"))
    path += 2;
  colon = strchr (path, ':');
  escaped = colon != NULL ? g_strndup (path, (gsize) (colon - path)) : g_strdup (path);
  name = g_uri_unescape_string (escaped, NULL);
  if (name == NULL || name[0] != '/')
    return destination_refuse (error, uri, _("expected ws+unix:/path/of/socket:/target"));
  /* GIO would cut it off. */
  if (strlen (name) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return destination_refuse (error, uri, _("the path of its socket is too long"));

  destination->host = g_strdup ("localhost");
  destination->target = g_strdup (colon != NULL && colon[1] != '\0' ? colon + 1 : "/");
  destination->connectable = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (name));
  destination->engine.address = destination->host;

  return TRUE;
}

static gboolean
destination_read_host (Destination *destination, GUri *parsed, const char *uri, GError **error)
{
  const char *host = g_uri_get_host (parsed);
  int port = g_uri_get_port (parsed);

  if (host == NULL || host[0] == '\0')
    return destination_refuse (error, uri, _("it has no host"));
  destination->host = g_hostname_is_ip_address (host) ? g_strdup (host) : g_hostname_to_ascii (host);
  if (destination->host == NULL)
    return destination_refuse (error, uri, _("its host is no valid name"));
  if (port == 0)
    return destination_refuse (error, uri, _("its port is 0"));

  destination->engine.address = destination->host;
  if (port > 0)
    destination->engine.port = (guint16) port;
  else
    destination->engine.port = destination->engine.secure ? CONNECT_WSS_PORT : CONNECT_WS_PORT;

  return TRUE;
}

/* GLib would escape them. They are mistakes at best, and at worst the header of somebody else. */
static gboolean
destination_has_blanks (const char *uri)
{
  for (const char *c = uri; *c != '\0'; c++)
    if (*c == ' ' || g_ascii_iscntrl (*c))
      return TRUE;

  return FALSE;
}

static gboolean
destination_read (Destination *destination, const char *uri, GError **error)
{
  g_autoptr (GUri) parsed = NULL;
  g_autoptr (GError) failure = NULL;
  const char *path;

  if (g_str_has_prefix (uri, "ws+unix:"))
    return destination_read_unix (destination, uri, error);

  if (destination_has_blanks (uri))
    return destination_refuse (error, uri, _("it has a space or a control character"));
  parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED, &failure);
  if (parsed == NULL)
    return destination_refuse (error, uri, failure->message);
  destination->engine.secure = g_ascii_strcasecmp (g_uri_get_scheme (parsed), "wss") == 0;
  if (!destination->engine.secure && g_ascii_strcasecmp (g_uri_get_scheme (parsed), "ws") != 0)
    return destination_refuse (error, uri, _("its scheme is none of wss://, ws:// and ws+unix:"));
  if (g_uri_get_userinfo (parsed) != NULL)
    return destination_refuse (error, uri, _("a user and a password belong into a header Authorization"));
  if (g_uri_get_fragment (parsed) != NULL)
    return destination_refuse (error, uri, _("it has a fragment (RFC 6455 section 3)"));

  path = g_uri_get_path (parsed);
  destination->target = g_strconcat (path[0] != '\0' ? path : "/", g_uri_get_query (parsed) != NULL ? "?" : NULL,
                                     g_uri_get_query (parsed), NULL);

  return destination_read_host (destination, parsed, uri, error);
}

/* In a list, a name with a comma would be two, and an empty one none. */
static gboolean
check_subprotocols (const char *const *subprotocols, GError **error)
{
  for (guint i = 0; subprotocols != NULL && subprotocols[i] != NULL; i++)
    if (!wire_is_token (subprotocols[i], strlen (subprotocols[i])))
      {
        g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                     _("\"%s\" can't stand in a Sec-WebSocket-Protocol header"), subprotocols[i]);
        return FALSE;
      }

  return TRUE;
}

/* --- connecting */

static gboolean
connect_on_cancelled (GCancellable *cancellable, gpointer data)
{
  EngineConnection *engine = data;

  engine_connection_close (engine, WIRE_CLOSE_GOING_AWAY, NULL, 0);

  return G_SOURCE_REMOVE;
}

static void
connect_drop_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* The task's data is the source; neither outlives the engine's connecting. */
static void
connect_watch_cancellable (GTask *task, EngineConnection *engine)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GSource *source;

  if (cancellable == NULL)
    return;

  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (connect_on_cancelled), engine, NULL);
  g_source_attach (source, g_task_get_context (task));
  g_task_set_task_data (task, source, connect_drop_source);
}

static gboolean
connect_start (LwsgContext *self, GTask *task, Destination *destination, GError **error)
{
  GError *failure = NULL;
  EngineConnection *engine;

  if (!lwsg_context_check_open (self, error))
    return FALSE;
  if (self->clients == NULL)
    self->clients = engine_context_add_protocol (self->engine, NULL, NULL, &failure);
  if (self->clients == NULL)
    return lwsg_error_propagate (error, failure);

  destination->engine.target = destination->target;
  destination->engine.host = destination->host;
  destination->engine.connectable = destination->connectable;
  destination->engine.proxy_resolver = destination->connectable == NULL ? lwsg_context_get_proxy_resolver (self) : NULL;
  destination->engine.user = task;
  engine = engine_connector_dial (self->engine, &destination->engine, &failure);
  if (engine == NULL)
    return lwsg_error_propagate (error, failure);

  connect_watch_cancellable (task, engine);

  return TRUE;
}

static gboolean
connect_close (gpointer connection)
{
  lwsg_connection_close (connection, LWSG_CLOSE_GOING_AWAY, NULL, NULL);

  return G_SOURCE_REMOVE;
}

/* Nobody fetched it, so nobody could ever close it. The result may be freed in any thread, and
 * in the middle of a garbage collection, when nothing may be told to anybody. */
static void
connect_discard (gpointer data)
{
  LwsgConnection *connection = data;

  if (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED)
    g_object_unref (connection);
  else
    lwsg_home_run (connection->home, connect_close, connection, g_object_unref);
}

void
lwsg_context_connect_opened (LwsgContext *self, EngineConnection *engine, GTask *task)
{
  LwsgConnection *connection =
    lwsg_connection_new (engine, NULL, g_object_get_data (G_OBJECT (task), "lwsg-subprotocol"), NULL);

  engine->user = connection;
  /* Nobody shall close it any more by cancelling what is done, nor lose it. */
  g_task_set_task_data (task, NULL, NULL);
  g_task_set_check_cancellable (task, FALSE);
  g_task_return_pointer (task, g_object_ref (connection), connect_discard);
  g_object_unref (task);
}

void
lwsg_context_connect_failed (EngineConnection *engine, GTask *task, const GError *error)
{
  guint status = engine->dial != NULL ? engine->dial->status : 0;
  GError *failure = lwsg_error_from_engine (error, status);

  /* A server that reset the connection; the context itself is there. */
  if (g_error_matches (failure, LWSG_ERROR, LWSG_ERROR_CLOSED) && !engine->context->destroyed)
    failure->code = LWSG_ERROR_HANDSHAKE;

  g_task_set_task_data (task, NULL, NULL);
  g_task_return_error (task, failure);
  g_object_unref (task);
}

/**
 * lwsg_context_connect_full_async:
 * @self: a context
 * @uri: what to connect to
 * @subprotocols: (nullable) (array zero-terminated=1): as for lwsg_context_connect_async()
 * @origin: (nullable): the header Origin, for servers that look at it
 * @headers: (nullable) (array zero-terminated=1): more headers, each "Name: value"; none of
 *   those that make the handshake
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called when the connection is open, or could not be opened
 * @user_data: for @callback
 *
 * Connects to a server as lwsg_context_connect_async() does, with an origin and headers, such
 * as cookies or an authorization. End it with lwsg_context_connect_full_finish().
 *
 * Since: 1.0
 */
void
lwsg_context_connect_full_async (LwsgContext *self, const char *uri, const char *const *subprotocols,
                                 const char *origin, const char *const *headers, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_auto (Destination) destination = { 0 };
  g_autofree char *asked = NULL;
  GError *error = NULL;

  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (uri != NULL);
  lwsg_return_if_elsewhere (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, lwsg_context_connect_async);
  if (g_task_return_error_if_cancelled (task))
    return;

  asked = subprotocols != NULL && subprotocols[0] != NULL ? g_strjoinv (", ", (char **) subprotocols) : NULL;
  destination.engine.subprotocols = asked;
  destination.engine.origin = origin;
  destination.engine.headers = headers;
  if (!destination_read (&destination, uri, &error) || !check_subprotocols (subprotocols, &error) ||
      !connect_start (self, task, &destination, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  /* The engine's connection has it until it opens or fails. */
  g_steal_pointer (&task);
}

/**
 * lwsg_context_connect_async:
 * @self: a context
 * @uri: what to connect to: `ws://host[:port]/path?query`, `wss://` for TLS, or
 *   `ws+unix:/path/of/socket:/path?query`
 * @subprotocols: (nullable) (array zero-terminated=1): the subprotocols asked for, best
 *   first; the server must choose one of them
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called when the connection is open, or could not be opened
 * @user_data: for @callback
 *
 * Connects to a server: resolves its name, tries both address families, goes through the
 * proxy that #LwsgContext:proxy-resolver names, and makes the opening handshake. 30 seconds
 * are given to the connection and #LwsgContext:handshake-timeout to the handshake.
 *
 * The certificate of a wss:// server must be for the host of @uri, and issued by whom
 * #LwsgContext:tls-database trusts; see #LwsgContext::accept-certificate otherwise.
 *
 * Since: 1.0
 */
void
lwsg_context_connect_async (LwsgContext *self, const char *uri, const char *const *subprotocols,
                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  lwsg_context_connect_full_async (self, uri, subprotocols, NULL, NULL, cancellable, callback, user_data);
}

static gboolean
connect_start_flow (gpointer data)
{
  lwsg_connection_deliver_held (data);

  return G_SOURCE_REMOVE;
}

/**
 * lwsg_context_connect_finish:
 * @self: a context
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_context_connect_async().
 *
 * Errors are
 * - %LWSG_ERROR_INVALID_ARGUMENT for a URI, subprotocol or header that can't be;
 * - those of GIO if the server could not be reached: of the domain %G_RESOLVER_ERROR for its name,
 *   of %G_IO_ERROR for the way to it, such as %G_IO_ERROR_CONNECTION_REFUSED and
 *   %G_IO_ERROR_NETWORK_UNREACHABLE; %LWSG_ERROR_CONNECT if GIO has no code for it;
 * - %LWSG_ERROR_TIMED_OUT;
 * - those of the domain %G_TLS_ERROR if TLS fails: %G_TLS_ERROR_BAD_CERTIFICATE if the server is not
 *   trusted, %G_TLS_ERROR_CERTIFICATE_REQUIRED if it wants a certificate that it did not get,
 *   %G_TLS_ERROR_NOT_TLS if it does not speak TLS;
 * - %LWSG_ERROR_HANDSHAKE if the answer is not as RFC 6455 asks, or is lost;
 * - those of the domain #LWSG_HTTP_ERROR with the status of a server that refused, among them
 *   %LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED for a proxy, of HTTP or SOCKS, that wants to
 *   know who asks;
 * - %LWSG_ERROR_CLOSED if the context was closed, and %G_IO_ERROR_CANCELLED.
 *
 * Messages are delivered from the next iteration of the main loop on: handlers that are connected
 * right after this miss nothing.
 *
 * Returns: (transfer full): the open connection, %NULL with @error set
 *
 * Since: 1.0
 */
LwsgConnection *
lwsg_context_connect_finish (LwsgContext *self, GAsyncResult *result, GError **error)
{
  LwsgConnection *connection;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, lwsg_context_connect_async), NULL);

  connection = g_task_propagate_pointer (G_TASK (result), error);
  if (connection != NULL)
    lwsg_home_run (connection->home, connect_start_flow, g_object_ref (connection), g_object_unref);

  return connection;
}

/**
 * lwsg_context_connect_full_finish:
 * @self: a context
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_context_connect_full_async(), as lwsg_context_connect_finish() does for its
 * sister.
 *
 * Returns: (transfer full): the open connection, %NULL with @error set
 *
 * Since: 1.0
 */
LwsgConnection *
lwsg_context_connect_full_finish (LwsgContext *self, GAsyncResult *result, GError **error)
{
  return lwsg_context_connect_finish (self, result, error);
}

/**
 * LwsgContext:proxy-resolver:
 *
 * Tells which proxies clients go through: those of the desktop by default, see
 * g_proxy_resolver_get_default(). %NULL to connect directly. It is asked about
 * `https://host:port`, since resolvers know no WebSockets.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_proxy_resolver:
 * @self: a context
 *
 * Gets #LwsgContext:proxy-resolver.
 *
 * Returns: (transfer none) (nullable): the resolver, which belongs to the context; %NULL if
 *   clients connect directly
 *
 * Since: 1.0
 */
GProxyResolver *
lwsg_context_get_proxy_resolver (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  /* The desktop's brings its settings along, and threads that watch them: nothing for a
   * server, which never asks. */
  if (!self->proxy_is_chosen)
    {
      self->proxy_resolver = g_object_ref (g_proxy_resolver_get_default ());
      self->proxy_is_chosen = TRUE;
    }

  return self->proxy_resolver;
}

/**
 * lwsg_context_set_proxy_resolver:
 * @self: a context
 * @resolver: (nullable): a resolver, %NULL to connect directly
 *
 * Sets #LwsgContext:proxy-resolver.
 *
 * Since: 1.0
 */
void
lwsg_context_set_proxy_resolver (LwsgContext *self, GProxyResolver *resolver)
{
  gboolean was_chosen;

  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (resolver == NULL || G_IS_PROXY_RESOLVER (resolver));
  lwsg_return_if_elsewhere (self->home);

  was_chosen = self->proxy_is_chosen;
  self->proxy_is_chosen = TRUE;
  if (g_set_object (&self->proxy_resolver, resolver) || !was_chosen)
    g_object_notify (G_OBJECT (self), "proxy-resolver");
}
