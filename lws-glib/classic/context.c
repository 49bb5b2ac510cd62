/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/notice-private.h"
#include "engine/connection/scope-private.h"
#include "engine/server/listener-private.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-settings-private.h"
#include "classic-private.h"

#include "wire/http-field-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A list that is longer has no end. */
#define CLASSIC_PROTOCOLS_MAX 256

/* No piece was ever larger in 2011: programs have arrays of this size. */
#define CLASSIC_PIECE_MAX 4096

/* Programs allocate what libwebsockets_remaining_packet_payload() says. As nobody knows what a
 * compressed message becomes before it is there, it may become so much, the size of the largest
 * broadcast, and no more. */
#define CLASSIC_INFLATED_MAX ENGINE_BROADCAST_MAX

EngineProtocol *
classic_protocol_of_entry (const struct libwebsocket_protocols *entry)
{
  struct libwebsocket_context *context = entry->owning_server;

  return context != NULL ? context->protocols->pdata[entry->protocol_index] : NULL;
}

EngineProtocol *
classic_protocol_by_name (struct libwebsocket_context *context, const char *name, gsize length)
{
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      if (protocol->name != NULL && strncmp (protocol->name, name, length) == 0 && protocol->name[length] == '\0')
        return protocol;
    }

  return NULL;
}

EngineProtocol *
classic_protocol_for_none (struct libwebsocket_context *context)
{
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      if (protocol->name == NULL)
        return protocol;
    }

  return context->protocols->pdata[0];
}

int
classic_failure (const char *call, GError *error)
{
  /* That a connection has gone meanwhile is nothing to speak of. */
  if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED))
    g_debug ("%s: %s", call, error->message);
  else
    g_message ("%s: %s", call, error->message);
  g_error_free (error);

  return -1;
}

int
classic_connection_failure (struct libwebsocket *wsi, const char *call, GError *error)
{
  if (error->domain != ENGINE_ERROR || error->code == ENGINE_ERROR_CLOSED || error->code == ENGINE_ERROR_INVALID)
    return classic_failure (call, error);

  engine_notice (wsi->context, ENGINE_NOTICE_CONNECTION, "%s: %s", call, error->message);
  g_error_free (error);

  return -1;
}

gboolean
classic_check_process (struct libwebsocket_context *context, GError **error)
{
  if (engine_context_is_ours (context))
    return TRUE;

  g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                       _("Another process runs the service loop: its connections are not for this one"));
  return FALSE;
}

gboolean
classic_is_elsewhere (struct libwebsocket_context *context, const char *call)
{
  GError *error = NULL;

  if (classic_check_process (context, &error))
    return FALSE;
  classic_failure (call, error);

  return TRUE;
}

static gboolean
context_check_arguments (int port, const struct libwebsocket_protocols *protocols, GError **error)
{
  guint count = 0;

  if (port < 0 || port > G_MAXUINT16)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("%d is no port: 1 to 65535 are, and 0 for none"), port);
      return FALSE;
    }
  if (protocols == NULL || protocols[0].callback == NULL)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("There is no protocol with a callback"));
      return FALSE;
    }

  for (; protocols[count].callback != NULL; count++)
    {
      const char *name = protocols[count].name;

      if (count == CLASSIC_PROTOCOLS_MAX)
        {
          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                       _("More than %d protocols: is the last entry, without callback, missing?"),
                       CLASSIC_PROTOCOLS_MAX);
          return FALSE;
        }
      if (name != NULL && !wire_is_token (name, strlen (name)))
        {
          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                       _("The name of protocol %u can't stand in a Sec-WebSocket-Protocol header"), count);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
context_add_protocols (struct libwebsocket_context *context, struct libwebsocket_protocols *protocols, GError **error)
{
  for (int i = 0; protocols[i].callback != NULL; i++)
    {
      EngineProtocol *protocol = engine_context_add_protocol (context, protocols[i].name, &protocols[i], error);

      if (protocol == NULL)
        return FALSE;

      protocols[i].owning_server = context;
      protocols[i].protocol_index = i;
      protocols[i].broadcast_socket_port = 0;
      protocols[i].broadcast_socket_user_fd = protocol->channel.sender;
    }

  return TRUE;
}

/* What was filled in is of no use without the context. */
static void
context_reset_entries (struct libwebsocket_protocols *protocols)
{
  for (guint i = 0; protocols[i].callback != NULL; i++)
    {
      protocols[i].owning_server = NULL;
      protocols[i].broadcast_socket_user_fd = -1;
    }
}

/* Both are read before privileges are dropped. Without a certificate, or a port that it would be
 * shown at, the paths are of no use, and programs pass what their configuration has. */
static gboolean
context_load_certificate (struct libwebsocket_context *context, int port, const char *certificate_path,
                          const char *key_path, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (EngineTlsCredentials) credentials = NULL;

  if (certificate_path == NULL || port == CONTEXT_PORT_NO_LISTEN)
    return TRUE;

  certificate = engine_tls_credentials_load (certificate_path, key_path, error);
  if (certificate == NULL)
    return FALSE;
  credentials = engine_tls_credentials_new ();
  if (!engine_tls_credentials_add (credentials, certificate, error))
    {
      g_prefix_error (error, "%s, %s: ", certificate_path, key_path != NULL ? key_path : certificate_path);
      return FALSE;
    }
  engine_tls_settings_take_credentials (&context->tls, g_steal_pointer (&credentials));

  return TRUE;
}

