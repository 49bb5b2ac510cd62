/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/close-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/receive-private.h"
#include "engine/websocket/send-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
close_send (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  guint8 payload[WIRE_CONTROL_MAX];
  gsize length = wire_close_build (payload, code, reason, reason_length);

  engine_connection_send_frame (connection, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, payload, length, NULL);
}

void
engine_connection_start_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  engine_connection_begin_close (connection);
  close_send (connection, code, reason, reason_length);
  if (connection->state != ENGINE_STATE_OPEN)
    return;

  engine_connection_set_state (connection, ENGINE_STATE_CLOSING);
  engine_connection_arm (connection, connection->context->limits.close_ticks);
  /* The peer's Close may stand behind data that nobody wants any more. */
  if (engine_connection_has_input (connection))
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
  engine_connection_update_interest (connection);
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
      engine_connection_begin_close (connection);
      close_send (connection, violation->close_code, violation->text, length);
    }
  /* The peer is told in English, our side in its own language. */
  text = engine_error_translate (&violation->parts);
  engine_connection_note_close (connection, violation->close_code, text, strlen (text));
  if (connection->state != ENGINE_STATE_CLOSED)
    engine_connection_drain (connection);
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
    engine_connection_abort_with (connection, ENGINE_ERROR_CLOSED, WIRE_CLOSE_GOING_AWAY, _("The context was destroyed"));
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
  engine_connection_note_close (connection, code, reason, reason_length);
  if (connection->state == ENGINE_STATE_OPEN)
    {
      engine_connection_begin_close (connection);
      close_send (connection, code, NULL, 0);
    }
  if (connection->state != ENGINE_STATE_CLOSED)
    engine_connection_drain (connection);
}

void
engine_connection_on_end_of_frames (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_CLOSED,
                           connection->cut ? _("The connection was lost")
                                           : _("The peer closed the connection without a Close frame"));
}

static void
close_on_deadline (EngineConnection *connection)
{
  if (!engine_connection_drains (connection))
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The peer did not answer our Close within %u s"),
                             connection->context->limits.close_ticks);
}

const EnginePhase engine_phase_closing = {
  .before_read = engine_receive_pending,
  .place = engine_receive_place,
  .input = engine_receive_frames,
  .end_of_input = engine_connection_on_end_of_frames,
  .writable = engine_control_on_writable,
  .deadline = close_on_deadline,
};
