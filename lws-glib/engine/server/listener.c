/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/server/listener-private.h"

#include "engine/base/descriptors-private.h"
#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/passed-descriptors-private.h"
#include "engine/base/poller-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/admission-private.h"
#include "engine/connection/arrivals-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/notice-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/transport-private.h"
#include "engine/server/tls-handshake-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* As many as the kernel holds by default (net.core.somaxconn). */
#define LISTENER_BACKLOG 4096

/* In one iteration, so that a storm of connections leaves room for others. */
#define LISTENER_ACCEPTS 256

/* When somebody has to go: who turns out to have spoken is passed over, so many times. */
#define LISTENER_LOOKS 16

/* How long accepting rests when descriptors or memory have run out. */
#define LISTENER_REST_TICKS 1

static void
listener_set_option (int fd, int level, int option, int value)
{
  setsockopt (fd, level, option, &value, sizeof value);
}

static gboolean
listener_bind (int fd, int family, guint16 port)
{
  struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = htons (port) };
  struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons (port) };
  const struct sockaddr *address = family == AF_INET6 ? (struct sockaddr *) &any6 : (struct sockaddr *) &any4;

  listener_set_option (fd, SOL_SOCKET, SO_REUSEADDR, 1);
  /* The sockets that are accepted inherit this. */
  listener_set_option (fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (family == AF_INET6)
    listener_set_option (fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);

  return bind (fd, address, family == AF_INET6 ? sizeof any6 : sizeof any4) == 0 && listen (fd, LISTENER_BACKLOG) == 0;
}

/* A socket for both families; on a machine without IPv6 for IPv4 alone. */
static int
listener_socket (guint16 port)
{
  static const int families[] = { AF_INET6, AF_INET };

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      int fd = socket (families[i], SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      int failure;

      if (fd >= 0 && listener_bind (fd, families[i], port))
        return fd;

      failure = errno;
      if (fd >= 0)
        close (fd);
      errno = failure;
      if (failure != EAFNOSUPPORT && failure != EADDRNOTAVAIL)
        return -1;
    }

  return -1;
}

/* Connections inherit SO_LINGER from a socket that the program made. */
static gboolean
listener_is_lingering (int fd)
{
  struct linger linger = { 0 };
  socklen_t length = sizeof linger;

  return getsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff != 0;
}

