/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/keep-alive-private.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/progress-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/deflate-private.h"

#include <glib/gi18n-lib.h>

/* Is the peer of an open connection still there, and does it finish its frames? */

/* Has the peer begun a frame long ago and not gone on? Its bytes may still come, one by one:
 * each of them is a sign of life, but not of good will. */
static gboolean
keep_alive_is_stalled (EngineConnection *connection)
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
keep_alive_rearm (EngineConnection *connection, guint ticks, gboolean deflates)
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
keep_alive_send_ping (EngineConnection *connection)
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
void
engine_keep_alive_on_deadline (EngineConnection *connection)
{
  EngineContext *context = connection->context;
  const EngineLimits *limits = &context->limits;
  guint silent = context->tick - connection->last_received;
  gboolean deflates = engine_deflate_rest (connection);

  if (keep_alive_is_stalled (connection))
    return;
  if (limits->ping_ticks == 0)
    keep_alive_rearm (connection, G_MAXUINT, deflates);
  else if (connection->paused)
    {
      /* Whoever doesn't listen can't complain of silence. */
      connection->last_received = context->tick;
      connection->ping_sent = FALSE;
      keep_alive_rearm (connection, limits->ping_ticks, deflates);
    }
  else if (connection->ping_sent && engine_progress_was_made (connection))
    engine_connection_arm (connection, limits->pong_ticks);
  else if (connection->ping_sent)
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not answer a ping within %u s"),
                             limits->pong_ticks);
  else if (silent < limits->ping_ticks)
    /* Proxies that count seconds, too, must not be first. */
    keep_alive_rearm (connection, limits->ping_ticks - silent - 1, deflates);
  else
    keep_alive_send_ping (connection);
}
