/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/connector-private.h"
#include "engine/client/tls-memory-stream-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/tls/tls-buffer-private.h"
#include "engine/tls/tls-chain-private.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-settings-private.h"
#include "engine/tls/tls-transport-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The client's side of TLS, by GIO: with the desktop's trust, tokens and sessions. */

/* Known to the connection itself: a thread notes it, of which nobody knows how long it goes on. */
#define CLIENT_WAS_ASKED "lws-glib-asked-for-certificate"

typedef struct {
  GTlsConnection *tls;
  EngineTlsMemoryStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  int fd;                       /* until the handshake is done */
  GError *failure;
  guint closed : 1;             /* the peer's close_notify came */
  guint close_notify_sent : 1;
  guint unread : 1;             /* GIO may hold what it decrypted; no descriptor tells of that */
} TlsClient;

static TlsClient *
client_of (EngineConnection *connection)
{
  return connection->transport_data;
}

static EngineTlsBuffer *
client_buffer (EngineConnection *connection)
{
  return engine_tls_memory_stream_get_buffer (client_of (connection)->stream);
}

/* --- life */

/* Nobody is asked about keys that nobody should compute with. */
static gboolean
client_check_size (EngineDial *dial, GTlsCertificate *certificate)
{
  g_clear_error (&dial->certificate_too_large);

  return engine_tls_chain_check (certificate, &dial->certificate_too_large);
}

/* Is the server trusted in spite of this? */
static gboolean
client_decide (EngineDial *dial, GTlsCertificate *certificate, GTlsCertificateFlags errors)
{
  EngineContext *context = dial->context;
  gboolean accepted = FALSE;

  if (dial->connection == NULL || dial->connection->state != ENGINE_STATE_TLS_HANDSHAKE)
    return FALSE;
  if (!client_check_size (dial, certificate))
    return FALSE;

  engine_context_hold (context);
  /* What classic programs ask for: a server that vouches for itself. */
  if (dial->accept_self_signed && errors == G_TLS_CERTIFICATE_UNKNOWN_CA &&
      engine_tls_credentials_is_own_issuer (certificate))
    {
      g_message (_("The certificate of %s is its own authority; accepted, as was asked for"), dial->address);
      accepted = TRUE;
    }
  else
    accepted = context->events->accept_certificate (dial->connection, certificate, errors);

  dial->certificate_accepted = accepted;
  /* What was accepted is not the reason for what fails later. */
  dial->certificate_errors = accepted ? G_TLS_CERTIFICATE_NO_FLAGS : errors;
  engine_context_release (context);

  return accepted;
}

/* GIO asks on the thread that runs the main context; if none does at the moment, on its own. Then
 * the decision is left to engine_tls_client_is_trusted(), before anything is sent. */
static gboolean
client_on_accept_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags errors,
                              gpointer data)
{
  EngineDial *dial = data;

  /* Whoever wanted the connection has gone. */
  if (g_cancellable_is_cancelled (dial->cancellable))
    return FALSE;
  if (dial->thread == g_thread_self ())
    return client_decide (dial, certificate, errors);

  return client_check_size (dial, certificate);
}

/* GIO keeps sessions for the whole process, those of others who trusted the server, too. When one
 * is resumed it verifies the certificate again, but asks nobody what to do about it. */
gboolean
engine_tls_client_is_trusted (EngineDial *dial, GTlsConnection *tls)
{
  GTlsCertificateFlags errors = g_tls_connection_get_peer_certificate_errors (tls);

  return errors == G_TLS_CERTIFICATE_NO_FLAGS || dial->certificate_accepted ||
         client_decide (dial, g_tls_connection_get_peer_certificate (tls), errors);
}

static void
client_free (EngineConnection *connection)
{
  TlsClient *self = connection->transport_data;

  connection->transport_data = NULL;
  /* A thread may still be at work on the handshake, and is cancelled: nothing is left to read.
   * In a process that has no more than a copy, it is another one's connection. */
  if (self->fd >= 0 && engine_context_is_ours (connection->context))
    shutdown (self->fd, SHUT_RDWR);
  if (self->fd >= 0)
    close (self->fd);
  engine_tls_memory_stream_detach (self->stream);
  g_clear_object (&self->tls);
  g_object_unref (self->stream);
  g_clear_error (&self->failure);
  g_free (self);
}

/* GIO tells the authorities that a server names when it asks for a certificate, even if it names none. */
static void
client_on_asked (GObject *tls, GParamSpec *spec, gpointer unused)
{
  g_object_set_data (tls, CLIENT_WAS_ASKED, GINT_TO_POINTER (TRUE));
}

