/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/state-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/deflate-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>

/* What becomes of a connection when its time is over. */

/* --- who is late */

/* A peer that was asked for something may have sent it while we were busy. */
static gboolean
deadline_waits_for_peer (const EngineConnection *connection)
{
  switch ((EngineState) connection->state)
    {
    case ENGINE_STATE_OPEN:
      return (connection->ping_sent || connection->unfinished) && !connection->paused;
    case ENGINE_STATE_TLS_HANDSHAKE:
    case ENGINE_STATE_HANDSHAKE:
      return TRUE;
    case ENGINE_STATE_CLOSING:
    case ENGINE_STATE_LINGERING:
      /* Who floods us would never be done. */
      return (gint32) (connection->drain_end - connection->context->tick) > 0;
    default:
      return FALSE;
    }
}

static gboolean
deadline_has_unread (EngineConnection *connection)
{
  struct pollfd unread = { .fd = connection->watch.fd, .events = POLLIN };
  int result;

  do
    result = poll (&unread, 1, 0);
  while (result < 0 && errno == EINTR);

  return result > 0;
}

/* Is it us who are late? Nothing that came may be unread when a peer is given up. What is queued is read
 * before long; what lies in the kernel is so once, and then the peer has had a tick more than it was promised.
 * What GIO has for us comes in an iteration of its own: if that was kept waiting, too, it has a tick as well. */
static gboolean
deadline_is_ours (EngineConnection *connection)
{
  if (connection->state == ENGINE_STATE_CONNECTING ||
      (connection->state == ENGINE_STATE_TLS_HANDSHAKE && connection->role == WIRE_ROLE_CLIENT))
    return connection->timer.due != connection->context->tick;
  if (!deadline_waits_for_peer (connection) || connection->watch.fd < 0)
    return FALSE;
  if (connection->queued & (ENGINE_QUEUE_READY | ENGINE_QUEUE_TLS_HANDSHAKE))
    return TRUE;
  if (connection->overdue || !deadline_has_unread (connection))
    return FALSE;

  connection->overdue = TRUE;
  engine_connection_enqueue (connection, ENGINE_QUEUE_READY);

  return TRUE;
}

/* --- an open connection */

/* Has the peer begun a frame long ago and not gone on? Its bytes may still come, one by one:
 * each of them is a sign of life, but not of good will. */
static gboolean
deadline_is_stalled (EngineConnection *connection)
{
  guint32 now = connection->context->tick;
  WireViolation violation;

  if (!connection->unfinished)
    connection->unfinished_since = now;
  connection->unfinished = connection->unread != NULL && !connection->paused && !connection->busy &&
                           !engine_deflate_is_pending (connection->deflate);
  if (!connection->unfinished || now - connection->unfinished_since < connection->context->limits.frame_ticks)
    return FALSE;

  wire_violation_set (&violation, WIRE_CLOSE_POLICY, N_("a frame came too slowly"));
  engine_connection_fail (connection, &violation);

  return TRUE;
}

/* In @ticks, or before for what else has a time. */
static void
deadline_rearm (EngineConnection *connection, guint ticks, gboolean deflates)
{
  const guint32 unfinished_for = connection->context->tick - connection->unfinished_since;

  if (deflates)
    ticks = MIN (ticks, ENGINE_DEFLATE_IDLE_TICKS);
  if (connection->unfinished)
    ticks = MIN (ticks, connection->context->limits.frame_ticks - unfinished_for);
  if (ticks < G_MAXUINT)
    engine_connection_arm (connection, ticks);
}

static void
deadline_send_ping (EngineConnection *connection)
{
  EngineContext *context = connection->context;

  connection->ping_sent = TRUE;
  connection->overdue = FALSE;
  /* It may have to wait behind much else. */
  engine_progress_begin (connection);
  engine_connection_arm (connection, context->limits.pong_ticks);
  engine_connection_send_control (connection, WIRE_OPCODE_PING, context->ping_payload, sizeof context->ping_payload,
                                  NULL);
}

