/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/connection-private.h"

#include "classic-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How long a call may take: a second name server is asked after 5 seconds, and a SYN that was lost
 * twice is sent again after 3. */
#define CLIENT_CONNECT_SECONDS 10

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
  struct libwebsocket *wsi = engine_connector_dial_within (context, destination, CLIENT_CONNECT_SECONDS, error);

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
 * Connects to a server. As in 2011 the call takes the time that a TCP connection needs, for 10
 * seconds at most; nothing is served meanwhile. Both address families are tried, as RFC 8305 has
 * it. A program that must not wait uses the object API, or does this in a thread with a context of
 * its own.
 *
 * The handshakes follow in libwebsocket_service(), and are given 10 seconds each.
 * %LWS_CALLBACK_CLIENT_ESTABLISHED comes when the connection is open, to the protocol that the
 * server chose. If it does not come about, the cause is told on standard error and by
 * %LWS_CALLBACK_CLIENT_CONNECTION_ERROR, and %LWS_CALLBACK_CLOSED follows. After that, in either
 * case, @wsi is gone, and not before.
 *
 * Returns: (transfer none) (nullable): the connection, which has a descriptor; %NULL if there is
 *   none, or an argument can't work, with the cause on standard error
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
  else if (classic_check_process (context, &error))
    wsi = client_connect (context, &destination, &error);

  if (wsi == NULL)
    classic_failure (G_STRFUNC, error);

  return wsi;
}
