/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"
#include "../tls/tls-peer.h"
#include "dial.h"

#include <string.h>

/* Whom a client takes a server for, what it tells of that, and whom a server takes it for. */

static LwsgContext *
context_trusting_root (GTlsDatabase *database, GTlsInteraction *interaction)
{
  LwsgContext *context = lwsg_context_new ();

  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_set_tls_database (context, database);
  lwsg_context_set_tls_interaction (context, interaction);

  return context;
}

static TlsPeer *
start (Dial *dial, const char *host, IdentityKind shown)
{
  g_autofree char *uri = g_strdup_printf ("wss://%s:%u/", host, dial->port);
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);

  dial_set_uri (dial, uri);
  lwsg_context_set_tls_database (dial->client, database);
  dial_start (dial, NULL);
  dial_accept (dial);

  return tls_peer_server (dial->peer, NULL, shown);
}

/* --- names */

typedef struct {
  const char *name;
  const char *host;
  IdentityKind shown;
  const char *sni;   /* NULL: none */
  const char *error; /* NULL: none */
} NameCase;

static const NameCase name_cases[] = {
  { "name", "localhost", IDENTITY_SERVER, "localhost", NULL },
  { "dot", "localhost.", IDENTITY_SERVER, "localhost", NULL },
  { "address", "127.0.0.1", IDENTITY_SERVER, NULL, NULL },
  { "other/name", "localhost", IDENTITY_OTHER_HOST, "localhost", "it is for another name" },
  { "other/dot", "localhost.", IDENTITY_OTHER_HOST, "localhost", "it is for another name" },
  { "other/address", "127.0.0.1", IDENTITY_OTHER_HOST, NULL, "it is for another name" },
};

