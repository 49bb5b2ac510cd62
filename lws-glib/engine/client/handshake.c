/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/handshake-private.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/tls/tls-transport-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/open-private.h"

#include <glib/gi18n-lib.h>

/* Our side of the opening handshake, once there is a connection (RFC 6455 section 4.1). */

static void
handshake_refuse (EngineConnection *connection, const WireRefusal *refusal)
{
  EngineDial *dial = connection->dial;
  g_autofree char *text = engine_error_translate (&refusal->parts);

  dial->status = refusal->status;
  engine_connection_abort (connection, ENGINE_ERROR_HANDSHAKE, _("The handshake with %s failed: %s"), dial->address,
                           text);
}

/* Has the server said nothing at all, as one does that was spoken to without TLS? */
static gboolean
handshake_may_want_tls (EngineConnection *connection)
{
  const EngineDial *dial = connection->dial;

  return !dial->secure && dial->port != 0 && connection->scanned == 0 && dial->n_interim == 0;
}

static void
handshake_lost (EngineConnection *connection, int failure)
{
  const GError *tls = engine_tls_client_failure (connection);
  const char *cause = connection->transport->explain (connection, failure);
  g_autoptr (GError) error = NULL;

  if (tls != NULL && engine_tls_client_lacks_certificate (connection, tls))
    {
      error = g_error_new (G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED,
                           _("%s asks for a certificate, and none was given: %s"), connection->dial->address, cause);
      engine_connector_fail (connection, error);
    }
  else if (tls != NULL)
    {
      error = engine_error_new_from_gio (tls, ENGINE_ERROR_HANDSHAKE, _("The handshake with %s failed: %s"),
                                         connection->dial->address, cause);
      engine_connector_fail (connection, error);
    }
  else if (handshake_may_want_tls (connection))
    engine_connection_abort (connection, engine_error_for (-failure),
                             _("The connection was lost: %s; if the server expects TLS, try wss://"), cause);
  else
    engine_connection_abort (connection, engine_error_for (-failure), _("The connection was lost: %s"), cause);
}

static void
handshake_end (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_HANDSHAKE, "%s",
                           handshake_may_want_tls (connection)
                             ? _("The server closed the connection instead of answering the handshake; if it expects "
                                 "TLS, try wss://")
                             : _("The server closed the connection instead of answering the handshake"));
}

/* More is to come (RFC 9110 section 15.2); the deadline of the handshake stays. */
static void
handshake_skip (EngineConnection *connection)
{
  WireRefusal refusal;

  if (connection->dial->n_interim++ < ENGINE_INTERIM_ANSWERS)
    return;

  wire_refusal_set (&refusal, 0,
                    N_("the server sent more than %d interim answers (1xx) before 101 Switching Protocols"),
                    ENGINE_INTERIM_ANSWERS);
  handshake_refuse (connection, &refusal);
}

static void
handshake_response (EngineConnection *connection, char *text, gsize length)
{
  const EngineEvents *events = connection->context->events;
  WireClientHandshake *handshake = &connection->dial->handshake;
  WireHead head;
  WireRefusal refusal = { 0 };
  const char *subprotocol;
  gboolean parsed = wire_head_parse (&head, WIRE_HEAD_RESPONSE, text, length, &refusal);

  if (parsed && wire_status_is_interim (head.status))
    {
      handshake_skip (connection);
      return;
    }
  if (!parsed || !wire_client_handshake_check (handshake, &head, &subprotocol, &refusal) ||
      !events->accepted (connection, subprotocol, &refusal))
    {
      /* The owner may have ended it besides. */
      if (connection->state == ENGINE_STATE_HANDSHAKE)
        handshake_refuse (connection, &refusal);
      return;
    }
  if (connection->state != ENGINE_STATE_HANDSHAKE)
    return;

  if (handshake->deflates)
    connection->deflate = engine_deflate_new (connection->context, WIRE_ROLE_CLIENT, &handshake->deflate);
  engine_connector_release (connection);
  engine_connection_open (connection, NULL);
}

static gsize
handshake_input (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  gsize scanned = connection->scanned;
  WireRefusal refusal = { 0 };

  switch (wire_head_scan (WIRE_HEAD_RESPONSE, data, length, &scanned, &refusal))
    {
    case WIRE_HEAD_INCOMPLETE:
      connection->scanned = (guint16) scanned;
      return 0;
    case WIRE_HEAD_ERROR:
      handshake_refuse (connection, &refusal);
      return length;
    case WIRE_HEAD_COMPLETE:
      break;
    }

  connection->scanned = 0;
  handshake_response (connection, (char *) data, scanned);

  return scanned;
}

static void
handshake_on_end_of_input (EngineConnection *connection)
{
  engine_connection_close_notify (connection);
  handshake_end (connection);
}

static void
handshake_on_deadline (EngineConnection *connection)
{
  const guint seconds = connection->context->limits.handshake_ticks;

  if (connection->unread != NULL)
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT,
                             _("Only a part of the server's answer to the handshake came within %u s"), seconds);
  else
    engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT,
                             _("The server did not answer the handshake within %u s"), seconds);
}

const EnginePhase engine_phase_client_handshake = {
  .input = handshake_input,
  .lost = handshake_lost,
  .end_of_input = handshake_on_end_of_input,
  .deadline = handshake_on_deadline,
  .close = engine_connection_end_unopened,
};

void
engine_client_handshake_start (EngineConnection *connection)
{
  const GString *request = connection->dial->request;

  engine_connection_set_state (connection, ENGINE_STATE_HANDSHAKE);
  engine_connection_arm (connection, connection->context->limits.handshake_ticks);
  engine_connection_update_interest (connection);
  engine_connection_send_raw (connection, request->str, request->len);
}
