/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"

#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/base/passed-descriptors-private.h"
#include "engine/base/fork-private.h"
#include "engine/server/handshake-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/read-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/send-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
closing_close_descriptor (EngineConnection *connection)
{
  /* What a copy closes isn't closed by that. */
  if (connection->transport == &engine_transport_unix && !engine_context_is_copy (connection->context))
    engine_passed_descriptors_close (&connection->context->peer_closer, connection->watch.fd);
  else
    close (connection->watch.fd);
}

/* Closes the descriptor. If there are copies of it, it keeps its place in epoll, and the
 * connection would live as long as they do: in a GSocket that a program keeps, in what it
 * duplicated, or in children that were forked meanwhile. */
static void
closing_release_descriptor (EngineConnection *connection)
{
  if (connection->watch.fd < 0)
    return;

  engine_connection_stop_arriving (connection);
  if (connection->admitted && !connection->handshake_done)
    engine_listener_handshake_done (connection->context, connection->peer);
  if (connection->admitted)
    engine_admission_release (&connection->context->admission, connection->peer);
  connection->admitted = FALSE;
  engine_poller_remove (engine_context_poller (connection->context), &connection->watch);
  if ((connection->copied || engine_fork_happened ()) && !engine_context_is_copy (connection->context))
    shutdown (connection->watch.fd, SHUT_RDWR);
  closing_close_descriptor (connection);
  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, -1);
}

static void
closing_end (EngineConnection *connection)
{
  engine_timer_wheel_clear (&connection->context->wheel, &connection->timer);
  closing_release_descriptor (connection);
  engine_output_queue_clear (&connection->output);
  engine_connection_set_state (connection, ENGINE_STATE_CLOSED);
}

/* --- what still waits for the peer */

/* What the kernel has not taken yet. */
static gsize
closing_left_here (EngineConnection *connection)
{
  return connection->output.bytes + connection->transport->waiting (connection);
}

/* Called before a Close is added to the output. */
static void
closing_begin (EngineConnection *connection)
{
  EngineContext *context = connection->context;

  engine_progress_begin (connection);
  connection->drain_end = engine_context_now (context) + context->limits.drain_ticks;
}

gboolean
engine_connection_drains (EngineConnection *connection)
{
  EngineContext *context = connection->context;
  gint32 ticks = (gint32) (connection->drain_end - engine_context_now (context));

  if (!engine_progress_was_made (connection) || ticks <= 0)
    return FALSE;

  engine_connection_arm (connection, MIN (context->limits.close_ticks, (guint) ticks));

  return TRUE;
}

/* --- ends */

/* Nothing more is read; once all output has left, the connection ends. */
static void
closing_drain (EngineConnection *connection)
{
  gboolean was_open = connection->state == ENGINE_STATE_OPEN;

  engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
  engine_connection_arm (connection, connection->context->limits.close_ticks);
  engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
  if (was_open)
    connection->context->events->closing (connection);
}

static void
closing_send_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  guint8 payload[WIRE_CONTROL_MAX];
  gsize length = wire_close_build (payload, code, reason, reason_length);

  engine_connection_send_frame (connection, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, payload, length, NULL);
}

static void
closing_note (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  connection->close_code = code;
  g_free (connection->close_reason);
  connection->close_reason = reason_length > 0 ? g_strndup (reason, reason_length) : NULL;
}

void
engine_connection_close_notify (EngineConnection *connection)
{
  const gboolean secured = connection->state >= ENGINE_STATE_HANDSHAKE && connection->state < ENGINE_STATE_LINGERING;

  /* A reply that is cut off must not look whole. */
  if (secured && !engine_context_is_copy (connection->context) && connection->state != ENGINE_STATE_RESPONDING &&
      closing_left_here (connection) == 0)
    connection->transport->shutdown (connection, FALSE);
}

void
engine_connection_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  if (engine_context_is_copy (connection->context))
    return;

  switch ((EngineState) connection->state)
    {
    case ENGINE_STATE_CONNECTING:
    case ENGINE_STATE_TLS_HANDSHAKE:
    case ENGINE_STATE_HANDSHAKE:
      engine_connection_close_notify (connection);
      closing_end (connection);
      return;
    case ENGINE_STATE_RESPONDING:
      engine_http_response_end (connection);
      return;
    case ENGINE_STATE_OPEN:
      closing_begin (connection);
      closing_send_close (connection, code, reason, reason_length);
      if (connection->state != ENGINE_STATE_OPEN)
        return;
      engine_connection_set_state (connection, ENGINE_STATE_CLOSING);
      engine_connection_arm (connection, connection->context->limits.close_ticks);
      /* The peer's Close may stand behind data that nobody wants any more. */
      if (engine_connection_has_input (connection))
        engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
      engine_connection_update_interest (connection);
      return;
    default:
      return;
    }
}

void
engine_connection_fail (EngineConnection *connection, const WireViolation *violation)
{
  gsize length = strlen (violation->text);
  g_autofree char *text = NULL;

  if (connection->state != ENGINE_STATE_OPEN && connection->state != ENGINE_STATE_CLOSING)
    return;

  g_debug ("Failing a connection with %u: %s", violation->close_code, violation->text);
  if (connection->state == ENGINE_STATE_OPEN)
    {
      closing_begin (connection);
      closing_send_close (connection, violation->close_code, violation->text, length);
    }
  /* The peer is told in English, our side in its own language. */
  text = engine_error_translate (&violation->parts);
  closing_note (connection, violation->close_code, text, strlen (text));
  if (connection->state != ENGINE_STATE_CLOSED)
    closing_drain (connection);
}

