/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"

#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/websocket/control-private.h"
#include "engine/connection/read-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/send-private.h"

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

EngineConnection *
engine_connection_new (EngineContext *context, WireRole role, int fd)
{
  EngineConnection *connection = g_new0 (EngineConnection, 1);

  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, fd);
  connection->timer.kind = ENGINE_WATCH_CONNECTION;
  connection->context = context;
  connection->transport = &engine_transport_plain;
  connection->role = (guint8) role;
  connection->state = role == WIRE_ROLE_SERVER ? ENGINE_STATE_HANDSHAKE : ENGINE_STATE_CONNECTING;
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
  if (connection->role == WIRE_ROLE_CLIENT)
    engine_connector_release (connection);
  else
    g_clear_pointer (&connection->response, engine_http_response_free);
  g_free (connection);
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
  engine_listener_handshake_done (connection->context, connection->peer);
}

void
engine_connection_set_state (EngineConnection *connection, EngineState state)
{
  g_assert (engine_state_may_become (connection->state, state));

  connection->state = (guint8) state;
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

void
engine_connection_open (EngineConnection *connection, const char *target)
{
  EngineContext *context = connection->context;
  const EngineLimits *limits = &context->limits;

  wire_decoder_init (&connection->decoder, connection->role, limits->message_limit, limits->whole_frame);
  connection->decoder.deflates = connection->deflate != NULL;
  connection->decoder.piece_limit = limits->piece;
  connection_unlink (connection);
  engine_connection_set_state (connection, ENGINE_STATE_OPEN);
  connection->opened = TRUE;
  connection_link (connection);

  connection->last_received = context->tick;
  if (limits->ping_ticks > 0)
    engine_connection_arm (connection, limits->ping_ticks - 1);
  else
    engine_timer_wheel_clear (&context->wheel, &connection->timer);

  context->events->opened (connection, target);
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

void
engine_connection_pause (EngineConnection *connection, gboolean pause)
{
  connection->paused = pause != FALSE;
  if (pause || connection->busy)
    /* What comes next finds us paused, and is then turned off; until then there
     * is no call to make. */
    return;

  if (engine_connection_has_input (connection))
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
  engine_connection_update_interest (connection);
}

void
engine_connection_request_writable (EngineConnection *connection)
{
  connection->wants_writable = TRUE;
  if (!connection->blocked)
    engine_connection_enqueue (connection, ENGINE_QUEUE_WRITABLE);
}

void
engine_connection_retry_output (EngineConnection *connection)
{
  if (connection->state != ENGINE_STATE_CLOSED)
    engine_connection_enqueue (connection, ENGINE_QUEUE_RESUMED);
}

void
engine_connection_on_writable (EngineConnection *connection)
{
  /* Whoever takes what waits is alive, even if our ping is still behind it. That we try once more without
   * memory tells nothing of the peer. */
  if (!connection->no_buffers)
    {
      engine_connection_note_received (connection);
      if (connection->state == ENGINE_STATE_RESPONDING && !connection->response->held)
        engine_connection_arm (connection, connection->context->limits.response_ticks);
    }
  connection->no_buffers = FALSE;
  connection->blocked = FALSE;
  engine_control_overtake (connection);
  if (!engine_connection_flush_some (connection))
    /* epoll tells of it again, behind the others. */
    connection->blocked = TRUE;
  engine_connection_update_interest (connection);
}

void
engine_connection_on_hang_up (EngineConnection *connection, gboolean error)
{
  /* After a plain hang-up what was received can still be read, once the owner wants it. */
  if (connection->state == ENGINE_STATE_OPEN && !error)
    engine_poller_remove (engine_context_poller (connection->context), &connection->watch);
  else if (!engine_connection_cut (connection))
    engine_connection_abort (connection, ENGINE_ERROR_CLOSED, _("The connection was lost"));
}

static void
connection_announce_failure (EngineConnection *connection)
{
  const EngineEvents *events = connection->context->events;

  if (connection->dial->error == NULL)
    connection->dial->error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_CLOSED,
                                           _("The connection was closed before it was established"));
  events->failed (connection, connection->dial->error);
  engine_connector_release (connection);
}

void
engine_connection_announce_end (EngineConnection *connection)
{
  EngineContext *context = connection->context;
  /* Who is closed by what it is told here is queued again. */
  gboolean closed = connection->state == ENGINE_STATE_CLOSED;

  if (connection->opened && !connection->end_told)
    {
      connection->end_told = TRUE;
      context->events->closed (connection, connection->close_code, connection->close_reason);
    }
  else if (connection->role == WIRE_ROLE_CLIENT && connection->dial != NULL)
    connection_announce_failure (connection);

  if (closed)
    engine_connection_queue_push (&context->dead, connection);
}