/* For whom the server's certificate must be. GIO tells the server too, by SNI, if it is a name; an
 * address is none (RFC 6066 section 3). The dot at the end of a name that is complete belongs to
 * DNS alone. */
static GSocketConnectable *
client_make_identity (EngineDial *dial)
{
  g_autoptr (GInetAddress) literal = g_inet_address_new_from_string (dial->address);
  gsize length = strlen (dial->address);
  g_autofree char *name = g_strndup (dial->address, length - (g_str_has_suffix (dial->address, ".") ? 1 : 0));

  if (literal != NULL)
    return G_SOCKET_CONNECTABLE (g_inet_socket_address_new (literal, dial->port));

  return g_network_address_new (name, dial->port);
}

/* GIO resumes sessions for the whole process, by the server's name and address; with them comes the
 * certificate of whoever began them. Where an interaction may show one, a stream that GIO does not
 * know for a socket's has each connection begin anew. */
static GIOStream *
client_make_base (EngineTlsMemoryStream *stream, GTlsInteraction *interaction)
{
  GIOStream *base = G_IO_STREAM (stream);
  GIOStream *plain;

  if (interaction == NULL)
    return g_object_ref (base);

  plain = g_simple_io_stream_new (g_io_stream_get_input_stream (base), g_io_stream_get_output_stream (base));
  g_object_set_data_full (G_OBJECT (plain), "lws-glib-stream", g_object_ref (stream), g_object_unref);

  return plain;
}

static GTlsConnection *
client_make_connection (EngineConnection *connection, EngineTlsMemoryStream *stream, GError **error)
{
  static const char *const protocols[] = { "http/1.1", NULL };
  EngineDial *dial = connection->dial;
  EngineTlsSettings *settings = &connection->context->tls;
  GTlsDatabase *database = engine_tls_settings_get_client_database (settings, error);
  g_autoptr (GSocketConnectable) identity = client_make_identity (dial);
  g_autoptr (GIOStream) base = client_make_base (stream, settings->interaction);
  GTlsConnection *tls;

  if (database == NULL)
    return NULL;

  tls = g_initable_new (g_tls_backend_get_client_connection_type (g_tls_backend_get_default ()), NULL, error,
                        "base-io-stream", base, "server-identity", identity, "database", database,
                        "interaction", settings->interaction, "advertised-protocols", protocols, NULL);
  if (tls != NULL)
    {
      g_signal_connect (tls, "accept-certificate", G_CALLBACK (client_on_accept_certificate), dial);
      g_signal_connect (tls, "notify::accepted-cas", G_CALLBACK (client_on_asked), NULL);
    }

  return tls;
}

GTlsConnection *
engine_tls_client_start (EngineConnection *connection, GSocket *socket, int fd, GError **error)
{
  TlsClient *self;
  g_autoptr (EngineTlsMemoryStream) stream = engine_tls_memory_stream_new (socket);
  GTlsConnection *tls = client_make_connection (connection, stream, error);

  if (tls == NULL)
    return NULL;

  self = g_new0 (TlsClient, 1);
  self->tls = tls;
  self->stream = g_steal_pointer (&stream);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (tls)));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (G_IO_STREAM (tls)));
  self->fd = fd;
  connection->transport = &engine_transport_tls_client;
  connection->transport_data = self;

  return tls;
}

int
engine_tls_client_get_descriptor (EngineConnection *connection)
{
  return client_of (connection)->fd;
}

int
engine_tls_client_secured (EngineConnection *connection)
{
  TlsClient *self = client_of (connection);
  int fd = self->fd;

  self->fd = -1;
  /* What came behind the handshake may have passed through the socket already. */
  self->unread = TRUE;
  engine_tls_memory_stream_use_memory (self->stream, &connection->context->tls.pool);

  return fd;
}

/* --- reading */

static gsize
client_read_records (TlsClient *self, guint8 *buffer, gsize length)
{
  gsize done = 0;

  self->unread = FALSE;
  while (done < length && !self->closed)
    {
      g_autoptr (GError) error = NULL;
      gssize got = g_pollable_input_stream_read_nonblocking (self->input, buffer + done, length - done, NULL, &error);

      if (got > 0)
        done += (gsize) got;
      else if (got == 0)
        self->closed = TRUE;
      else
        {
          if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            self->failure = g_steal_pointer (&error);
          return done;
        }
    }
  /* It was the room that came to its end: there may be more, and GIO has no way to ask. */
  self->unread = self->closed == 0;

  return done;
}

