/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/activity-private.h"

#include "engine/base/timer-wheel-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"

/* Signs of life of the peer, and when an open connection is looked at. */

void
engine_connection_note_received (EngineConnection *connection)
{
  EngineContext *context = connection->context;

  connection->last_received = context->tick;
  if (!connection->ping_sent)
    return;

  connection->ping_sent = FALSE;
  /* The next ping may be due before the answer to this one was. */
  if (context->limits.ping_ticks > 0)
    engine_connection_ensure_deadline (connection, context->limits.ping_ticks - 1);
}

void
engine_connection_ensure_deadline (EngineConnection *connection, guint ticks)
{
  const guint32 now = engine_context_now (connection->context);

  /* Who was asked for a sign of life, and has given none, has a deadline that nothing else may move. */
  if (connection->state != ENGINE_STATE_OPEN || connection->ping_sent)
    return;

  if (!engine_timer_is_set (&connection->timer) || (gint32) (connection->timer.due - (now + ticks + 1)) > 0)
    engine_connection_arm (connection, ticks);
}
