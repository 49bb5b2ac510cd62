/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/server/handshake-private.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/open-private.h"

#include <glib/gi18n-lib.h>

static void
handshake_upgrade (EngineConnection *connection, const WireHead *head)
{
  const EngineEvents *events = connection->context->events;
  WireServerHandshake handshake;
  WireRefusal refusal = { .status = 500 };
  const char *subprotocol = NULL;
  g_autofree char *headers = NULL;
  g_autoptr (GString) answer = NULL;

  if (!wire_server_handshake_check (head, &handshake, &refusal) ||
      !wire_server_handshake_negotiate (head, &connection->context->deflate, &handshake, &refusal) ||
      !events->handshake (connection, head, &handshake, &subprotocol, &headers, &refusal))
    {
      g_debug ("Refusing a handshake with %u: %s", refusal.status, refusal.text);
      if (connection->state == ENGINE_STATE_HANDSHAKE)
        engine_http_response_error (connection, refusal.status, headers);
      return;
    }
  if (connection->state != ENGINE_STATE_HANDSHAKE)
    return;

  connection->named = subprotocol != NULL;
  if (handshake.deflates)
    connection->deflate = engine_deflate_new (connection->context, WIRE_ROLE_SERVER, &handshake.deflate);
  answer = g_string_sized_new (256);
  wire_server_handshake_accept (answer, &handshake, subprotocol, headers);
  engine_connection_send_raw (connection, answer->str, answer->len);
  engine_connection_open (connection, handshake.target);
}

static void
handshake_request (EngineConnection *connection, char *text, gsize length)
{
  WireHead head;
  WireRefusal refusal;

  /* However long the owner takes from here, the client does not keep us waiting any more. */
  engine_connection_stop_arriving (connection);
  if (!wire_head_parse (&head, WIRE_HEAD_REQUEST, text, length, &refusal))
    {
      g_debug ("Refusing a request with %u: %s", refusal.status, refusal.text);
      engine_http_response_error (connection, refusal.status, NULL);
    }
  else if (wire_head_wants_upgrade (&head))
    handshake_upgrade (connection, &head);
  else
    engine_http_response_start (connection, &head);
}

static gsize
handshake_input (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  gsize scanned = connection->scanned;
  WireRefusal refusal = { 0 };

  engine_connection_speak (connection);
  connection->head_only = wire_head_wants_no_body (data, length) != FALSE;

  switch (wire_head_scan (WIRE_HEAD_REQUEST, data, length, &scanned, &refusal))
    {
    case WIRE_HEAD_INCOMPLETE:
      connection->scanned = (guint16) scanned;
      return 0;
    case WIRE_HEAD_ERROR:
      engine_http_response_error (connection, refusal.status, NULL);
      return length;
    case WIRE_HEAD_COMPLETE:
      break;
    }

  connection->scanned = 0;
  handshake_request (connection, (char *) data, scanned);

  return scanned;
}

static void
handshake_on_end_of_input (EngineConnection *connection)
{
  engine_connection_close_notify (connection);
  engine_connection_abort (connection, ENGINE_ERROR_HANDSHAKE,
                           _("The client closed the connection without a whole request"));
}

static void
handshake_on_deadline (EngineConnection *connection)
{
  const EngineLimits *limits = &connection->context->limits;

  if (connection->unread != NULL)
    {
      engine_http_response_error (connection, 408, NULL);
      return;
    }

  engine_connection_close_notify (connection);
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The client sent no request within %u s"),
                           connection->answered ? limits->keep_alive_ticks : limits->handshake_ticks);
}

const EnginePhase engine_phase_server_handshake = {
  .input = handshake_input,
  .end_of_input = handshake_on_end_of_input,
  .deadline = handshake_on_deadline,
  .close = engine_connection_end_unopened,
};
