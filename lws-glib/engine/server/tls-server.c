/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/clock-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/tls/tls-buffer-private.h"
#include "engine/tls/tls-chain-private.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-settings-private.h"
#include "engine/tls/tls-transport-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The server's side of TLS, by GnuTLS on the engine's thread. */

/* What a client may send before the handshake is done. A ClientHello with keys of today's
 * post-quantum groups and a ticket has 4 KiB; GnuTLS would gather 128 KiB. Its own limit also counts
 * what we send, which is up to the program's certificate. */
#define SERVER_HANDSHAKE_MAX (16 * 1024)

/* ... with a chain of its certificates, of 2 KiB each. */
#define SERVER_HANDSHAKE_MAX_CERTIFICATES (48 * 1024)

typedef struct {
  EngineTlsBuffer tls_buffer;
  gnutls_session_t session;
  EngineTlsCredentials *credentials; /* what the session was begun with */
  GTlsCertificate *peer_certificate;
  GTlsCertificateFlags peer_errors;
  gsize handshake_left;         /* so much of it may still come; of no meaning later */
  int failure;                  /* the GnuTLS error that ended it, 0 if none did */
  guint closed : 1;             /* the peer's close_notify came */
  guint close_notify_sent : 1;           /* ... and ours was written */
  guint unread : 1;             /* GnuTLS may hold what it decrypted; no descriptor tells of that */
} TlsServer;

static TlsServer *
server_of (EngineConnection *connection)
{
  return connection->transport_data;
}

/* --- what GnuTLS calls */

static gssize
server_pull (gnutls_transport_ptr_t data, void *buffer, gsize length)
{
  EngineConnection *connection = data;
  TlsServer *self = server_of (connection);
  const gboolean too_much = connection->state == ENGINE_STATE_TLS_HANDSHAKE && length > self->handshake_left;
  gssize got = too_much ? -EMSGSIZE : engine_tls_buffer_pull (&self->tls_buffer, buffer, length);

  if (got >= 0)
    {
      self->handshake_left -= (gsize) got;
      return got;
    }
  gnutls_transport_set_errno (self->session, (int) -got);

  return -1;
}

static gssize
server_push (gnutls_transport_ptr_t data, const void *bytes, gsize length)
{
  EngineConnection *connection = data;

  engine_tls_buffer_push (&server_of (connection)->tls_buffer, bytes, length);

  return (gssize) length;
}

static int
server_on_hello (gnutls_session_t session)
{
  EngineConnection *connection = gnutls_session_get_ptr (session);

  return engine_tls_credentials_choose (server_of (connection)->credentials, session);
}

/* A certificate came, and nothing was computed with its key. GnuTLS with TLS 1.3 verifies the
 * client's signature before it asks server_on_certificate(). */
static int
server_on_certificate_message (gnutls_session_t session, guint type, guint when, guint incoming,
                               const gnutls_datum_t *message)
{
  g_autoptr (GError) error = NULL;
  gboolean tls_1_3 = gnutls_protocol_get_version (session) >= GNUTLS_TLS1_3;

  /* Our own passes here, too. */
  if (!incoming || engine_tls_chain_check_message (message, tls_1_3, &error))
    return 0;

  g_debug ("A client's certificate is not looked at: %s", error->message);

  return GNUTLS_E_CERTIFICATE_ERROR;
}

static gboolean
server_check_client (EngineConnection *connection, const gnutls_datum_t *chain, guint length)
{
  EngineContext *context = connection->context;
  TlsServer *self = server_of (connection);
  GTlsCertificateFlags errors = G_TLS_CERTIFICATE_GENERIC_ERROR;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->peer_certificate);
  self->peer_certificate = engine_tls_credentials_peer_chain (chain, length);
  if (self->peer_certificate == NULL)
    return FALSE;

  database = engine_tls_settings_get_database (&context->tls, &error);
  if (database != NULL)
    errors = g_tls_database_verify_chain (database, self->peer_certificate, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_CLIENT,
                                          NULL, context->tls.interaction, G_TLS_DATABASE_VERIFY_NONE, NULL, &error);
  if (error != NULL)
    g_debug ("A client's certificate could not be verified: %s", error->message);
  self->peer_errors = errors;

  return errors == G_TLS_CERTIFICATE_NO_FLAGS ||
         context->events->accept_certificate (connection, self->peer_certificate, errors);
}

