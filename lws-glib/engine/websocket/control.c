/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/control-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/output/block-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/send-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Control frames that came up while the output was blocked. Of several Pongs only
 * the last matters (RFC 6455 section 5.5.3), so a flood of Pings costs nothing. */
struct _EngineControlFrames {
  gboolean has_pong;
  gboolean has_ping;
  guint8 pong_length;
  guint8 ping_length;
  guint8 pong[WIRE_CONTROL_MAX];
  guint8 ping[WIRE_CONTROL_MAX];
};

/* Keeps a control frame for when the output moves again: the last Pong and the first
 * Ping. FALSE for any other Ping, which takes its place behind the data. */
static gboolean
control_put (EngineConnection *connection, WireOpcode opcode, const guint8 *payload, gsize length)
{
  EngineControlFrames *pending_control = connection->pending_control;

  if (pending_control == NULL)
    connection->pending_control = pending_control = g_new0 (EngineControlFrames, 1);
  if (opcode == WIRE_OPCODE_PING && pending_control->has_ping)
    return FALSE;

  if (opcode == WIRE_OPCODE_PONG)
    {
      pending_control->has_pong = TRUE;
      pending_control->pong_length = (guint8) length;
    }
  else
    {
      pending_control->has_ping = TRUE;
      pending_control->ping_length = (guint8) length;
    }
  if (length > 0)
    memcpy (opcode == WIRE_OPCODE_PONG ? pending_control->pong : pending_control->ping, payload, length);

  return TRUE;
}

static gboolean
control_send (EngineConnection *connection, WireOpcode opcode, const guint8 *payload, gsize length, GError **error)
{
  if (length > WIRE_CONTROL_MAX)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("A control frame carries at most %d bytes, not %zu"), WIRE_CONTROL_MAX, length);
      return FALSE;
    }

  if (connection->blocked && control_put (connection, opcode, payload, length))
    return TRUE;
  if (!engine_write_check_room (connection, length, error))
    return FALSE;

  return engine_send_frame (connection, (guint8) (WIRE_FRAME_FIN | opcode), payload, length, error);
}

gboolean
engine_connection_send_control (EngineConnection *connection, WireOpcode opcode, const guint8 *payload, gsize length,
                                GError **error)
{
  return engine_send_check_open (connection, error) && control_send (connection, opcode, payload, length, error);
}

/* Has the peer's Close not come yet? */
static gboolean
control_may_leave (const EngineConnection *connection)
{
  return connection->state == ENGINE_STATE_OPEN || connection->state == ENGINE_STATE_CLOSING;
}

void
engine_connection_answer_ping (EngineConnection *connection, const guint8 *payload, gsize length)
{
  if (control_may_leave (connection))
    control_send (connection, WIRE_OPCODE_PONG, payload, length, NULL);
}

static void
control_overtake (EngineConnection *connection, WireOpcode opcode, const guint8 *payload, gsize length)
{
  gsize size = wire_frame_header_size (length, connection->role == WIRE_ROLE_CLIENT) + length;
  EngineBlock *block = engine_block_new (&connection->context->memory, size);

  block->used = size;
  if (engine_send_build (connection, block->data, (guint8) (WIRE_FRAME_FIN | opcode), payload, length, NULL))
    engine_output_queue_overtake (&connection->output, block, 0, size);
  engine_block_unref (block);
}

static void
control_overtake_all (EngineConnection *connection)
{
  g_autofree EngineControlFrames *pending_control = g_steal_pointer (&connection->pending_control);

  if (pending_control == NULL || !control_may_leave (connection))
    return;

  if (pending_control->has_ping)
    control_overtake (connection, WIRE_OPCODE_PING, pending_control->ping, pending_control->ping_length);
  if (pending_control->has_pong)
    control_overtake (connection, WIRE_OPCODE_PONG, pending_control->pong, pending_control->pong_length);
}

void
engine_control_on_writable (EngineConnection *connection, gboolean took)
{
  control_overtake_all (connection);
}