static void
listener_end_lingering (int fd)
{
  const struct linger off = { 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
}

EngineListener *
engine_listener_add (EngineContext *context, int fd, GError **error)
{
  EngineListener *listener = g_new0 (EngineListener, 1);

  listener->context = context;
  listener->timer.kind = ENGINE_WATCH_LISTENER;
  engine_watch_init (&listener->watch, ENGINE_WATCH_LISTENER, fd);
  listener->is_unix = engine_passed_descriptors_may_come (fd);
  listener->lingers = listener_is_lingering (fd);
  /* Connections inherit this, too, but for those of Unix sockets: an urgent byte has its place in the stream. */
  listener_set_option (fd, SOL_SOCKET, SO_OOBINLINE, 1);

  if (!engine_poller_set (engine_context_poller (context), &listener->watch, EPOLLIN))
    {
      engine_error_set_system (error, ENGINE_ERROR_LISTEN, errno, _("A listening socket can't be watched: %s"),
                               g_strerror (errno));
      /* It would keep the port, and let clients wait whom nobody accepts. */
      close (fd);
      g_free (listener);
      return NULL;
    }
  g_ptr_array_add (context->listeners, listener);

  return listener;
}

gboolean
engine_listener_open (EngineContext *context, guint16 port, GError **error)
{
  int fd = listener_socket (port);

  if (fd < 0)
    {
      engine_error_set_system (error, ENGINE_ERROR_LISTEN, errno, _("Port %u can't be listened on: %s"), port,
                               g_strerror (errno));
      return FALSE;
    }

  return engine_listener_add (context, fd, error) != NULL;
}

static gboolean
listener_bind_address (int fd, GSocketAddress *address)
{
  struct sockaddr_storage native;
  gssize size = g_socket_address_get_native_size (address);

  if (!g_socket_address_to_native (address, &native, sizeof native, NULL))
    {
      errno = EAFNOSUPPORT;
      return FALSE;
    }
  listener_set_option (fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (G_IS_INET_SOCKET_ADDRESS (address))
    listener_set_option (fd, IPPROTO_TCP, TCP_NODELAY, 1);

  return bind (fd, (struct sockaddr *) &native, (socklen_t) size) == 0 && listen (fd, LISTENER_BACKLOG) == 0;
}

EngineListener *
engine_listener_open_address (EngineContext *context, GSocketAddress *address, GError **error)
{
  int fd = socket (g_socket_address_get_family (address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd < 0 || !listener_bind_address (fd, address))
    {
      const int failure = errno;
      g_autofree char *text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));

      engine_error_set_system (error, ENGINE_ERROR_LISTEN, failure, _("%s can't be listened on: %s"), text,
                               g_strerror (failure));
      if (fd >= 0)
        close (fd);
      return NULL;
    }

  return engine_listener_add (context, fd, error);
}

guint16
engine_listener_port (const EngineListener *listener)
{
  struct sockaddr_in6 address = { 0 };
  socklen_t length = sizeof address;

  if (getsockname (listener->watch.fd, (struct sockaddr *) &address, &length) != 0)
    return 0;

  /* The port stands at the same place for both families. */
  return ntohs (address.sin6_port);
}

/* What befell only that one connection, which is gone (accept(2)). After anything else it
 * may be there still. */
static gboolean
listener_may_go_on (int failure)
{
  switch (failure)
    {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ETIMEDOUT:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Out of descriptors or memory: the connection stays in the backlog, and epoll
 * would tell of it without end. */
static void
listener_rest (EngineListener *listener, const char *cause)
{
  EngineContext *context = listener->context;

  engine_poller_set (engine_context_poller (context), &listener->watch, 0);
  if (engine_timer_is_set (&listener->timer))
    return;

  engine_notice (context, ENGINE_NOTICE_ACCEPT, _("No new connections for a moment: %s"), cause);
  engine_context_set_timer (context, &listener->timer, LISTENER_REST_TICKS);
}

/* --- who has to go */

/* Does anybody want to come in? */
static gboolean
listener_is_waited_at (const EngineListener *listener)
{
  struct pollfd waiting = { .fd = listener->watch.fd, .events = POLLIN };

  return poll (&waiting, 1, 0) == 1;
}

/* What has come from a connection may wait to be read: that we are late is no silence. */
static gboolean
listener_was_spoken_to (EngineConnection *connection)
{
  char byte;

  return recv (connection->watch.fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The first of those that have kept us waiting for more than so many ticks. Who only seems to have goes to the
 * end of the line. */
static EngineConnection *
listener_find_idle (EngineContext *context, const EngineArrivals *arrivals, gboolean speaking, guint ticks)
{
  const guint32 now = engine_context_now (context);

  for (guint i = 0; i < LISTENER_LOOKS; i++)
    {
      EngineArrival *arrival = engine_arrivals_first (arrivals, speaking);
      EngineConnection *connection;

      if (arrival == NULL || now - arrival->since < ticks)
        return NULL;
      connection = arrival->connection;
      if (!connection->busy && !listener_was_spoken_to (connection))
        return connection;
      engine_arrival_speak_again (arrival);
    }

  return NULL;
}

static void
listener_dismiss (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, "%s",
                           _("A client that kept its request back made room for others"));
}

/* Somebody has to make room for one more of @arrivals. FALSE if nobody can be asked to. */
static gboolean
listener_make_room (EngineContext *context, const EngineArrivals *arrivals)
{
  EngineConnection *idle = listener_find_idle (context, arrivals, FALSE, 0);

  if (idle == NULL)
    idle = listener_find_idle (context, arrivals, TRUE, ENGINE_SPEAKING_TICKS);
  if (idle == NULL)
    return FALSE;

  listener_dismiss (idle);

  return TRUE;
}

/* Two go for each that comes, so that the silent become fewer. */
static void
listener_relieve_pressure (EngineContext *context)
{
  for (guint i = 0; i < 2 && engine_admission_is_pressed (&context->admission, &context->limits); i++)
    {
      EngineConnection *idle = listener_find_idle (context, &context->admission.arrivals, FALSE, ENGINE_SILENT_TICKS + 1);

      if (idle == NULL)
        return;
      listener_dismiss (idle);
    }
}

/* --- accepting */

/* Without an answer, that costs the least. */
static void
listener_turn_away (EngineListener *listener, int fd)
{
  if (listener->is_unix)
    engine_passed_descriptors_close (&listener->context->peer_closer, fd);
  else
    close (fd);
}

/* FALSE if it was one too many, and is gone. */
static gboolean
listener_let_in (EngineListener *listener, int fd, const struct sockaddr *address, EnginePeer **peer)
{
  EngineContext *context = listener->context;
  EngineAdmissionResult entry = ENGINE_ADMISSION_FULL;

  if (engine_descriptors_may_give (fd))
    entry = engine_admission_admit (&context->admission, &context->limits, address, peer);
  if (entry == ENGINE_ADMISSION_PEER_BUSY && listener_make_room (context, engine_peer_arrivals (*peer)))
    entry = engine_admission_admit (&context->admission, &context->limits, address, peer);
  if (entry == ENGINE_ADMISSION_ADMITTED)
    return TRUE;

  listener_turn_away (listener, fd);
  if (entry == ENGINE_ADMISSION_FULL)
    engine_notice (context, ENGINE_NOTICE_ACCEPT, _("A client was turned away: there are %u connections already"),
                   context->admission.count);
  else
    g_debug ("A client was turned away: there are too many of its address");

  return FALSE;
}

static void
listener_admit (EngineListener *listener, int fd, const struct sockaddr *address)
{
  EngineContext *context = listener->context;
  EnginePeer *peer;
  EngineConnection *connection;

  if (listener->lingers)
    listener_end_lingering (fd);
  if (listener->is_unix)
    engine_passed_descriptors_prepare (fd);
  if (!listener_let_in (listener, fd, address, &peer))
    return;

  connection = engine_connection_new (context, WIRE_ROLE_SERVER, fd);
  /* It may have failed at once. */
  if (connection->watch.fd < 0)
    {
      engine_listener_handshake_done (context, peer);
      engine_admission_release (&context->admission, peer);
      return;
    }
  if (listener->is_unix)
    connection->transport = &engine_transport_unix;
  engine_connection_arrive (connection, peer);
  /* What is sent to a Unix socket stays on this machine, and its permissions protect it. */
  if (!listener->is_unix && context->tls.credentials != NULL)
    engine_tls_handshake_accept (connection);
  listener_relieve_pressure (context);
}

/* The kernel could not give us the connection. */
static void
listener_fail (EngineListener *listener, int failure)
{
  EngineContext *context = listener->context;

  if (failure != EINVAL)
    {
      listener_rest (listener, g_strerror (failure));
      return;
    }

  /* It listens no more: a process that has a copy of the socket shut it down. */
  g_message (_("No new connections any more: %s"), g_strerror (failure));
  engine_poller_remove (engine_context_poller (context), &listener->watch);
  engine_timer_wheel_clear (&context->wheel, &listener->timer);
}

void
engine_listener_accept (EngineIteration *iteration, EngineListener *listener)
{
  EngineContext *context = listener->context;

  context->admission.room = engine_descriptors_for_peers ();
  for (guint i = 0; i < LISTENER_ACCEPTS && engine_iteration_has_time (iteration); i++)
    {
      struct sockaddr_storage address = { 0 };
      socklen_t length = sizeof address;
      int fd;

      if (engine_admission_is_busy (&context->admission, &context->limits) && listener_is_waited_at (listener) &&
          !listener_make_room (context, &context->admission.arrivals))
        {
          listener->resting_for_handshakes = TRUE;
          listener_rest (listener, _("too many handshakes are under way"));
          return;
        }
      fd = accept4 (listener->watch.fd, (struct sockaddr *) &address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0)
        listener_admit (listener, fd, (struct sockaddr *) &address);
      else if (errno == EAGAIN)
        return;
      else if (!listener_may_go_on (errno))
        {
          listener_fail (listener, errno);
          return;
        }
    }
}

void
engine_listener_resume (EngineListener *listener)
{
  listener->resting_for_handshakes = FALSE;
  if (!engine_poller_set (engine_context_poller (listener->context), &listener->watch, EPOLLIN))
    listener_rest (listener, g_strerror (errno));
}

void
engine_listener_handshake_done (EngineContext *context, EnginePeer *peer)
{
  engine_admission_handshake_done (&context->admission, peer);
  for (guint i = 0; i < context->listeners->len; i++)
    {
      EngineListener *listener = context->listeners->pdata[i];

      if (listener->resting_for_handshakes)
        engine_listener_resume (listener);
    }
}

static void
listener_close (EngineListener *listener)
{
  /* Others go on to accept who waits at a socket of theirs. */
  if (listener->is_unix && !listener->borrowed && !engine_context_is_copy (listener->context))
    engine_passed_descriptors_close_listener (&listener->context->peer_closer, listener->watch.fd);
  else
    close (listener->watch.fd);
}

void
engine_listener_free (EngineListener *listener)
{
  engine_timer_wheel_clear (&listener->context->wheel, &listener->timer);
  if (engine_context_is_ours (listener->context))
    {
      engine_poller_remove (engine_context_poller (listener->context), &listener->watch);
      /* Children may have a copy, which would keep the port, with nobody to accept. */
      if (engine_fork_happened () && !listener->borrowed)
        shutdown (listener->watch.fd, SHUT_RDWR);
    }
  listener_close (listener);
  g_free (listener);
}

void
engine_listener_remove (EngineListener *listener)
{
  g_ptr_array_remove (listener->context->listeners, listener);
  engine_listener_free (listener);
}