static struct libwebsocket_context *
context_new (int port, struct libwebsocket_protocols *protocols, const char *certificate, const char *key, int gid,
             int uid, GError **error)
{
  ClassicContext *classic = g_new0 (ClassicContext, 1);
  struct libwebsocket_context *context;

  classic->protocols = protocols;
  classic->hang_up_pipe = -1;
  context = engine_context_new (&classic_events, classic, error);
  if (context == NULL)
    return NULL;

  context->limits.piece = CLASSIC_PIECE_MAX;
  context->limits.inflated_limit = CLASSIC_INFLATED_MAX;
  if (!context_load_certificate (context, port, certificate, key, error) ||
      !context_add_protocols (context, protocols, error) ||
      (port != CONTEXT_PORT_NO_LISTEN && !engine_listener_open (context, (guint16) port, error)) ||
      !classic_drop_privileges (gid, uid, error))
    {
      engine_context_destroy (context);
      context_reset_entries (protocols);
      return NULL;
    }

  return context;
}

/**
 * libwebsocket_create_context:
 * @port: the port to listen on, on all addresses of IPv4 and IPv6, or
 *   %CONTEXT_PORT_NO_LISTEN for a context of clients only
 * @protocols: (array): the protocols, ended by an entry whose callback is %NULL.
 *   The array must live, and stay writable, as long as the context.
 * @ssl_cert_filepath: (nullable): a file with the server's certificate and, behind it, the
 *   chain to its authority, in PEM: the port is served by TLS, as wss:// and https://.
 *   %NULL to serve it openly. Not looked at without a port to listen on.
 * @ssl_private_key_filepath: (nullable): a file with the private key in PEM; %NULL if it is in the
 *   same file. Not looked at without a certificate.
 * @gid: the group to change to once the port is bound, or -1
 * @uid: the user to change to once the port is bound, or -1
 *
 * Makes a context: opens the port, prepares the broadcasts and drops privileges.
 * Nothing is served until libwebsocket_service() is called, in this process or in
 * one that it forks later.
 *
 * Plain HTTP requests go to the first protocol. A client that asks for
 * subprotocols gets the first of its list that is served here (RFC 6455, section
 * 4.2.2), or is refused; one that asks for none gets the protocol whose name is
 * %NULL, or else the first.
 *
 * Certificate and key are read here, with the privileges of the start: a file that is missing,
 * unreadable or not PEM, and a key that belongs to another certificate, are told by a
 * message each. TLS 1.2 and 1.3 are spoken.
 *
 * With @gid or @uid the supplementary groups are dropped as well, and without root the
 * capabilities by which the thread could change its ids again. That any of it fails is never
 * ignored: there is no context then, and what was dropped until then stays dropped.
 *
 * Returns: (nullable): the context, to be freed with libwebsocket_context_destroy();
 *   %NULL on failure, with the cause on standard error
 *
 * Since: 1.0
 */
struct libwebsocket_context *
libwebsocket_create_context (int port, struct libwebsocket_protocols *protocols, const char *ssl_cert_filepath,
                             const char *ssl_private_key_filepath, int gid, int uid)
{
  struct libwebsocket_context *context = NULL;
  GError *error = NULL;

  if (context_check_arguments (port, protocols, &error))
    context = context_new (port, protocols, ssl_cert_filepath, ssl_private_key_filepath, gid, uid, &error);
  if (context == NULL)
    classic_failure (G_STRFUNC, error);

  return context;
}

/**
 * libwebsocket_context_destroy:
 * @context: a context
 *
 * Ends all connections, each with a Close of 1001 as far as it can be sent at once
 * and a %LWS_CALLBACK_CLOSED, and frees the context. May be called from inside a
 * callback: libwebsocket_service() then returns -1.
 *
 * The process that called libwebsockets_fork_service_loop() ends the loop with
 * this and waits for it. Any other process that was forked from the one that
 * serves frees its own copy only; the connections live on.
 *
 * No other thread may use the context meanwhile, not for a broadcast either.
 *
 * Since: 1.0
 */
void
libwebsocket_context_destroy (struct libwebsocket_context *context)
{
  struct libwebsocket_protocols *protocols;

  g_return_if_fail (context != NULL);

  if (context->destroyed)
    return;

  protocols = classic_context (context)->protocols;
  classic_end_loop (classic_context (context));
  engine_context_destroy (context);
  context_reset_entries (protocols);
}

/**
 * libwebsocket_service:
 * @context: a context
 * @timeout_ms: how long to wait for something to do, in milliseconds; 0 returns at
 *   once, a negative value waits for ever
 *
 * Does what there is to do: accepts connections, receives, delivers broadcasts,
 * calls who asked to write, sends. One call does a bounded amount of it and is to
 * be followed by the next.
 *
 * All callbacks are called from here, and on the same thread from
 * libwebsockets_broadcast() and libwebsocket_context_destroy(). It may be called again
 * from inside a callback.
 *
 * In a process that was forked from the one that serves this call takes the service over, with
 * all connections; in the former they can't be used any more. Until then a forked process can
 * broadcast, and free its copy of the context: everything else fails.
 *
 * Returns: 0, or -1 if there is nothing more to serve: the context was destroyed
 *   from a callback, another process has taken over the service loop, or the
 *   parent of a forked loop has ended
 *
 * Since: 1.0
 */
int
libwebsocket_service (struct libwebsocket_context *context, int timeout_ms)
{
  g_return_val_if_fail (context != NULL, -1);

  return engine_context_take (context) && engine_loop_service (context, timeout_ms) ? 0 : -1;
}
