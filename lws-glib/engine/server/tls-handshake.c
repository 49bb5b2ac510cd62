/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/server/tls-handshake-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/tls/tls-transport-private.h"

#include <glib/gi18n-lib.h>

void
engine_tls_handshake_accept (EngineConnection *connection)
{
  g_autoptr (GError) error = NULL;

  if (engine_tls_server_start (connection, &error))
    engine_connection_set_state (connection, ENGINE_STATE_TLS_HANDSHAKE);
  else
    engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, "%s", error->message);
}

/* The alert that says why leaves before the connection ends. */
static void
tls_handshake_fail (EngineConnection *connection, const GError *error)
{
  g_debug ("A client did not get through TLS: %s", error->message);
  if (connection->state != ENGINE_STATE_TLS_HANDSHAKE)
    return;

  engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
  engine_connection_arm (connection, connection->context->limits.close_ticks);
}

void
engine_tls_handshake_step (EngineConnection *connection)
{
  g_autoptr (GError) error = NULL;
  EngineTlsHandshakeStep step;

  if (connection->state != ENGINE_STATE_TLS_HANDSHAKE || connection->busy)
    return;

  connection->busy = TRUE;
  step = connection->transport->handshake (connection, &error);
  connection->busy = FALSE;

  /* Whoever was asked about a certificate may have closed the connection. */
  if (connection->state != ENGINE_STATE_TLS_HANDSHAKE)
    return;
  if (step == ENGINE_TLS_HANDSHAKE_FAILED)
    tls_handshake_fail (connection, error);
  else if (step == ENGINE_TLS_HANDSHAKE_DONE)
    {
      engine_connection_set_state (connection, ENGINE_STATE_HANDSHAKE);
      /* The request may have come in the same packet. */
      engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
    }
  /* With what TLS has to answer. */
  engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
  /* An iteration within may have no longer read it. */
  engine_connection_update_interest (connection);
}

/* It is gone on with in a step of its own. */
static gboolean
tls_handshake_before_read (EngineIteration *iteration, EngineConnection *connection)
{
  engine_connection_speak (connection);
  engine_connection_enqueue (connection, ENGINE_QUEUE_TLS_HANDSHAKE);

  return FALSE;
}

static void
tls_handshake_on_deadline (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The TLS handshake was not done within %u s"),
                           connection->context->limits.handshake_ticks);
}

const EnginePhase engine_phase_server_tls_handshake = {
  .before_read = tls_handshake_before_read,
  .deadline = tls_handshake_on_deadline,
  .close = engine_connection_end_unopened,
};