static int
server_on_certificate (gnutls_session_t session)
{
  EngineConnection *connection = gnutls_session_get_ptr (session);
  guint length = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (session, &length);

  if (chain == NULL)
    return 0;

  return server_check_client (connection, chain, length) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* --- life */

static void
server_free (EngineConnection *connection)
{
  TlsServer *self = connection->transport_data;

  connection->transport_data = NULL;
  if (self->session != NULL)
    gnutls_deinit (self->session);
  engine_tls_buffer_clear (&self->tls_buffer);
  engine_tls_credentials_unref (self->credentials);
  g_clear_object (&self->peer_certificate);
  g_free (self);
}

static int
server_prepare (EngineConnection *connection, gnutls_session_t session)
{
  static const gnutls_datum_t http[] = {
    { .data = (guchar *) "http/1.1", .size = 8 },
    { .data = (guchar *) "http/1.0", .size = 8 },
  };
  EngineTlsSettings *settings = &connection->context->tls;
  int code;

  gnutls_session_set_ptr (session, connection);
  gnutls_transport_set_ptr (session, connection);
  gnutls_transport_set_pull_function (session, server_pull);
  gnutls_transport_set_push_function (session, server_push);
  gnutls_handshake_set_post_client_hello_function (session, server_on_hello);
  gnutls_session_set_verify_function (session, server_on_certificate);
  gnutls_certificate_server_set_request (
    session, settings->authentication_mode == G_TLS_AUTHENTICATION_REQUIRED    ? GNUTLS_CERT_REQUIRE
             : settings->authentication_mode == G_TLS_AUTHENTICATION_REQUESTED ? GNUTLS_CERT_REQUEST
                                                                               : GNUTLS_CERT_IGNORE);
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, GNUTLS_HOOK_PRE,
                                      server_on_certificate_message);
  code = engine_tls_settings_apply (settings, session, engine_context_tick (connection->context));
  if (code == 0)
    /* Who asks for other protocols only, such as h2, is told that there are none (RFC 7301). */
    code = gnutls_alpn_set_protocols (session, http, G_N_ELEMENTS (http), GNUTLS_ALPN_MANDATORY);

  return code;
}

gboolean
engine_tls_server_start (EngineConnection *connection, GError **error)
{
  const guint flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_AUTO_SEND_TICKET;
  TlsServer *self = g_new0 (TlsServer, 1);
  int code;

  engine_tls_buffer_init (&self->tls_buffer, &connection->context->tls.pool);
  self->credentials = engine_tls_credentials_ref (connection->context->tls.credentials);
  self->handshake_left = connection->context->tls.authentication_mode == G_TLS_AUTHENTICATION_NONE
                           ? SERVER_HANDSHAKE_MAX
                           : SERVER_HANDSHAKE_MAX_CERTIFICATES;
  connection->transport = &engine_transport_tls_server;
  connection->transport_data = self;

  code = gnutls_init (&self->session, flags);
  if (code == 0)
    code = server_prepare (connection, self->session);
  else
    self->session = NULL;
  if (code != 0)
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_MISC, _("No TLS session: %s"), gnutls_strerror (code));

  return code == 0;
}

/* --- the handshake */

/* The peer learns why, as far as TLS has a word for it (RFC 8446 section 6.2). */
static EngineTlsHandshakeStep
server_fail (TlsServer *self, int code, GError **error)
{
  self->failure = code;
  gnutls_alert_send_appropriate (self->session, code);
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, _("The client ended the TLS handshake: %s"),
                 gnutls_alert_get_name (gnutls_alert_get (self->session)));
  else
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, _("The TLS handshake failed: %s"), gnutls_strerror (code));

  return ENGINE_TLS_HANDSHAKE_FAILED;
}

