/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/end-private.h"

#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/passed-descriptors-private.h"
#include "engine/base/poller-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/admission-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/notice-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/connection/write-private.h"
#include "engine/output/output-queue-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How a connection ends: what still waits for the peer is drained, then its descriptor is closed. */

static void
end_close_descriptor (EngineConnection *connection)
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
end_release_descriptor (EngineConnection *connection)
{
  if (connection->watch.fd < 0)
    return;

  engine_connection_stop_arriving (connection);
  if (connection->admitted && !connection->handshake_done)
    connection->context->hooks->handshake_done (connection->context, connection->peer);
  if (connection->admitted)
    engine_admission_release (&connection->context->admission, connection->peer);
  connection->admitted = FALSE;
  engine_poller_remove (engine_context_poller (connection->context), &connection->watch);
  if ((connection->copied || engine_fork_happened ()) && !engine_context_is_copy (connection->context))
    shutdown (connection->watch.fd, SHUT_RDWR);
  end_close_descriptor (connection);
  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, -1);
}

void
engine_connection_end (EngineConnection *connection)
{
  engine_timer_wheel_clear (&connection->context->wheel, &connection->timer);
  end_release_descriptor (connection);
  engine_output_queue_clear (&connection->output);
  engine_connection_set_state (connection, ENGINE_STATE_CLOSED);
}

/* What the kernel has not taken yet. */
static gsize
end_left_here (EngineConnection *connection)
{
  return connection->output.bytes + connection->transport->waiting (connection);
}

/* Called before a Close is added to the output. */
void
engine_connection_begin_close (EngineConnection *connection)
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

/* Nothing more is read; once all output has left, the connection ends. */
void
engine_connection_drain (EngineConnection *connection)
{
  gboolean was_open = connection->state == ENGINE_STATE_OPEN;

  engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
  engine_connection_arm (connection, connection->context->limits.close_ticks);
  engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
  if (was_open)
    connection->context->events->closing (connection);
}

void
engine_connection_note_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
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
      end_left_here (connection) == 0)
    connection->transport->shutdown (connection, FALSE);
}

/* No owner is told of a client that did not become a WebSocket. What the client did is
 * no news, what this machine did is. */
static void
end_log_failure (EngineConnection *connection, EngineError code, const char *text)
{
  if (code == ENGINE_ERROR_SYSTEM || connection->no_buffers)
    engine_notice (connection->context, ENGINE_NOTICE_CONNECTION, "%s", text);
  else
    g_debug ("%s", text);
}

/* Ends at once. The owner is told @close_code and @text, unless the peer's Close has told more. */
void
engine_connection_abort_with (EngineConnection *connection, EngineError code, guint16 close_code, const char *text)
{
  if (connection->opened && connection->state < ENGINE_STATE_DRAINING)
    engine_connection_note_close (connection, close_code, text, strlen (text));
  else if (connection->role == WIRE_ROLE_CLIENT && connection->dial != NULL)
    connection->context->hooks->note_failure (connection, code, text);
  else if (!connection->opened)
    end_log_failure (connection, code, text);

  engine_connection_end (connection);
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
  engine_connection_abort_with (connection, code, WIRE_CLOSE_ABNORMAL, text);
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
engine_connection_on_hang_up (EngineConnection *connection, gboolean error)
{
  /* After a plain hang-up what was received can still be read, once the owner wants it. */
  if (connection->state == ENGINE_STATE_OPEN && !error)
    engine_poller_remove (engine_context_poller (connection->context), &connection->watch);
  else if (!engine_connection_cut (connection))
    engine_connection_abort (connection, ENGINE_ERROR_CLOSED, _("The connection was lost"));
}

/* --- the phases of the end */

static void
end_on_drained (EngineConnection *connection)
{
  const EngineLimits *limits = &connection->context->limits;

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
engine_connection_not_taken (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not take what was sent to it"));
}

static void
end_on_drain_deadline (EngineConnection *connection)
{
  if (!engine_connection_drains (connection))
    engine_connection_not_taken (connection);
}

const EnginePhase engine_phase_draining = {
  .drained = end_on_drained,
  .deadline = end_on_drain_deadline,
};

const EnginePhase engine_phase_lingering = {
  .end_of_input = engine_connection_end,
  .deadline = engine_connection_not_taken,
};

const EnginePhase engine_phase_closed = { 0 };

void
engine_connection_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  if (!engine_context_is_copy (connection->context) && connection->phase->close != NULL)
    connection->phase->close (connection, code, reason, reason_length);
}

void
engine_connection_end_unopened (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  engine_connection_close_notify (connection);
  engine_connection_end (connection);
}
