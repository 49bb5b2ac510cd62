/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/open-private.h"

#include "engine/base/limits-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/keep-alive-private.h"
#include "engine/websocket/receive-private.h"

/* A connection has become a WebSocket: its frames are read and written as far as its owner wants them. */

void
engine_connection_open (EngineConnection *connection, const char *target)
{
  EngineContext *context = connection->context;
  const EngineLimits *limits = &context->limits;

  wire_decoder_init (&connection->decoder, connection->role, limits->message_limit, limits->whole_frame);
  connection->decoder.deflates = connection->deflate != NULL;
  connection->decoder.piece_limit = limits->piece;
  engine_connection_set_state (connection, ENGINE_STATE_OPEN);
  engine_connection_join_protocol (connection);

  connection->last_received = context->tick;
  if (limits->ping_ticks > 0)
    engine_connection_arm (connection, limits->ping_ticks - 1);
  else
    engine_timer_wheel_clear (&context->wheel, &connection->timer);

  context->events->opened (connection, target);
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

const EnginePhase engine_phase_open = {
  .before_read = engine_receive_pending,
  .place = engine_receive_place,
  .input = engine_receive_frames,
  .end_of_input = engine_connection_on_end_of_frames,
  .writable = engine_control_on_writable,
  .deadline = engine_keep_alive_on_deadline,
  .close = engine_connection_start_close,
};