static gssize
client_read (EngineConnection *connection, void *buffer, gsize length)
{
  TlsClient *self = client_of (connection);
  EngineTlsBuffer *tls_buffer = client_buffer (connection);
  gssize got = 0;
  gsize done;

  if (self->closed)
    return 0;
  if (self->failure != NULL)
    return -EPROTO;

  done = self->unread ? client_read_records (self, buffer, length) : 0;
  if (done == 0 && !self->closed && self->failure == NULL)
    {
      /* Decrypted it is no more; with room for a record whose beginning came before. */
      got = engine_tls_buffer_receive (tls_buffer, connection->watch.fd, length - ENGINE_TLS_BUFFER_RECORD_MAX);
      done = got >= 0 ? client_read_records (self, buffer, length) : 0;
    }
  engine_tls_buffer_keep (tls_buffer);
  /* TLS may have answered something, such as a change of keys. */
  if (engine_tls_buffer_waiting (tls_buffer) > 0)
    engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);

  if (done > 0)
    return (gssize) done;
  if (got < 0)
    return got;

  return self->closed ? 0 : self->failure != NULL ? -EPROTO : -EAGAIN;
}

static gboolean
client_pending (EngineConnection *connection)
{
  TlsClient *self = client_of (connection);

  return client_buffer (connection)->in_length > 0 || self->unread || self->closed || self->failure != NULL;
}

/* --- writing */

static int
client_flush (EngineConnection *connection)
{
  return engine_tls_buffer_flush (client_buffer (connection), connection->watch.fd);
}

static gsize
client_waiting (EngineConnection *connection)
{
  return engine_tls_buffer_waiting (client_buffer (connection));
}

static gssize
client_encrypt (EngineConnection *connection, const guint8 *bytes, gsize length)
{
  TlsClient *self = client_of (connection);
  g_autoptr (GError) error = NULL;
  gssize taken = g_pollable_output_stream_write_nonblocking (self->output, bytes, length, NULL, &error);

  if (taken >= 0)
    return taken;
  if (self->failure == NULL)
    self->failure = g_steal_pointer (&error);

  return -EPROTO;
}

static gssize
client_write (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  return engine_tls_write (connection, client_buffer (connection), client_encrypt, parts, n_parts);
}

static int
client_shutdown (EngineConnection *connection, gboolean fin)
{
  TlsClient *self = client_of (connection);
  EngineTlsBuffer *tls_buffer = client_buffer (connection);
  int result;

  /* In memory this never waits. */
  if (!self->close_notify_sent && self->failure == NULL)
    g_output_stream_close (G_OUTPUT_STREAM (self->output), NULL, NULL);
  self->close_notify_sent = TRUE;
  result = engine_tls_buffer_flush (tls_buffer, connection->watch.fd);
  if (result == 0 && fin)
    shutdown (connection->watch.fd, SHUT_WR);

  return result;
}

/* --- facts */

const GError *
engine_tls_client_failure (EngineConnection *connection)
{
  return connection->transport == &engine_transport_tls_client ? client_of (connection)->failure : NULL;
}

gboolean
engine_tls_client_hears_tls (EngineConnection *connection)
{
  return connection->transport != &engine_transport_tls_client ||
         engine_tls_memory_stream_hears_tls (client_of (connection)->stream);
}

gboolean
engine_tls_client_lacks_certificate (EngineConnection *connection, const GError *error)
{
  GObject *tls;

  if (connection->transport != &engine_transport_tls_client)
    return FALSE;

  /* An alert has no code of its own. */
  tls = G_OBJECT (client_of (connection)->tls);
  return (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_MISC) ||
          g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED)) &&
         g_object_get_data (tls, CLIENT_WAS_ASKED) != NULL &&
         g_tls_connection_get_certificate (G_TLS_CONNECTION (tls)) == NULL;
}

static const char *
client_explain (EngineConnection *connection, int failure)
{
  const TlsClient *self = client_of (connection);

  return failure == -EPROTO && self->failure != NULL ? self->failure->message : g_strerror (-failure);
}

static void
client_get_facts (EngineConnection *connection, EngineTlsFacts *facts)
{
  const TlsClient *self = client_of (connection);
  g_autofree char *ciphersuite = g_tls_connection_get_ciphersuite_name (self->tls);
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (self->tls);

  *facts = (EngineTlsFacts){
    .peer_certificate = certificate != NULL ? g_object_ref (certificate) : NULL,
    .peer_errors = g_tls_connection_get_peer_certificate_errors (self->tls),
    .version = g_tls_connection_get_protocol_version (self->tls),
    .ciphersuite = g_intern_string (ciphersuite),
  };
}

const EngineTransport engine_transport_tls_client = {
  .read = client_read,
  .write = client_write,
  .flush = client_flush,
  .waiting = client_waiting,
  .send_file = engine_tls_send_file,
  .pending = client_pending,
  .shutdown = client_shutdown,
  .explain = client_explain,
  .get_facts = client_get_facts,
  .free = client_free,
};
