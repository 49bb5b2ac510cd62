/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/connector-private.h"

#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/passed-descriptors-private.h"
#include "engine/base/poller-private.h"
#include "engine/base/random-private.h"
#include "engine/client/handshake-private.h"
#include "engine/client/orphans-private.h"
#include "engine/client/tls-handshake-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTOR_PORT 80
#define CONNECTOR_SECURE_PORT 443

/* Proxy Authentication Required (RFC 9110 section 15.5.8). */
#define CONNECTOR_PROXY_LOGIN 407

/* Five seconds: what asks a token takes its time. */
#define CONNECTOR_ACQUIRE_TRIES 10000
#define CONNECTOR_ACQUIRE_MICROSECONDS 500

static void
dial_free (EngineDial *dial)
{
  g_clear_object (&dial->cancellable);
  g_clear_pointer (&dial->main_context, g_main_context_unref);
  g_free (dial->address);
  g_free (dial->place);
  g_free (dial->target);
  g_free (dial->host);
  g_free (dial->origin);
  g_free (dial->subprotocols);
  g_clear_error (&dial->error);
  g_clear_error (&dial->certificate_too_large);
  if (dial->request != NULL)
    g_string_free (dial->request, TRUE);
  g_free (dial);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineDial, dial_free)

void
engine_connector_release (EngineConnection *connection)
{
  EngineDial *dial = g_steal_pointer (&connection->dial);

  if (dial == NULL)
    return;

  dial->connection = NULL;
  if (!dial->running)
    dial_free (dial);
  /* In a copy nobody is at work; but those who are would be woken, over and over. */
  else if (dial->context->fork_generation == engine_fork_generation ())
    g_cancellable_cancel (dial->cancellable);
}

/* The value of the header Host: programs also give "http://name", and leave the
 * port to us. */
static char *
connector_host (const EngineDestination *destination)
{
  const char *given = destination->host != NULL ? destination->host : destination->address;
  guint16 usual = destination->secure ? CONNECTOR_SECURE_PORT : CONNECTOR_PORT;
  const char *scheme = strstr (given, "://");
  const char *name = scheme != NULL ? scheme + 3 : given;
  /* A zone of IPv6 (RFC 6874) means something on this machine alone. */
  gsize length = strcspn (name, "/%");
  g_autofree char *host = g_strndup (name, length);
  gboolean bare_ipv6 = host[0] != '[' && strchr (host, ':') != strrchr (host, ':');
  gboolean has_port = host[0] == '[' ? strstr (host, "]:") != NULL : !bare_ipv6 && strchr (host, ':') != NULL;
  g_autofree char *bracketed = bare_ipv6 ? g_strdup_printf ("[%s]", host) : g_strdup (host);

  if (has_port || destination->port == usual || destination->port == 0)
    return g_steal_pointer (&bracketed);

  return g_strdup_printf ("%s:%u", bracketed, destination->port);
}

static char *
connector_address (const char *address)
{
  gsize length = strlen (address);

  if (length > 2 && address[0] == '[' && address[length - 1] == ']')
    return g_strndup (address + 1, length - 2);

  return g_strdup (address);
}

/* Where it goes, for people. */
static char *
connector_place (const EngineDial *dial, GSocketConnectable *connectable)
{
  if (connectable != NULL)
    return g_socket_connectable_to_string (connectable);

  return g_strdup_printf (strchr (dial->address, ':') != NULL ? "[%s]:%u" : "%s:%u", dial->address, dial->port);
}