static int
server_shake_hands (TlsServer *self)
{
  int code;

  /* What is not fatal, such as a warning, is over with the bytes that were its cause. */
  do
    code = gnutls_handshake (self->session);
  while (code < 0 && !gnutls_error_is_fatal (code) && self->tls_buffer.in_length > 0);

  /* From memory nothing else fails. */
  return code == GNUTLS_E_PULL_ERROR ? GNUTLS_E_HANDSHAKE_TOO_LARGE : code;
}

static EngineTlsHandshakeStep
server_handshake (EngineConnection *connection, GError **error)
{
  TlsServer *self = server_of (connection);
  gssize got = engine_tls_buffer_receive (&self->tls_buffer, connection->watch.fd, ENGINE_TLS_BUFFER_RECEIVE);
  EngineTlsHandshakeStep step = ENGINE_TLS_HANDSHAKE_MORE;
  int code;

  if (got == -EAGAIN)
    return ENGINE_TLS_HANDSHAKE_MORE;
  if (got <= 0)
    {
      self->failure = GNUTLS_E_PREMATURE_TERMINATION;
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_EOF, _("The connection ended within the TLS handshake"));
      return ENGINE_TLS_HANDSHAKE_FAILED;
    }

  code = server_shake_hands (self);
  if (code == 0)
    {
      step = ENGINE_TLS_HANDSHAKE_DONE;
      /* What came behind the handshake may have passed through the socket already. */
      self->unread = TRUE;
      /* One is enough for one connection; a client that opens several asks for more. */
      if (gnutls_protocol_get_version (self->session) == GNUTLS_TLS1_3 && self->peer_certificate == NULL)
        gnutls_session_ticket_send (self->session, 1, 0);
    }
  else if (gnutls_error_is_fatal (code))
    step = server_fail (self, code, error);
  engine_tls_buffer_keep (&self->tls_buffer);

  return step;
}

/* --- reading */

/* After a failure what comes is discarded, until the peer hangs up. */
static gssize
server_discard (EngineConnection *connection)
{
  TlsServer *self = server_of (connection);
  gssize got = engine_tls_buffer_receive (&self->tls_buffer, connection->watch.fd, ENGINE_TLS_BUFFER_RECEIVE);

  self->tls_buffer.in_length = 0;
  engine_tls_buffer_keep (&self->tls_buffer);

  return got > 0 ? -EAGAIN : got;
}

/* TRUE if reading goes on. */
static gboolean
server_on_record_result (TlsServer *self, gssize result)
{
  switch (result)
    {
    case GNUTLS_E_AGAIN:
    case GNUTLS_E_INTERRUPTED:
      return self->tls_buffer.in_length > 0;
    case 0:
      self->closed = TRUE;
      return FALSE;
    case GNUTLS_E_REHANDSHAKE:
      /* Renegotiation costs us more than it costs the client, and gives nobody anything. */
      gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_NO_RENEGOTIATION);
      self->failure = (int) result;
      return FALSE;
    default:
      if (!gnutls_error_is_fatal ((int) result))
        return self->tls_buffer.in_length > 0;
      gnutls_alert_send_appropriate (self->session, (int) result);
      self->failure = (int) result;
      return FALSE;
    }
}

static gsize
server_read_records (TlsServer *self, guint8 *buffer, gsize length)
{
  gsize done = 0;
  gboolean more = TRUE;

  while (more && done < length)
    {
      gssize result = gnutls_record_recv (self->session, buffer + done, length - done);

      if (result > 0)
        {
          done += (gsize) result;
          /* To be told that there is no more would cost as much as a small record. */
          more = self->tls_buffer.in_length > 0 || gnutls_record_check_pending (self->session) > 0;
        }
      else
        more = server_on_record_result (self, result);
    }
  /* It was the room that came to its end. */
  self->unread = more != FALSE;

  return done;
}

