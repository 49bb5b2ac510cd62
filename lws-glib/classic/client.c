/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connector-private.h"

#include "classic-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What ssl_connection may be. */
enum {
  CLIENT_OPEN,
  CLIENT_SECURE,
  CLIENT_SELF_SIGNED,
};

/* Who is told if the connection fails before the server has chosen: the first that
 * was asked for and exists. */
static EngineProtocol *
client_first_protocol (struct libwebsocket_context *context, const char *subprotocols)
{
  const char *name;
  gsize length;

  while (subprotocols != NULL && wire_token_next (&subprotocols, &name, &length))
    {
      EngineProtocol *protocol = classic_protocol_by_name (context, name, length);

      if (protocol != NULL)
        return protocol;
    }

  return classic_protocol_for_none (context);
}

static struct libwebsocket *
client_connect (struct libwebsocket_context *context, const EngineDestination *destination, GError **error)
{
  struct libwebsocket *wsi = engine_connector_dial (context, destination, error);

  if (wsi != NULL)
    engine_connection_bind (wsi, client_first_protocol (context, destination->subprotocols));

  return wsi;
}

/**
 * libwebsocket_client_connect:
 * @context: a context
 * @address: the name or address of the server
 * @port: its port
 * @ssl_connection: 0 for ws://; 1 for wss:// with a certificate for @address that the system
 *   trusts; 2 for wss:// where a server may also be its own authority: the name and the dates of
 *   such a certificate must be right nevertheless
 * @path: (nullable): the request target with its query; %NULL for "/"
 * @host: (nullable): the host that the server shall think of, without or with a
 *   port, even with a scheme in front; %NULL for @address
 * @origin: (nullable): the header Origin, for servers that look at it
 * @protocol: (nullable): the subprotocols asked for, separated by commas, best first
 *
 * Starts to connect to a server. It never waits: the connection that is returned
 * isn't open yet. %LWS_CALLBACK_CLIENT_ESTABLISHED comes when it is, to the
 * protocol that the server chose; if it fails, for whatever reason,
 * %LWS_CALLBACK_CLIENT_CONNECTION_ERROR comes instead, with the reason as text. After
 * either, and %LWS_CALLBACK_CLOSED following the former, @wsi is gone.
 *
 * Both address families are tried, as RFC 8305 has it. 30 seconds are given to the
 * connection and 10 to the handshake.
 *
 * Returns: (transfer none) (nullable): the connection; %NULL if an argument can't
 *   work, with the cause on standard error
 *
 * Since: 1.0
 */
struct libwebsocket *
libwebsocket_client_connect (struct libwebsocket_context *context, const char *address, int port, int ssl_connection,
                             const char *path, const char *host, const char *origin, const char *protocol)
{
  EngineDestination destination = {
    .address = address,
    .target = path,
    .host = host,
    .origin = origin != NULL && origin[0] != '\0' ? origin : NULL,
    .subprotocols = protocol != NULL && protocol[0] != '\0' ? protocol : NULL,
  };
  struct libwebsocket *wsi = NULL;
  GError *error = NULL;

  g_return_val_if_fail (context != NULL, NULL);
  g_return_val_if_fail (address != NULL, NULL);

  destination.port = port > 0 && port <= G_MAXUINT16 ? (guint16) port : 0;
  destination.secure = ssl_connection != CLIENT_OPEN;
  destination.accept_self_signed = ssl_connection == CLIENT_SELF_SIGNED;
  if (ssl_connection < CLIENT_OPEN || ssl_connection > CLIENT_SELF_SIGNED)
    error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_INVALID, _("The ssl_connection is %d: 0, 1 and 2 are known"),
                         ssl_connection);
  else if (engine_context_is_elsewhere (context))
    error = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_INVALID,
                                 _("Another process runs the service loop: clients connect there"));
  else
    wsi = client_connect (context, &destination, &error);

  if (wsi == NULL)
    classic_failure (G_STRFUNC, error);

  return wsi;
}
