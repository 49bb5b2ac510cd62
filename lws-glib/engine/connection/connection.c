/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"

#include "engine/base/connection-queue-private.h"
#include "engine/base/error-private.h"
#include "engine/base/poller-private.h"
#include "engine/connection/admission-private.h"
#include "engine/connection/arrivals-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/read-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/output/output-queue-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/socket.h>

/* Each line has a bit of its own, all of them in `lined`. */
G_STATIC_ASSERT (ENGINE_QUEUE_READY + ENGINE_QUEUE_WRITABLE + ENGINE_QUEUE_DIRTY + ENGINE_QUEUE_ENDED + ENGINE_QUEUE_SENT ==
                 (ENGINE_QUEUE_READY | ENGINE_QUEUE_WRITABLE | ENGINE_QUEUE_DIRTY | ENGINE_QUEUE_ENDED |
                  ENGINE_QUEUE_SENT));
G_STATIC_ASSERT (ENGINE_QUEUE_RESUMED <= G_MAXUINT8);

/* The list of the protocol, once the connection has opened, or of the context. */
static void
connection_list_heads (EngineConnection *connection, EngineConnection ***first, EngineConnection ***last)
{
  *first = connection->opened ? &connection->protocol->first : &connection->context->first;
  *last = connection->opened ? &connection->protocol->last : &connection->context->last;
}

static void
connection_link (EngineConnection *connection)
{
  EngineConnection **first;
  EngineConnection **last;

  connection_list_heads (connection, &first, &last);
  connection->previous = *last;
  connection->next = NULL;
  if (*last != NULL)
    (*last)->next = connection;
  else
    *first = connection;
  *last = connection;
}

static void
connection_unlink (EngineConnection *connection)
{
  EngineConnection **first;
  EngineConnection **last;

  connection_list_heads (connection, &first, &last);
  if (connection->previous != NULL)
    connection->previous->next = connection->next;
  else
    *first = connection->next;
  if (connection->next != NULL)
    connection->next->previous = connection->previous;
  else
    *last = connection->previous;
}

static void
connection_set_phase (EngineConnection *connection, EngineState state)
{
  connection->state = (guint8) state;
  connection->phase = connection->context->hooks->phases[connection->role][state];
}

EngineConnection *
engine_connection_new (EngineContext *context, WireRole role, int fd)
{
  EngineConnection *connection = g_new0 (EngineConnection, 1);

  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, fd);
  connection->timer.kind = ENGINE_WATCH_CONNECTION;
  connection->context = context;
  connection->transport = &engine_transport_plain;
  connection->role = (guint8) role;
  connection_set_phase (connection, role == WIRE_ROLE_SERVER ? ENGINE_STATE_HANDSHAKE : ENGINE_STATE_CONNECTING);
  connection->close_code = WIRE_CLOSE_ABNORMAL;
  connection_link (connection);

  engine_connection_arm (connection, role == WIRE_ROLE_SERVER ? context->limits.handshake_ticks
                                                              : context->limits.connect_ticks);
  if (fd >= 0)
    engine_connection_update_interest (connection);

  return connection;
}

static void
connection_leave_queues (EngineConnection *connection)
{
  EngineContext *context = connection->context;

  if (connection->queued & ENGINE_QUEUE_READY)
    engine_connection_queue_remove (&context->ready, connection);
  if (connection->queued & ENGINE_QUEUE_WRITABLE)
    engine_connection_queue_remove (&context->writable, connection);
  if (connection->queued & ENGINE_QUEUE_DIRTY)
    engine_connection_queue_remove (&context->dirty, connection);
  if (connection->queued & ENGINE_QUEUE_ENDED)
    engine_connection_queue_remove (&context->ended, connection);
  if (connection->queued & ENGINE_QUEUE_SENT)
    engine_connection_queue_remove (&context->sent, connection);
  if (connection->queued & ENGINE_QUEUE_TLS_HANDSHAKE)
    engine_connection_queue_remove (&context->tls_handshakes, connection);
  if (connection->queued & ENGINE_QUEUE_RESUMED)
    engine_connection_queue_remove (&context->resumed, connection);
}

void
engine_connection_free (EngineConnection *connection)
{
  g_assert (connection->state == ENGINE_STATE_CLOSED);

  connection->context->events->released (connection);
  connection_leave_queues (connection);
  connection_unlink (connection);
  engine_connection_stop_arriving (connection);
  engine_output_queue_clear (&connection->output);
  connection->transport->free (connection);
  engine_connection_drop_input (connection);
  g_free (connection->pending_control);
  g_free (connection->close_reason);
  connection->context->hooks->free_parts (connection);
  g_free (connection);
}

void
engine_connection_join_protocol (EngineConnection *connection)
{
  connection_unlink (connection);
  connection->opened = TRUE;
  connection_link (connection);
}

void
engine_connection_bind (EngineConnection *connection, EngineProtocol *protocol)
{
  g_assert (!connection->opened);

  connection->protocol = protocol;
}

void
engine_connection_arrive (EngineConnection *connection, EnginePeer *peer)
{
  EngineContext *context = connection->context;

  connection->peer = peer;
  connection->admitted = TRUE;
  connection->arrival = engine_arrival_new (&context->admission.arrivals, engine_peer_arrivals (peer),
                                            connection, engine_context_now (context));
}

