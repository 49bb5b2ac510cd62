/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-types.h>

G_BEGIN_DECLS

/**
 * LwsgError:
 * @LWSG_ERROR_FAILED: anything else; the message tells
 * @LWSG_ERROR_CLOSED: the connection, or the context, is closed
 * @LWSG_ERROR_INVALID_ARGUMENT: an argument that the protocol can't carry
 * @LWSG_ERROR_LISTEN: the address can't be listened on, and %G_IO_ERROR has no code for the cause
 * @LWSG_ERROR_CONNECT: no connection to the server, and GIO has no code for the cause
 * @LWSG_ERROR_HANDSHAKE: the server answered, but not as RFC 6455 section 4.2.2 asks.
 *   For an answer with another status than 101 see #LWSG_HTTP_ERROR.
 * @LWSG_ERROR_TIMED_OUT: no answer in time
 * @LWSG_ERROR_BUFFER_FULL: the peer does not take what was sent to it
 * @LWSG_ERROR_BUSY: what was asked for can't be done beside what is under way
 *
 * Errors of lws-glib.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_ERROR_FAILED,
  LWSG_ERROR_CLOSED,
  LWSG_ERROR_INVALID_ARGUMENT,
  LWSG_ERROR_LISTEN,
  LWSG_ERROR_CONNECT,
  LWSG_ERROR_HANDSHAKE,
  LWSG_ERROR_TIMED_OUT,
  LWSG_ERROR_BUFFER_FULL,
  LWSG_ERROR_BUSY,
} LwsgError;

/**
 * LwsgHttpError:
 * @LWSG_HTTP_ERROR_MOVED_PERMANENTLY: 301: the resource is elsewhere
 * @LWSG_HTTP_ERROR_FOUND: 302: likewise, for now
 * @LWSG_HTTP_ERROR_BAD_REQUEST: 400: the handshake was not understood, or no subprotocol is common
 * @LWSG_HTTP_ERROR_UNAUTHORIZED: 401: the server wants to know who asks
 * @LWSG_HTTP_ERROR_FORBIDDEN: 403: not for this client, or not for this origin
 * @LWSG_HTTP_ERROR_NOT_FOUND: 404: nothing is served there
 * @LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED: 407: a proxy, of HTTP or SOCKS, wants to know who asks
 * @LWSG_HTTP_ERROR_UPGRADE_REQUIRED: 426: the version of WebSocket is not understood
 * @LWSG_HTTP_ERROR_TOO_MANY_REQUESTS: 429: later, perhaps
 * @LWSG_HTTP_ERROR_INTERNAL_SERVER_ERROR: 500: the server failed
 * @LWSG_HTTP_ERROR_BAD_GATEWAY: 502: a server behind the server failed
 * @LWSG_HTTP_ERROR_SERVICE_UNAVAILABLE: 503: later, perhaps
 *
 * HTTP statuses that servers refuse handshakes with. The code of the error is the
 * status, whatever it is: these are only the usual ones.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_HTTP_ERROR_MOVED_PERMANENTLY = 301,
  LWSG_HTTP_ERROR_FOUND = 302,
  LWSG_HTTP_ERROR_BAD_REQUEST = 400,
  LWSG_HTTP_ERROR_UNAUTHORIZED = 401,
  LWSG_HTTP_ERROR_FORBIDDEN = 403,
  LWSG_HTTP_ERROR_NOT_FOUND = 404,
  LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED = 407,
  LWSG_HTTP_ERROR_UPGRADE_REQUIRED = 426,
  LWSG_HTTP_ERROR_TOO_MANY_REQUESTS = 429,
  LWSG_HTTP_ERROR_INTERNAL_SERVER_ERROR = 500,
  LWSG_HTTP_ERROR_BAD_GATEWAY = 502,
  LWSG_HTTP_ERROR_SERVICE_UNAVAILABLE = 503,
} LwsgHttpError;

/**
 * LWSG_ERROR:
 *
 * The error domain of #LwsgError.
 *
 * Since: 1.0
 */
#define LWSG_ERROR (lwsg_error_quark ())

/**
 * LWSG_HTTP_ERROR:
 *
 * The error domain of handshakes that a server answered with another status than
 * 101: the code of the error is the HTTP status, see #LwsgHttpError.
 *
 * Since: 1.0
 */
#define LWSG_HTTP_ERROR (lwsg_http_error_quark ())

#define LWSG_TYPE_ERROR (lwsg_error_get_type ())
#define LWSG_TYPE_HTTP_ERROR (lwsg_http_error_get_type ())

LWSG_AVAILABLE_IN_1_0
GQuark lwsg_error_quark (void);

LWSG_AVAILABLE_IN_1_0
GQuark lwsg_http_error_quark (void);

LWSG_AVAILABLE_IN_1_0
GType lwsg_error_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
GType lwsg_http_error_get_type (void) G_GNUC_CONST;

G_END_DECLS