static EngineDial *
dial_new (EngineContext *context, const EngineDestination *destination, GError **error)
{
  const char *target = destination->target != NULL ? destination->target : "/";
  g_autoptr (EngineDial) dial = g_new0 (EngineDial, 1);
  guint8 nonce[WIRE_NONCE_SIZE];
  WireRefusal refusal;
  g_autofree char *text = NULL;

  dial->context = context;
  dial->secure = destination->secure;
  dial->accept_self_signed = destination->accept_self_signed;
  dial->port = destination->port;
  dial->address = connector_address (destination->address);
  dial->place = connector_place (dial, destination->connectable);
  dial->target = g_strconcat (target[0] == '/' ? "" : "/", target, NULL);
  dial->host = connector_host (destination);
  dial->origin = g_strdup (destination->origin);
  dial->subprotocols = g_strdup (destination->subprotocols);
  dial->handshake.target = dial->target;
  dial->handshake.host = dial->host;
  dial->handshake.origin = dial->origin;
  dial->handshake.subprotocols = dial->subprotocols;
  dial->handshake.headers = destination->headers;
  dial->handshake.offer = &context->deflate;

  if (!engine_random_draw (&context->random, nonce, sizeof nonce))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No random bytes for a handshake: %s"),
                   g_strerror (errno));
      return NULL;
    }
  wire_client_handshake_set_key (&dial->handshake, nonce);

  dial->request = g_string_sized_new (256);
  if (!wire_client_handshake_request (dial->request, &dial->handshake, &refusal))
    {
      text = engine_error_translate (&refusal.parts);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, text);
      return NULL;
    }

  /* They are in the request now, and not ours. */
  dial->handshake.headers = NULL;
  dial->handshake.offer = NULL;

  return g_steal_pointer (&dial);
}

/* While nobody runs a main context, GIO's thread of a TLS handshake may own it, for as long as
 * it takes to verify a certificate. */
static gboolean
connector_acquire (GMainContext *main_context)
{
  for (guint i = 0; i < CONNECTOR_ACQUIRE_TRIES; i++)
    {
      if (g_main_context_acquire (main_context))
        return TRUE;
      g_usleep (CONNECTOR_ACQUIRE_MICROSECONDS);
    }

  return FALSE;
}

gboolean
engine_connector_begin_job (EngineDial *dial)
{
  if (!connector_acquire (dial->main_context))
    {
      engine_connection_abort (dial->connection, ENGINE_ERROR_SYSTEM,
                               _("No connection to %s: another thread keeps the main context"), dial->address);
      return FALSE;
    }

  g_main_context_push_thread_default (dial->main_context);
  dial->thread = g_thread_self ();
  dial->running = TRUE;
  dial->link.data = dial;
  dial->queue = &dial->context->dials;
  g_queue_push_tail_link (dial->queue, &dial->link);
  dial->context->jobs += dial->on_gio ? 1 : 0;

  return TRUE;
}

void
engine_connector_begun_job (EngineDial *dial)
{
  g_main_context_pop_thread_default (dial->main_context);
  g_main_context_release (dial->main_context);
}

gboolean
engine_connector_end_job (EngineDial *dial)
{
  EngineContext *context = dial->context;

  dial->running = FALSE;
  dial->in_thread = FALSE;
  if (dial->queue != NULL)
    g_queue_unlink (dial->queue, &dial->link);
  dial->queue = NULL;
  if (context != NULL)
    context->jobs -= dial->on_gio ? 1 : 0;
  if (dial->connection != NULL)
    return TRUE;

  dial_free (dial);

  return FALSE;
}

void
engine_connector_fail (EngineConnection *connection, const GError *error)
{
  if (connection->dial->error == NULL)
    connection->dial->error = g_error_copy (error);
  engine_connection_abort (connection, ENGINE_ERROR_CONNECT, "%s", error->message);
}

/* GIO's socket goes with its GSocketConnection; the descriptor stays with us. */
static int
connector_take_descriptor (GSocketConnection *stream)
{
  int fd = g_socket_get_fd (g_socket_connection_get_socket (stream));
  const int one = 1;

  fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    return fd;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* An urgent byte has its place in the stream. */
  setsockopt (fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof one);

  return fd;
}

/* A proxy that wants to know who asks, whatever it speaks. */
static gboolean
connector_needs_login (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED);
}

