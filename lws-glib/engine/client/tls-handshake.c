/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/tls-handshake-private.h"

#include "engine/base/error-private.h"
#include "engine/base/poller-private.h"
#include "engine/client/connector-private.h"
#include "engine/client/handshake-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/tls/tls-settings-private.h"
#include "engine/tls/tls-transport-private.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

/* The TLS handshake of a client, which GIO makes in a thread of its own. */

/* With what was wrong with the certificate, which GIO doesn't say. */
static GError *
tls_handshake_describe (EngineDial *dial, const GError *error)
{
  g_autofree char *errors = engine_tls_describe_errors (dial->certificate_errors);

  if (dial->certificate_too_large != NULL)
    return g_error_new (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, _("The certificate of %s is not accepted: %s"),
                        dial->address, dial->certificate_too_large->message);
  if (dial->certificate_errors != G_TLS_CERTIFICATE_NO_FLAGS)
    return g_error_new (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, _("The certificate of %s is not accepted: %s"),
                        dial->address, errors);

  if (!engine_tls_client_hears_tls (dial->connection))
    return g_error_new (G_TLS_ERROR, G_TLS_ERROR_NOT_TLS, _("%s does not speak TLS: try ws://"), dial->place);
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS))
    return g_error_new (error->domain, error->code,
                        _("The TLS handshake with %s failed (if it does not speak TLS, try ws://): %s"), dial->address,
                        error->message);
  if (engine_tls_client_lacks_certificate (dial->connection, error))
    return g_error_new (G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED,
                        _("%s asks for a certificate, and none was given: %s"), dial->address, error->message);

  return g_error_new (error->domain, error->code, _("The TLS handshake with %s failed: %s"), dial->address,
                      error->message);
}

/* GIO leaves the choice to the system, whose policy may know older versions. */
static gboolean
tls_handshake_check_version (EngineDial *dial, GTlsConnection *tls, GError **error)
{
  GTlsProtocolVersion version = g_tls_connection_get_protocol_version (tls);

  if (version == G_TLS_PROTOCOL_VERSION_TLS_1_2 || version == G_TLS_PROTOCOL_VERSION_TLS_1_3)
    return TRUE;

  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, _("%s knows neither TLS 1.2 nor 1.3"), dial->address);
  return FALSE;
}

/* Takes over what GIO has made ready, or tells why there is nothing. */
static void
tls_handshake_take_over (EngineConnection *connection, GTlsConnection *tls, gboolean trusted, const GError *error)
{
  g_autoptr (GError) failure = NULL;

  if (connection->state != ENGINE_STATE_TLS_HANDSHAKE)
    return;

  if (!trusted)
    failure = tls_handshake_describe (connection->dial, error);
  if (failure != NULL || !tls_handshake_check_version (connection->dial, tls, &failure))
    {
      engine_connector_fail (connection, failure);
      return;
    }

  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, engine_tls_client_secured (connection));
  engine_client_handshake_start (connection);
}

static void
tls_handshake_on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineDial *dial = data;
  EngineContext *context = dial->context;
  g_autoptr (GError) error = NULL;
  /* A forked process that runs the main loop of its parent asks nobody and goes on with nothing. */
  const gboolean copy = context != NULL && engine_context_is_copy (context);
  gboolean trusted = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error) && !copy &&
                     engine_tls_client_is_trusted (dial, G_TLS_CONNECTION (source));

  g_signal_handlers_disconnect_by_data (source, dial);
  if (!engine_connector_end_job (dial) || copy)
    return;

  engine_context_hold (context);
  tls_handshake_take_over (dial->connection, G_TLS_CONNECTION (source), trusted, error);
  engine_context_release (context);
}

void
engine_client_tls_handshake_start (EngineConnection *connection, GSocket *socket, int fd)
{
  EngineDial *dial = connection->dial;
  g_autoptr (GError) error = NULL;
  GTlsConnection *tls = engine_tls_client_start (connection, socket, fd, &error);

  if (tls == NULL)
    {
      close (fd);
      engine_connector_fail (connection, error);
      return;
    }

  engine_connection_set_state (connection, ENGINE_STATE_TLS_HANDSHAKE);
  engine_connection_arm (connection, connection->context->limits.handshake_ticks);
  if (!engine_connector_begin_job (dial))
    return;
  dial->in_thread = TRUE;
  g_tls_connection_handshake_async (tls, G_PRIORITY_DEFAULT, dial->cancellable, tls_handshake_on_done, dial);
  engine_connector_begun_job (dial);
}

static void
tls_handshake_on_deadline (EngineConnection *connection)
{
  engine_connection_abort (connection, ENGINE_ERROR_TIMED_OUT, _("The TLS handshake was not done within %u s"),
                           connection->context->limits.handshake_ticks);
}

const EnginePhase engine_phase_client_tls_handshake = {
  .deadline = tls_handshake_on_deadline,
  .close = engine_connection_end_unopened,
};