/* No owner is told of a client that did not become a WebSocket. What the client did is
 * no news, what this machine did is. */
static void
closing_log_failure (EngineConnection *connection, EngineError code, const char *text)
{
  if (code == ENGINE_ERROR_SYSTEM || connection->no_buffers)
    engine_notice (connection->context, ENGINE_NOTICE_CONNECTION, "%s", text);
  else
    g_debug ("%s", text);
}

/* Ends at once. The owner is told @close_code and @text, unless the peer's Close has told more. */
static void
closing_abort (EngineConnection *connection, EngineError code, guint16 close_code, const char *text)
{
  if (connection->opened && connection->state < ENGINE_STATE_DRAINING)
    closing_note (connection, close_code, text, strlen (text));
  else if (connection->role == WIRE_ROLE_CLIENT && connection->dial != NULL && connection->dial->error == NULL)
    connection->dial->error = g_error_new_literal (ENGINE_ERROR, code, text);
  else if (!connection->opened)
    closing_log_failure (connection, code, text);

  closing_end (connection);
}

void
engine_connection_abort (EngineConnection *connection, EngineError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (connection->state == ENGINE_STATE_CLOSED)
    return;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  closing_abort (connection, code, WIRE_CLOSE_ABNORMAL, text);
}

void
engine_connection_leave (EngineConnection *connection)
{
  if (connection->state == ENGINE_STATE_CLOSED)
    return;

  engine_connection_close (connection, WIRE_CLOSE_GOING_AWAY, NULL, 0);
  engine_connection_flush (connection);
  engine_connection_close_notify (connection);
  /* It is we who go, and not the network that failed. */
  if (connection->state != ENGINE_STATE_CLOSED)
    closing_abort (connection, ENGINE_ERROR_CLOSED, WIRE_CLOSE_GOING_AWAY, _("The context was destroyed"));
}

/* Last messages may lie unread, and a Close; or what a server has to say that takes no handshake, such as an
 * alert of TLS. */
gboolean
engine_connection_cut (EngineConnection *connection)
{
  connection->cut = TRUE;
  if (!engine_connection_reads (connection) || connection->state == ENGINE_STATE_LINGERING ||
      connection->state == ENGINE_STATE_TLS_HANDSHAKE)
    return FALSE;

  engine_output_queue_clear (&connection->output);
  connection->blocked = FALSE;
  engine_connection_enqueue (connection, ENGINE_QUEUE_READY);

  return TRUE;
}

void
engine_connection_on_close_frame (EngineConnection *connection, const guint8 *payload, gsize length)
{
  WireViolation violation;
  guint16 code;
  const char *reason;
  gsize reason_length;

  if (!wire_close_parse (payload, length, &code, &reason, &reason_length, &violation))
    {
      engine_connection_fail (connection, &violation);
      return;
    }

  connection->peer_closed = TRUE;
  closing_note (connection, code, reason, reason_length);
  if (connection->state == ENGINE_STATE_OPEN)
    {
      closing_begin (connection);
      closing_send_close (connection, code, NULL, 0);
    }
  if (connection->state != ENGINE_STATE_CLOSED)
    closing_drain (connection);
}

void
engine_connection_on_drained (EngineConnection *connection)
{
  const EngineLimits *limits = &connection->context->limits;

  if (connection->state == ENGINE_STATE_RESPONDING)
    engine_http_response_on_drained (connection);
  if (connection->state != ENGINE_STATE_DRAINING)
    return;

  /* The server closes TCP first (RFC 6455 section 7.1.1); a client waits for it. */
  if (connection->transport->shutdown (connection, connection->role == WIRE_ROLE_SERVER) == -EAGAIN)
    {
      engine_connection_block (connection);
      return;
    }
  engine_connection_set_state (connection, ENGINE_STATE_LINGERING);
  connection->drain_end = engine_context_now (connection->context) + limits->drain_ticks;
  engine_connection_arm (connection, connection->role == WIRE_ROLE_SERVER ? limits->linger_ticks : limits->close_ticks);
  engine_connection_update_interest (connection);
}

void
engine_connection_on_end_of_input (EngineConnection *connection)
{
  switch ((EngineState) connection->state)
    {
    case ENGINE_STATE_HANDSHAKE:
      engine_connection_close_notify (connection);
      if (connection->role == WIRE_ROLE_CLIENT)
        engine_handshake_end (connection);
      else
        engine_connection_abort (connection, ENGINE_ERROR_HANDSHAKE,
                                 _("The client closed the connection without a whole request"));
      return;
    case ENGINE_STATE_OPEN:
    case ENGINE_STATE_CLOSING:
      engine_connection_abort (connection, ENGINE_ERROR_CLOSED,
                               connection->cut ? _("The connection was lost")
                                               : _("The peer closed the connection without a Close frame"));
      return;
    default:
      /* It was lingering: no other state reads. */
      closing_end (connection);
      return;
    }
}