static void
connector_refuse (EngineConnection *connection, const GError *error)
{
  EngineDial *dial = connection->dial;
  g_autoptr (GError) failure = NULL;

  if (connector_needs_login (error))
    {
      dial->status = CONNECTOR_PROXY_LOGIN;
      failure = g_error_new (ENGINE_ERROR, ENGINE_ERROR_CONNECT, _("%s can't be reached: %s"), dial->place,
                             error->message);
    }
  else
    failure = engine_error_new_from_gio (error, ENGINE_ERROR_CONNECT, _("%s can't be reached: %s"), dial->place,
                                         error->message);
  engine_connector_fail (connection, failure);
}

void
engine_connector_take_over (EngineConnection *connection, GSocketConnection *stream, const GError *error)
{
  int fd;

  if (connection->state != ENGINE_STATE_CONNECTING)
    return;

  if (stream == NULL)
    {
      connector_refuse (connection, error);
      return;
    }
  if (G_IS_TCP_WRAPPER_CONNECTION (stream))
    {
      /* The bytes on its socket are encrypted once more, for the proxy. */
      engine_connection_abort (connection, ENGINE_ERROR_CONNECT,
                               _("Proxies that are spoken to by TLS are not supported"));
      return;
    }
  fd = connector_take_descriptor (stream);
  if (fd < 0)
    {
      engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, _("The socket could not be taken over: %s"),
                               g_strerror (errno));
      return;
    }
  if (connection->dial->secure)
    {
      engine_client_tls_handshake_start (connection, g_socket_connection_get_socket (stream), fd);
      return;
    }
  if (engine_passed_descriptors_may_come (fd))
    {
      engine_passed_descriptors_prepare (fd);
      connection->transport = &engine_transport_unix;
    }
  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, fd);
  engine_client_handshake_start (connection);
}

static void
connector_on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineDial *dial = data;
  EngineContext *context = dial->context;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  /* In a forked process that runs the main loop of its parent, the answer is for that one. */
  if (!engine_connector_end_job (dial) || engine_context_is_copy (context))
    return;

  /* Under a driver this is no iteration. */
  engine_context_hold (context);
  engine_connector_take_over (dial->connection, stream, error);
  engine_context_release (context);
}

void
engine_connector_forget (EngineContext *context, gboolean serve)
{
  EngineOrphans *orphans = serve && context->jobs > 0 ? engine_orphans_new (context->gio) : NULL;
  GList *link;

  while ((link = g_queue_pop_head_link (&context->dials)) != NULL)
    {
      EngineDial *dial = link->data;

      dial->context = NULL;
      dial->queue = NULL;
      if (orphans != NULL && dial->on_gio)
        engine_orphans_take (orphans, dial);
    }
  if (orphans != NULL)
    engine_orphans_serve (orphans);
}

void
engine_connector_lose_threads (EngineContext *context)
{
  GList *next;

  for (GList *link = context->dials.head; link != NULL; link = next)
    {
      EngineDial *dial = link->data;
      EngineConnection *connection = dial->connection;

      next = link->next;
      if (dial->in_thread && engine_connector_end_job (dial))
        engine_connection_abort (connection, ENGINE_ERROR_SYSTEM,
                                 _("The TLS handshake with %s can't go on in a forked process"), dial->address);
    }
}

GMainContext *
engine_connector_new_main_context (void)
{
  /* GLib ends the program where this fails for it. */
  int fd = eventfd (0, EFD_CLOEXEC);

  if (fd < 0)
    return NULL;
  close (fd);

  return g_main_context_new ();
}

/* Where GIO shall answer: the driver's main context, or one that iterations of our own
 * look after. */
