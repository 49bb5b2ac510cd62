/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"

#include <errno.h>
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

void
engine_connection_on_deadline (EngineConnection *connection)
{
  if (deadline_is_ours (connection))
    engine_context_set_timer (connection->context, &connection->timer, 0);
  else if (connection->phase->deadline != NULL)
    connection->phase->deadline (connection);
}