static gssize
server_read (EngineConnection *connection, void *buffer, gsize length)
{
  TlsServer *self = server_of (connection);
  gssize got = 0;
  gsize done;

  if (self->closed)
    return 0;
  if (self->failure != 0)
    return connection->state >= ENGINE_STATE_DRAINING ? server_discard (connection) : -EPROTO;

  done = self->unread ? server_read_records (self, buffer, length) : 0;
  if (done == 0 && !self->closed && self->failure == 0)
    {
      /* Decrypted it is no more; with room for a record whose beginning came before. */
      got = engine_tls_buffer_receive (&self->tls_buffer, connection->watch.fd, length - ENGINE_TLS_BUFFER_RECORD_MAX);
      done = got >= 0 ? server_read_records (self, buffer, length) : 0;
    }
  engine_tls_buffer_keep (&self->tls_buffer);
  /* The alert that says why leaves now or never. What else GnuTLS may have answered, such as a change of
   * keys, can wait. */
  if (self->failure != 0)
    engine_tls_buffer_flush (&self->tls_buffer, connection->watch.fd);
  else if (engine_tls_buffer_waiting (&self->tls_buffer) > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);

  if (done > 0)
    return (gssize) done;
  if (got < 0)
    return got;

  return self->closed ? 0 : self->failure != 0 ? -EPROTO : -EAGAIN;
}

static gboolean
server_pending (EngineConnection *connection)
{
  TlsServer *self = server_of (connection);

  return self->tls_buffer.in_length > 0 || self->unread || self->closed ||
         (self->failure != 0 && connection->state < ENGINE_STATE_DRAINING);
}

/* --- writing */

static int
server_flush (EngineConnection *connection)
{
  return engine_tls_buffer_flush (&server_of (connection)->tls_buffer, connection->watch.fd);
}

static gsize
server_waiting (EngineConnection *connection)
{
  return engine_tls_buffer_waiting (&server_of (connection)->tls_buffer);
}

static gssize
server_encrypt (EngineConnection *connection, const guint8 *bytes, gsize length)
{
  gssize taken = gnutls_record_send (server_of (connection)->session, bytes, length);

  return taken >= 0 ? taken : -EPROTO;
}

static gssize
server_write (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  TlsServer *self = server_of (connection);

  if (self->failure != 0)
    return -EPROTO;

  return engine_tls_write (connection, &self->tls_buffer, server_encrypt, parts, n_parts);
}

static int
server_shutdown (EngineConnection *connection, gboolean fin)
{
  TlsServer *self = server_of (connection);
  int result;

  if (!self->close_notify_sent && self->failure == 0)
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
  self->close_notify_sent = TRUE;
  result = server_flush (connection);
  if (result == 0 && fin)
    shutdown (connection->watch.fd, SHUT_WR);

  return result;
}

/* --- facts */

static const char *
server_explain (EngineConnection *connection, int failure)
{
  TlsServer *self = server_of (connection);

  if (failure != -EPROTO || self->failure == 0)
    return g_strerror (-failure);
  if (self->failure == GNUTLS_E_FATAL_ALERT_RECEIVED)
    return gnutls_alert_get_name (gnutls_alert_get (self->session));
  if (self->failure == GNUTLS_E_PREMATURE_TERMINATION)
    return _("it ended without the close_notify of TLS");

  return gnutls_strerror (self->failure);
}

static void
server_get_facts (EngineConnection *connection, EngineTlsFacts *facts)
{
  TlsServer *self = server_of (connection);
  gnutls_protocol_t version = gnutls_protocol_get_version (self->session);

  *facts = (EngineTlsFacts){
    .peer_certificate = self->peer_certificate != NULL ? g_object_ref (self->peer_certificate) : NULL,
    .peer_errors = self->peer_errors,
    .version = version == GNUTLS_TLS1_3 ? G_TLS_PROTOCOL_VERSION_TLS_1_3 : G_TLS_PROTOCOL_VERSION_TLS_1_2,
    .ciphersuite = g_intern_string (gnutls_ciphersuite_get (self->session)),
  };
}

const EngineTransport engine_transport_tls_server = {
  .handshake = server_handshake,
  .read = server_read,
  .write = server_write,
  .flush = server_flush,
  .waiting = server_waiting,
  .send_file = engine_tls_send_file,
  .pending = server_pending,
  .shutdown = server_shutdown,
  .explain = server_explain,
  .get_facts = server_get_facts,
  .free = server_free,
};