/* The peer has been silent for a while: is it still there? */
static void
deadline_check_keepalive (EngineConnection *connection)
{
  EngineContext *context = connection->context;
  const EngineLimits *limits = &context->limits;
  guint silent = context->tick - connection->last_received;
  gboolean deflates = engine_deflate_rest (connection);

  if (deadline_is_stalled (connection))
    return;
  if (limits->ping_ticks == 0)
    deadline_rearm (connection, G_MAXUINT, deflates);
  else if (connection->paused)
    {
      /* Whoever doesn't listen can't complain of silence. */
      connection->last_received = context->tick;
      connection->ping_sent = FALSE;
      deadline_rearm (connection, limits->ping_ticks, deflates);
    }
  else if (connection->ping_sent && engine_progress_was_made (connection))
    engine_connection_arm (connection, limits->pong_ticks);
  else if (connection->ping_sent)
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not answer a ping within %u s"),
                             limits->pong_ticks);
  else if (silent < limits->ping_ticks)
    /* Proxies that count seconds, too, must not be first. */
    deadline_rearm (connection, limits->ping_ticks - silent - 1, deflates);
  else
    deadline_send_ping (connection);
}

/* --- all others */

/* What should have come is the answer of a server, or what a client asks for. */
static void
deadline_head_timed_out (EngineConnection *connection)
{
  const EngineLimits *limits = &connection->context->limits;

  if (connection->role == WIRE_ROLE_CLIENT && connection->unread != NULL)
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT,
                             _("Only a part of the server's answer to the handshake came within %u s"),
                             limits->handshake_ticks);
  else if (connection->role == WIRE_ROLE_CLIENT)
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT,
                             _("The server did not answer the handshake within %u s"), limits->handshake_ticks);
  else if (connection->unread != NULL)
    engine_http_response_error (connection, 408, NULL);
  else
    {
      engine_connection_close_notify (connection);
      engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The client sent no request within %u s"),
                               connection->answered ? limits->keep_alive_ticks : limits->handshake_ticks);
    }
}

/* Does the peer go on taking the answer to its request? Where it has taken everything it is the owner who
 * has not gone on. */
static gboolean
deadline_takes_response (EngineConnection *connection)
{
  if (connection->takes && !engine_progress_was_made (connection))
    return FALSE;

  engine_progress_begin (connection);
  engine_connection_arm (connection, connection->context->limits.response_ticks);

  return TRUE;
}

void
engine_connection_on_deadline (EngineConnection *connection)
{
  const EngineLimits *limits = &connection->context->limits;

  if (deadline_is_ours (connection))
    {
      engine_context_set_timer (connection->context, &connection->timer, 0);
      return;
    }

  switch ((EngineState) connection->state)
    {
    case ENGINE_STATE_OPEN:
      deadline_check_keepalive (connection);
      return;
    case ENGINE_STATE_CONNECTING:
      engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("No connection to %s within %u s"),
                               connection->dial->address, limits->connect_ticks);
      return;
    case ENGINE_STATE_TLS_HANDSHAKE:
      engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The TLS handshake was not done within %u s"),
                               limits->handshake_ticks);
      return;
    case ENGINE_STATE_HANDSHAKE:
      deadline_head_timed_out (connection);
      return;
    case ENGINE_STATE_CLOSING:
      if (engine_connection_drains (connection))
        return;
      engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not answer our Close within %u s"),
                               limits->close_ticks);
      return;
    case ENGINE_STATE_RESPONDING:
      if (connection->response->held)
        {
          connection->context->events->unanswered (connection);
          return;
        }
      if (deadline_takes_response (connection))
        return;
      break;
    case ENGINE_STATE_DRAINING:
      if (engine_connection_drains (connection))
        return;
      break;
    default:
      break;
    }

  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not take what was sent to it"));
}
