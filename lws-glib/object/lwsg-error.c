/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-error-private.h"

#include "engine/base/error-private.h"

/**
 * SECTION:lwsg-error
 * @title: Errors
 * @short_description: what can go wrong, and what is no error
 *
 * What a peer, a file or the network may cause is reported as a #GError of the domain
 * #LWSG_ERROR, unless GIO has said why: an error of %G_IO_ERROR, %G_RESOLVER_ERROR or %G_TLS_ERROR
 * keeps its domain and code, so that a program can tell a refused port from an unknown name.
 * Handshakes that a server refused have a domain of their own, #LWSG_HTTP_ERROR, in which the code
 * is the HTTP status. Asynchronous functions that were cancelled report %G_IO_ERROR_CANCELLED.
 *
 * That a connection ended is not an error by itself: #LwsgConnection::closed tells, and
 * #LwsgConnection:close-code says why. The messages are translated and meant for people;
 * the reasons that peers are told are English.
 */

G_DEFINE_QUARK (lwsg-error-quark, lwsg_error)
G_DEFINE_QUARK (lwsg-http-error-quark, lwsg_http_error)

G_DEFINE_ENUM_TYPE (LwsgError, lwsg_error,
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_CLOSED, "closed"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_INVALID_ARGUMENT, "invalid-argument"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_LISTEN, "listen"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_CONNECT, "connect"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_HANDSHAKE, "handshake"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_BUFFER_FULL, "buffer-full"),
                    G_DEFINE_ENUM_VALUE (LWSG_ERROR_BUSY, "busy"))

G_DEFINE_ENUM_TYPE (LwsgHttpError, lwsg_http_error,
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_MOVED_PERMANENTLY, "moved-permanently"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_FOUND, "found"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_BAD_REQUEST, "bad-request"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_UNAUTHORIZED, "unauthorized"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_FORBIDDEN, "forbidden"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_NOT_FOUND, "not-found"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED,
                                         "proxy-authentication-required"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_UPGRADE_REQUIRED, "upgrade-required"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_TOO_MANY_REQUESTS, "too-many-requests"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_INTERNAL_SERVER_ERROR, "internal-server-error"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_BAD_GATEWAY, "bad-gateway"),
                    G_DEFINE_ENUM_VALUE (LWSG_HTTP_ERROR_SERVICE_UNAVAILABLE, "service-unavailable"))

static LwsgError
error_code (EngineError code)
{
  switch (code)
    {
    case ENGINE_ERROR_CLOSED:
      return LWSG_ERROR_CLOSED;
    case ENGINE_ERROR_FULL:
      return LWSG_ERROR_BUFFER_FULL;
    case ENGINE_ERROR_INVALID:
      return LWSG_ERROR_INVALID_ARGUMENT;
    case ENGINE_ERROR_LISTEN:
      return LWSG_ERROR_LISTEN;
    case ENGINE_ERROR_CONNECT:
      return LWSG_ERROR_CONNECT;
    case ENGINE_ERROR_HANDSHAKE:
      return LWSG_ERROR_HANDSHAKE;
    case ENGINE_ERROR_TIMED_OUT:
      return LWSG_ERROR_TIMED_OUT;
    case ENGINE_ERROR_BROADCAST:
    case ENGINE_ERROR_SYSTEM:
      break;
    }

  return LWSG_ERROR_FAILED;
}

GError *
lwsg_error_from_engine (const GError *engine_error, guint status)
{
  if (engine_error->domain != ENGINE_ERROR)
    return g_error_copy (engine_error);
  if (status != 0)
    return g_error_new_literal (LWSG_HTTP_ERROR, (int) status, engine_error->message);

  return g_error_new_literal (LWSG_ERROR, (int) error_code ((EngineError) engine_error->code), engine_error->message);
}

gboolean
lwsg_error_propagate (GError **error, GError *engine_error)
{
  g_propagate_error (error, lwsg_error_from_engine (engine_error, 0));
  g_error_free (engine_error);

  return FALSE;
}