static GMainContext *
connector_main_context (EngineContext *context, gboolean *ours)
{
  GMainContext *theirs = context->driver != NULL ? context->driver->get_main_context (context->driver_data) : NULL;

  *ours = theirs == NULL;
  if (theirs != NULL)
    return theirs;
  if (context->gio == NULL)
    context->gio = engine_connector_new_main_context ();

  return context->gio;
}

GSocketConnectable *
engine_connector_connectable (EngineDial *dial, const EngineDestination *destination)
{
  if (destination->connectable != NULL)
    return g_object_ref (destination->connectable);

  /* A resolver of proxies is asked about this scheme. The settings of a desktop know no
   * WebSockets; what lets any traffic through is the proxy for https (RFC 6455 section 4.1). */
  return g_object_new (G_TYPE_NETWORK_ADDRESS, "hostname", dial->address, "port", (guint) destination->port, "scheme",
                       "https", NULL);
}

GSocketClient *
engine_connector_client (const EngineDestination *destination)
{
  GSocketClient *client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, destination->proxy_resolver != NULL);
  if (destination->proxy_resolver != NULL)
    g_socket_client_set_proxy_resolver (client, destination->proxy_resolver);

  return client;
}

gboolean
engine_connector_choose_context (EngineContext *context, EngineDial *dial)
{
  GMainContext *main_context = connector_main_context (context, &dial->on_gio);

  if (main_context == NULL)
    {
      engine_connection_abort (dial->connection, ENGINE_ERROR_SYSTEM, _("No connection to %s: %s"), dial->place,
                               g_strerror (errno));
      return FALSE;
    }

  dial->cancellable = g_cancellable_new ();
  dial->main_context = g_main_context_ref (main_context);

  return TRUE;
}

static void
connector_start (EngineContext *context, EngineDial *dial, const EngineDestination *destination)
{
  g_autoptr (GSocketClient) client = engine_connector_client (destination);
  g_autoptr (GSocketConnectable) connectable = engine_connector_connectable (dial, destination);

  if (!engine_connector_choose_context (context, dial) || !engine_connector_begin_job (dial))
    return;
  g_socket_client_connect_async (client, connectable, dial->cancellable, connector_on_connected, dial);
  engine_connector_begun_job (dial);
}

EngineConnection *
engine_connector_prepare (EngineContext *context, const EngineDestination *destination, GError **error)
{
  EngineDial *dial;
  EngineConnection *connection;

  if (context->destroyed)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The context is being destroyed"));
      return NULL;
    }
  if (destination->connectable == NULL && (destination->address[0] == '\0' || destination->port == 0))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                           _("A connection needs an address and a port between 1 and 65535"));
      return NULL;
    }

  dial = dial_new (context, destination, error);
  if (dial == NULL)
    return NULL;

  connection = engine_connection_new (context, WIRE_ROLE_CLIENT, -1);
  connection->dial = dial;
  connection->user = destination->user;
  dial->connection = connection;

  return connection;
}

EngineConnection *
engine_connector_dial (EngineContext *context, const EngineDestination *destination, GError **error)
{
  EngineConnection *connection = engine_connector_prepare (context, destination, error);

  if (connection != NULL)
    connector_start (context, connection->dial, destination);

  return connection;
}

void
engine_connector_note_failure (EngineConnection *connection, EngineError code, const char *text)
{
  if (connection->dial->error == NULL)
    connection->dial->error = g_error_new_literal (ENGINE_ERROR, code, text);
}

void
engine_connector_announce_failure (EngineConnection *connection)
{
  const EngineEvents *events = connection->context->events;

  if (connection->dial->error == NULL)
    connection->dial->error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_CLOSED,
                                           _("The connection was closed before it was established"));
  events->failed (connection, connection->dial->error);
  engine_connector_release (connection);
}

static void
connector_on_deadline (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("No connection to %s within %u s"),
                           connection->dial->address, connection->context->limits.connect_ticks);
}

const EnginePhase engine_phase_connecting = {
  .deadline = connector_on_deadline,
  .close = engine_connection_end_unopened,
};