void
engine_connection_speak (EngineConnection *connection)
{
  if (connection->arrival != NULL)
    engine_arrival_speak (connection->arrival);
}

void
engine_connection_stop_arriving (EngineConnection *connection)
{
  g_clear_pointer (&connection->arrival, engine_arrival_free);
}

/* It has come through the handshake, or will never. */
static void
connection_handshake_done (EngineConnection *connection)
{
  connection->handshake_done = TRUE;
  engine_connection_stop_arriving (connection);
  connection->context->hooks->handshake_done (connection->context, connection->peer);
}

void
engine_connection_set_state (EngineConnection *connection, EngineState state)
{
  g_assert (engine_state_may_become (connection->state, state));

  connection_set_phase (connection, state);
  if (state > ENGINE_STATE_HANDSHAKE && connection->admitted && !connection->handshake_done)
    connection_handshake_done (connection);
  if (state >= ENGINE_STATE_LINGERING)
    engine_connection_enqueue (connection, ENGINE_QUEUE_ENDED);
}

void
engine_connection_arm (EngineConnection *connection, guint ticks)
{
  connection->overdue = FALSE;
  engine_context_set_timer (connection->context, &connection->timer, ticks);
}

/* Of a connection that is cut the owner may be given at once what it would hold for later. It must not be
 * able to become much more than the kernel had. */
static gboolean
connection_is_read_out (const EngineConnection *connection)
{
  return connection->cut && connection->context->events->holds && connection->deflate == NULL;
}

gboolean
engine_connection_reads (const EngineConnection *connection)
{
  switch ((EngineState) connection->state)
    {
    case ENGINE_STATE_TLS_HANDSHAKE:
      /* A client's handshake is GIO's. */
      return connection->role == WIRE_ROLE_SERVER;
    case ENGINE_STATE_HANDSHAKE:
    case ENGINE_STATE_CLOSING:
    case ENGINE_STATE_LINGERING:
      return TRUE;
    case ENGINE_STATE_OPEN:
      return !connection->paused || connection_is_read_out (connection);
    default:
      return FALSE;
    }
}

static void
connection_watch (EngineConnection *connection, guint16 events)
{
  if (!engine_poller_set (engine_context_poller (connection->context), &connection->watch, events))
    engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, _("The connection could not be watched: %s"),
                             g_strerror (errno));
}

/* What to wait for while output waits. */
static guint16
connection_output_events (const EngineConnection *connection)
{
  return connection->blocked && !connection->no_buffers ? EPOLLOUT : 0;
}

void
engine_connection_update_interest (EngineConnection *connection)
{
  guint16 events = connection_output_events (connection);

  if (connection->watch.fd < 0)
    return;

  if (engine_connection_reads (connection) && !connection->busy)
    {
      events |= EPOLLIN;
      if (connection->transport->pending (connection))
        engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
    }
  else if (connection->watch.added)
    /* Mostly nothing comes, and it would be a call for nothing. */
    events |= connection->watch.events & EPOLLIN;

  connection_watch (connection, events);
}

void
engine_connection_stop_reading (EngineConnection *connection)
{
  /* Further down the stack somebody works on it, and will ask again; until then
   * not even a hang-up may wake the nested loop over and over. With output that
   * waits a hang-up ends the connection. */
  if (connection->busy && !connection->blocked)
    engine_poller_remove (engine_context_poller (connection->context), &connection->watch);
  else
    connection_watch (connection, connection_output_events (connection));
}

void
engine_connection_enqueue (EngineConnection *connection, EngineQueueBit bit)
{
  EngineContext *context = connection->context;
  EngineConnectionQueue *line = bit == ENGINE_QUEUE_READY      ? &context->ready
                     : bit == ENGINE_QUEUE_WRITABLE ? &context->writable
                     : bit == ENGINE_QUEUE_DIRTY    ? &context->dirty
                     : bit == ENGINE_QUEUE_SENT     ? &context->sent
                     : bit == ENGINE_QUEUE_TLS_HANDSHAKE ? &context->tls_handshakes
                     : bit == ENGINE_QUEUE_RESUMED  ? &context->resumed
                                                   : &context->ended;

  if (connection->queued & bit)
    return;

  connection->queued = (guint8) (connection->queued | bit);
  engine_connection_queue_push (line, connection);
}

GSocketAddress *
engine_connection_get_peer (EngineConnection *connection)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  if (connection->watch.fd < 0 || getpeername (connection->watch.fd, (struct sockaddr *) &address, &length) != 0)
    return NULL;

  return g_socket_address_new_from_native (&address, length);
}

void
engine_connection_get_tls_facts (EngineConnection *connection, EngineTlsFacts *facts)
{
  connection->transport->get_facts (connection, facts);
}

/* The next of a queue, or NULL: a nested iteration may have taken those that were in it. */
EngineConnection *
engine_connection_queue_next (EngineConnectionQueue *line, EngineQueueBit bit)
{
  EngineConnection *connection = engine_connection_queue_pop (line);

  if (connection != NULL)
    connection->queued &= (guint8) ~bit;

  return connection;
}