static void
expect_sni (TlsPeer *tls, const char *sni)
{
  char name[256] = "";
  gsize length = sizeof name;
  guint type;
  int code = gnutls_server_name_get (tls->session, name, &length, &type, 0);

  g_assert_cmpint (code, ==, sni != NULL ? 0 : GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
  g_assert_cmpstr (name, ==, sni != NULL ? sni : "");
}

static void
test_name (Dial *dial, gconstpointer data)
{
  const NameCase *test = data;
  TlsPeer *tls = start (dial, test->host, test->shown);

  tls_peer_shake_hands (dial->peer);
  expect_sni (tls, test->sni);
  if (test->error == NULL)
    {
      g_autoptr (LwsgConnection) connection = NULL;

      dial_read_request (dial);
      dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
      connection = dial_succeed (dial);
    }
  else
    {
      g_autoptr (GError) error = dial_fail (dial);

      dial_expect_text (error, test->error);
    }
}

/* --- keys */

static gboolean
accept_all (LwsgContext *context, const char *host, GTlsCertificate *certificate, GTlsCertificateFlags errors,
            gpointer count)
{
  ++*(guint *) count;

  return TRUE;
}

/* Nobody is asked about it, and nobody has to wait for it to be verified. */
static void
test_large_exponent (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint count = 0;

  g_signal_connect (dial->client, "accept-certificate", G_CALLBACK (accept_all), &count);
  start (dial, "localhost", IDENTITY_LARGE_EXPONENT);
  tls_peer_shake_hands (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  dial_expect_text (error, "a public exponent of 128 bits");
  g_assert_cmpuint (count, ==, 0);
}

/* --- sessions */

/* Shows a certificate whenever it is asked for one. */
typedef struct {
  GTlsInteraction parent_instance;

  GTlsCertificate *certificate;
} Shower;

typedef GTlsInteractionClass ShowerClass;

GType shower_get_type (void);
G_DEFINE_TYPE (Shower, shower, G_TYPE_TLS_INTERACTION)

static GTlsInteractionResult
shower_request_certificate (GTlsInteraction *interaction, GTlsConnection *connection, GTlsCertificateRequestFlags flags,
                            GCancellable *cancellable, GError **error)
{
  g_tls_connection_set_certificate (connection, ((Shower *) interaction)->certificate);

  return G_TLS_INTERACTION_HANDLED;
}

static void
shower_finalize (GObject *object)
{
  g_object_unref (((Shower *) object)->certificate);
  G_OBJECT_CLASS (shower_parent_class)->finalize (object);
}

static void
shower_class_init (ShowerClass *klass)
{
  klass->request_certificate = shower_request_certificate;
  G_OBJECT_CLASS (klass)->finalize = shower_finalize;
}

static void
shower_init (Shower *self)
{
}

static void
visit_once (const char *uri, GTlsDatabase *database, const char *shown)
{
  g_autoptr (GError) error = NULL;
  Shower *shower = g_object_new (shower_get_type (), NULL);
  Dial dial = { .uri = (char *) uri };
  LwsgConnection *connection;

  shower->certificate = g_tls_certificate_new_from_file (shown, &error);
  g_assert_no_error (error);
  dial.client = context_trusting_root (database, G_TLS_INTERACTION (shower));
  dial_start (&dial, NULL);
  connection = dial_succeed (&dial);
  duo_expect (connection, "with a ticket");
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_object_unref (connection);
  g_object_unref (dial.client);
  g_object_unref (dial.result);
  g_object_unref (shower);
}

/* GIO resumes no sessions in a program that has called g_test_init(): this one, run anew, visits
 * the same server as one and as another. */
static int
visit (const char *uri, const char *root, char **shown)
{
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (root, NULL);

  g_assert_true (g_main_context_acquire (NULL));
  for (guint i = 0; shown[i] != NULL; i++)
    visit_once (uri, database, shown[i]);

  return 0;
}

static void
serve_visit (Dial *dial, gnutls_datum_t *key, IdentityKind visitor)
{
  TlsPeer *tls;

  dial_accept (dial);
  tls = tls_peer_server (dial->peer, TLS_PEER_1_3, IDENTITY_SERVER);
  gnutls_certificate_server_set_request (tls->session, GNUTLS_CERT_REQUEST);
  g_assert_cmpint (gnutls_session_ticket_enable_server (tls->session, key), ==, 0);
  tls_peer_secure (dial->peer);
  g_assert_true (tls_peer_was_shown (dial->peer, visitor));
  dial_read_request (dial);
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
  raw_peer_send (dial->peer, "\x81\x0dwith a ticket", 15);
  raw_peer_send (dial->peer, "\x88\x02\x03\xe8", 4);
  raw_peer_expect_close (dial->peer, 1000);
  tls_peer_bye (dial->peer);
  raw_peer_expect_lost (dial->peer);
  g_clear_pointer (&dial->peer, raw_peer_free);
}

static char *
write_both (IdentityKind kind, const char *name)
{
  g_autofree char *both = g_strconcat (identity_get_key (kind), identity_get_pem (kind), NULL);

  return identity_write_file (name, both);
}

/* Each is who it says it is, although all that GIO keeps sessions by is the same. */
static void
test_two_visitors (Dial *dial, gconstpointer data)
{
  g_autofree char *uri = g_strdup_printf ("wss://localhost:%u/", dial->port);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *alice = write_both (IDENTITY_CLIENT, "alice.pem");
  g_autofree char *bob = write_both (IDENTITY_STRANGE_CLIENT, "bob.pem");
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) visitor = NULL;
  gnutls_datum_t key;

  g_assert_cmpint (gnutls_session_ticket_key_generate (&key), ==, 0);
  visitor = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, program, "--visit", uri,
                              identity_get_pem_file (IDENTITY_ROOT), alice, bob, alice, NULL);
  g_assert_no_error (error);
  serve_visit (dial, &key, IDENTITY_CLIENT);
  serve_visit (dial, &key, IDENTITY_STRANGE_CLIENT);
  serve_visit (dial, &key, IDENTITY_CLIENT);
  g_assert_true (g_subprocess_wait_check (visitor, NULL, &error));
  g_assert_no_error (error);
  gnutls_free (key.data);
}

int
main (int argc, char **argv)
{
  if (argc > 4 && strcmp (argv[1], "--visit") == 0)
    return visit (argv[2], argv[3], argv + 4);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (name_cases); i++)
    dial_add_case ("tls-identity/name", name_cases[i].name, &name_cases[i], test_name);
  dial_add_case ("tls-identity", "large-exponent", NULL, test_large_exponent);
  dial_add_case ("tls-identity", "two-visitors", NULL, test_two_visitors);

  return g_test_run ();
}
