/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"
#include "../tls/tls-peer.h"
#include "duo.h"
#include "http-peer.h"

#include <glib/gstdio.h>
#include <string.h>

/* --- what clients think of servers */

#define GOOD G_TLS_CERTIFICATE_NO_FLAGS
#define UNKNOWN G_TLS_CERTIFICATE_UNKNOWN_CA
#define OTHER G_TLS_CERTIFICATE_BAD_IDENTITY
#define EARLY G_TLS_CERTIFICATE_NOT_ACTIVATED
#define LATE G_TLS_CERTIFICATE_EXPIRED

typedef struct {
  const char *name;
  IdentityKind shown;
  const char *host;
  GTlsCertificateFlags errors;
  const char *text;
} ServerCase;

static const ServerCase server_cases[] = {
  { "good/name", IDENTITY_SERVER, "localhost", GOOD, NULL },
  { "good/address", IDENTITY_SERVER, "127.0.0.1", GOOD, NULL },
  { "good/rsa", IDENTITY_SERVER_RSA, "localhost", GOOD, NULL },
  { "good/chain", IDENTITY_LEAF, "localhost", GOOD, NULL },
  { "expired", IDENTITY_EXPIRED, "localhost", LATE, "it has expired" },
  { "not-yet", IDENTITY_NOT_YET, "localhost", EARLY, "it is not valid yet" },
  { "other-host/name", IDENTITY_OTHER_HOST, "localhost", OTHER, "it is for another name" },
  { "other-host/address", IDENTITY_OTHER_HOST, "127.0.0.1", OTHER, "it is for another name" },
  { "other-host/wildcard", IDENTITY_WILDCARD, "localhost", OTHER, "it is for another name" },
  { "unknown-authority", IDENTITY_STRANGER, "localhost", UNKNOWN, "its authority is not trusted" },
  { "self-signed", IDENTITY_SELF_SIGNED, "localhost", UNKNOWN, "its authority is not trusted" },
  { "self-signed/expired", IDENTITY_SELF_SIGNED_EXPIRED, "localhost", UNKNOWN | LATE,
    "its authority is not trusted, it has expired" },
  { "self-signed/other-host", IDENTITY_SELF_SIGNED_OTHER_HOST, "localhost", UNKNOWN | OTHER,
    "its authority is not trusted, it is for another name" },
};

typedef struct {
  guint count;
  char *host;
  GTlsCertificate *certificate;
  GTlsCertificateFlags errors;
  gboolean accept;
} Question;

static gboolean
on_accept_certificate (LwsgContext *context, const char *host, GTlsCertificate *certificate,
                       GTlsCertificateFlags errors, gpointer user_data)
{
  Question *question = user_data;

  question->count++;
  g_free (question->host);
  question->host = g_strdup (host);
  g_set_object (&question->certificate, certificate);
  question->errors = errors;

  return question->accept;
}

static void
question_clear (Question *question)
{
  g_clear_pointer (&question->host, g_free);
  g_clear_object (&question->certificate);
}

static void
serve_with (Duo *duo, IdentityKind kind)
{
  g_autoptr (GError) error = NULL;

  lwsg_context_set_tls_certificate (duo->server, identity_get_certificate (kind), &error);
  g_assert_no_error (error);
}

static LwsgConnection *
try_connect (Duo *duo, const char *host, GError **error)
{
  g_autofree char *uri = g_strdup_printf ("wss://%s:%u/", host, duo->port);
  g_autoptr (GAsyncResult) result = NULL;

  lwsg_context_connect_async (duo->client, uri, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);

  return lwsg_context_connect_finish (duo->client, result, error);
}

static void
expect_accepted (Duo *duo, const ServerCase *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = try_connect (duo, test->host, &error);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *tls_buffer = NULL;
  GTlsCertificateFlags errors;
  GTlsProtocolVersion version;

  g_assert_no_error (error);
  duo_round_trip (connection);
  g_object_get (connection, "tls-peer-certificate", &certificate, "tls-peer-certificate-errors", &errors,
                "tls-protocol-version", &version, "tls-ciphersuite-name", &tls_buffer, NULL);
  g_assert_true (identity_is (test->shown, certificate));
  g_assert_cmpuint (errors, ==, test->errors);
  g_assert_cmpint (version, ==, G_TLS_PROTOCOL_VERSION_TLS_1_3);
  g_assert_nonnull (tls_buffer);

  /* It is known after the end. */
  lwsg_context_close (duo->client);
  g_assert_true (lwsg_connection_get_tls_peer_certificate (connection) == certificate);
  g_assert_cmpuint (lwsg_connection_get_tls_peer_certificate_errors (connection), ==, test->errors);
  g_assert_cmpint (lwsg_connection_get_tls_protocol_version (connection), ==, version);
  g_assert_cmpstr (lwsg_connection_get_tls_ciphersuite_name (connection), ==, tls_buffer);
}

static void
expect_not_accepted (Duo *duo, const ServerCase *test)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf ("The certificate of %s is not accepted: %s", test->host, test->text);

  g_assert_null (try_connect (duo, test->host, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpstr (error->message, ==, text);
}

static void
test_server (Duo *duo, gconstpointer data)
{
  const ServerCase *test = data;
  Question question = { 0 };

  serve_with (duo, test->shown);
  if (test->errors != GOOD)
    expect_not_accepted (duo, test);
  g_signal_connect (duo->client, "accept-certificate", G_CALLBACK (on_accept_certificate), &question);
  if (test->errors != GOOD)
    {
      expect_not_accepted (duo, test);
      g_assert_cmpuint (question.count, ==, 1);
      g_assert_cmpstr (question.host, ==, test->host);
      g_assert_cmpuint (question.errors, ==, test->errors);
      g_assert_true (identity_is (test->shown, question.certificate));
    }
  question.accept = TRUE;
  expect_accepted (duo, test);
  g_assert_cmpuint (question.count, ==, test->errors != GOOD ? 2 : 0);
  question_clear (&question);
}

/* The system's authorities don't include that of the tests. */
static void
test_system_trust (Duo *duo, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lwsg_context_set_tls_database (duo->client, NULL);
  g_assert_null (lwsg_context_get_tls_database (duo->client));
  g_assert_null (try_connect (duo, "localhost", &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

/* What was accepted is not the cause of what fails later. */
static void
test_accepted_then_failed (Duo *duo, gconstpointer data)
{
  Question question = { .accept = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = NULL;

  serve_with (duo, IDENTITY_STRANGER);
  lwsg_context_set_tls_authentication_mode (duo->server, G_TLS_AUTHENTICATION_REQUIRED);
  g_signal_connect (duo->client, "accept-certificate", G_CALLBACK (on_accept_certificate), &question);
  connection = try_connect (duo, "localhost", &error);
  g_assert_null (connection);
  g_assert_cmpuint (question.count, ==, 1);
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, "is not accepted"));
  question_clear (&question);
}

/* --- what happens while the program is asked */

typedef enum {
  ASKED_CLOSE,
  ASKED_CANCEL,
  ASKED_ITERATE,
  ASKED_SERVER_CLOSE,

  N_ASKED
} Asked;

static const char *const asked_names[N_ASKED] = { "close", "cancel", "iterate", "server-close" };

typedef struct {
  Duo *duo;
  Asked what;
  gboolean accept;
  GCancellable *cancellable;
  guint count;
} AskedScene;

static gboolean
on_asked (LwsgContext *context, const char *host, GTlsCertificate *certificate, GTlsCertificateFlags errors,
          gpointer user_data)
{
  AskedScene *scene = user_data;

  scene->count++;
  if (scene->what == ASKED_CLOSE)
    lwsg_context_close (scene->duo->client);
  else if (scene->what == ASKED_CANCEL)
    g_cancellable_cancel (scene->cancellable);
  else if (scene->what == ASKED_SERVER_CLOSE)
    lwsg_context_close (scene->duo->server);
  else
    for (guint i = 0; i < 10; i++)
      g_main_context_iteration (NULL, FALSE);

  return scene->accept;
}

static void
test_asked (Duo *duo, gconstpointer data)
{
  AskedScene scene = { .duo = duo,
                       .what = (Asked) (GPOINTER_TO_UINT (data) / 2),
                       .accept = GPOINTER_TO_UINT (data) % 2 };
  g_autofree char *uri = g_strdup_printf ("wss://localhost:%u/", duo->port);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = NULL;

  scene.cancellable = g_cancellable_new ();
  serve_with (duo, IDENTITY_STRANGER);
  g_signal_connect (duo->client, "accept-certificate", G_CALLBACK (on_asked), &scene);
  lwsg_context_connect_async (duo->client, uri, NULL, scene.cancellable, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  connection = lwsg_context_connect_finish (duo->client, result, &error);
  g_assert_true ((connection != NULL) == (scene.what == ASKED_ITERATE && scene.accept));
  g_assert_cmpuint (scene.count, ==, 1);
  if (scene.what == ASKED_CLOSE)
    g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  else if (scene.what == ASKED_CANCEL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (scene.cancellable);
}

/* --- certificates of clients */

/* Shows one, when it is asked. */
typedef struct {
  GTlsInteraction parent_instance;

  IdentityKind shown; /* IDENTITY_N_KINDS: declines */
  guint asked;
} Shower;

typedef GTlsInteractionClass ShowerClass;

GType shower_get_type (void);
G_DEFINE_TYPE (Shower, shower, G_TYPE_TLS_INTERACTION)

static GTlsInteractionResult
shower_request_certificate (GTlsInteraction *interaction, GTlsConnection *connection, GTlsCertificateRequestFlags flags,
                            GCancellable *cancellable, GError **error)
{
  Shower *self = (Shower *) interaction;

  self->asked++;
  if (self->shown == IDENTITY_N_KINDS)
    return G_TLS_INTERACTION_UNHANDLED;
  g_tls_connection_set_certificate (connection, identity_get_certificate (self->shown));

  return G_TLS_INTERACTION_HANDLED;
}

static void
shower_class_init (ShowerClass *klass)
{
  klass->request_certificate = shower_request_certificate;
}

static void
shower_init (Shower *self)
{
}

typedef struct {
  const char *name;
  GTlsAuthenticationMode mode;
  IdentityKind shown;
  GTlsCertificateFlags errors;
  gboolean works; /* without being accepted */
} ClientCase;

static const ClientCase client_cases[] = {
  { "none", G_TLS_AUTHENTICATION_NONE, IDENTITY_CLIENT, GOOD, TRUE },
  { "requested/nothing", G_TLS_AUTHENTICATION_REQUESTED, IDENTITY_N_KINDS, GOOD, TRUE },
  { "requested/good", G_TLS_AUTHENTICATION_REQUESTED, IDENTITY_CLIENT, GOOD, TRUE },
  { "requested/bad", G_TLS_AUTHENTICATION_REQUESTED, IDENTITY_STRANGE_CLIENT, UNKNOWN, FALSE },
  { "required/nothing", G_TLS_AUTHENTICATION_REQUIRED, IDENTITY_N_KINDS, GOOD, FALSE },
  { "required/good", G_TLS_AUTHENTICATION_REQUIRED, IDENTITY_CLIENT, GOOD, TRUE },
  { "required/bad", G_TLS_AUTHENTICATION_REQUIRED, IDENTITY_STRANGE_CLIENT, UNKNOWN, FALSE },
  { "required/expired", G_TLS_AUTHENTICATION_REQUIRED, IDENTITY_CLIENT_EXPIRED, LATE, FALSE },
};

static void
expect_client_shown (Duo *duo, const ClientCase *test)
{
  GTlsCertificate *certificate = lwsg_connection_get_tls_peer_certificate (duo->accepted);

  if (test->mode == G_TLS_AUTHENTICATION_NONE || test->shown == IDENTITY_N_KINDS)
    g_assert_null (certificate);
  else
    g_assert_true (identity_is (test->shown, certificate));
  g_assert_cmpuint (lwsg_connection_get_tls_peer_certificate_errors (duo->accepted), ==, test->errors);
}

/* Who may come in can be decided by the certificate. */
static gboolean
on_accept (LwsgProtocol *protocol, LwsgRequest *request, const ClientCase *test)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  GTlsCertificateFlags errors = G_TLS_CERTIFICATE_VALIDATE_ALL;
  gboolean secure = FALSE;

  g_object_get (request, "tls-peer-certificate", &certificate, "tls-peer-certificate-errors", &errors, "is-secure",
                &secure, NULL);
  g_assert_true (secure);
  g_assert_true (lwsg_request_get_is_secure (request));
  g_assert_true (lwsg_request_get_tls_peer_certificate (request) == certificate);
  if (test->mode == G_TLS_AUTHENTICATION_NONE || test->shown == IDENTITY_N_KINDS)
    g_assert_null (certificate);
  else
    g_assert_true (identity_is (test->shown, certificate));
  g_assert_cmpuint (errors, ==, test->errors);
  g_assert_cmpuint (lwsg_request_get_tls_peer_certificate_errors (request), ==, errors);

  return TRUE;
}

static void
test_client (Duo *duo, gconstpointer data)
{
  const ClientCase *test = data;
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);
  Shower *shower = g_object_new (shower_get_type (), NULL);
  Question question = { 0 };

  shower->shown = test->shown;
  lwsg_context_set_tls_interaction (duo->client, G_TLS_INTERACTION (shower));
  g_assert_true (lwsg_context_get_tls_interaction (duo->client) == G_TLS_INTERACTION (shower));
  g_object_set (duo->server, "tls-authentication-mode", test->mode, "tls-database", database, NULL);
  g_signal_connect (duo->server, "accept-certificate", G_CALLBACK (on_accept_certificate), &question);
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), (gpointer) test);

  for (guint accept = 0; accept < 2; accept++)
    {
      g_autoptr (LwsgConnection) connection = NULL;
      g_autoptr (GError) error = NULL;

      question.accept = accept;
      g_clear_object (&duo->accepted);
      connection = try_connect (duo, "localhost", &error);
      /* What isn't there can't be accepted. */
      g_assert_true ((connection != NULL) == (test->works || (accept && test->errors != GOOD)));
      if (connection != NULL)
        {
          duo_round_trip (connection);
          DUO_UNTIL (duo->accepted != NULL);
          expect_client_shown (duo, test);
        }
    }
  g_assert_cmpuint (question.count, ==, test->errors != GOOD ? 2 : 0);
  g_assert_null (question.host);
  g_assert_cmpuint (question.errors, ==, test->errors);
  g_assert_cmpuint (shower->asked, ==, test->mode != G_TLS_AUTHENTICATION_NONE ? 2 : 0);
  question_clear (&question);
  g_object_unref (shower);
}

/* --- the server's certificates */

static void
expect_shown (Duo *duo, IdentityKind kind)
{
  RawPeer *peer = http_connect (duo->port);

  tls_peer_client (peer, NULL, "localhost", IDENTITY_N_KINDS);
  tls_peer_secure (peer);
  g_assert_true (tls_peer_was_shown (peer, kind));
  raw_peer_free (peer);
}

static void
expect_nobody_gets_in (Duo *duo)
{
  RawPeer *peer = http_connect (duo->port);

  tls_peer_client (peer, NULL, "localhost", IDENTITY_N_KINDS);
  g_assert_cmpint (tls_peer_shake_hands (peer), <, 0);
  raw_peer_free (peer);
  peer = http_connect (duo->port);
  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  raw_peer_expect_lost (peer);
  raw_peer_free (peer);
}

static void
test_replaced (Duo *duo, gconstpointer data)
{
  g_autoptr (GTlsCertificate) without_key = identity_without_key (IDENTITY_SERVER);
  g_autoptr (GError) error = NULL;
  g_auto (HttpReply) response = { 0 };

  duo_open (duo);
  expect_shown (duo, IDENTITY_SERVER);
  serve_with (duo, IDENTITY_LEAF);
  g_assert_true (lwsg_context_get_tls_certificate (duo->server) == identity_get_certificate (IDENTITY_LEAF));
  expect_shown (duo, IDENTITY_LEAF);
  duo_round_trip (duo->connected);

  /* One that can't be used changes nothing. */
  g_assert_false (lwsg_context_set_tls_certificate (duo->server, without_key, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&error);
  g_assert_false (lwsg_context_add_tls_certificate (duo->server, without_key, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  expect_shown (duo, IDENTITY_LEAF);

  /* Without any, those who come are served openly, and those who are there as before. */
  g_assert_true (lwsg_context_set_tls_certificate (duo->server, NULL, NULL));
  g_assert_null (lwsg_context_get_tls_certificate (duo->server));
  http_get (duo->port, "/", &response);
  g_assert_cmpuint (response.status, ==, 404);
  duo_round_trip (duo->connected);
}

static void
test_unusable_property (Duo *duo, gconstpointer data)
{
  g_autoptr (GTlsCertificate) without_key = identity_without_key (IDENTITY_SERVER);
  g_autoptr (GTlsCertificate) shown = NULL;

  g_test_expect_message ("lws-glib", G_LOG_LEVEL_MESSAGE, "No connection will be accepted: *private key*");
  g_object_set (duo->server, "tls-certificate", without_key, NULL);
  g_test_assert_expected_messages ();
  g_object_get (duo->server, "tls-certificate", &shown, NULL);
  g_assert_null (shown);
  expect_nobody_gets_in (duo);

  g_object_set (duo->server, "tls-certificate", identity_get_certificate (IDENTITY_LEAF), NULL);
  g_object_get (duo->server, "tls-certificate", &shown, NULL);
  g_assert_true (shown == identity_get_certificate (IDENTITY_LEAF));
  expect_shown (duo, IDENTITY_LEAF);
}

static void
test_several (Duo *duo, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  RawPeer *peer = http_connect (duo->port);

  lwsg_context_add_tls_certificate (duo->server, identity_get_certificate (IDENTITY_OTHER_HOST), &error);
  g_assert_no_error (error);
  g_assert_true (lwsg_context_get_tls_certificate (duo->server) == identity_get_certificate (IDENTITY_SERVER));
  expect_shown (duo, IDENTITY_SERVER);
  tls_peer_client (peer, NULL, "other.example", IDENTITY_N_KINDS);
  tls_peer_secure (peer);
  g_assert_true (tls_peer_was_shown (peer, IDENTITY_OTHER_HOST));
  raw_peer_free (peer);

  serve_with (duo, IDENTITY_LEAF);
  peer = http_connect (duo->port);
  tls_peer_client (peer, NULL, "other.example", IDENTITY_N_KINDS);
  tls_peer_secure (peer);
  g_assert_true (tls_peer_was_shown (peer, IDENTITY_LEAF));
  raw_peer_free (peer);
}

/* Our client says which name it wants: of two certificates only one would do. */
static void
test_named (Duo *duo, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = NULL;

  serve_with (duo, IDENTITY_OTHER_HOST);
  lwsg_context_add_tls_certificate (duo->server, identity_get_certificate (IDENTITY_SERVER), &error);
  g_assert_no_error (error);
  connection = try_connect (duo, "localhost", &error);
  g_assert_no_error (error);
  duo_round_trip (connection);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer counts)
{
  g_hash_table_insert (counts, (gpointer) pspec->name,
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, pspec->name)) + 1));
}

static void
test_notify (void)
{
  static const char *const names[] = { "tls-certificate", "tls-database", "tls-authentication-mode",
                                       "tls-interaction" };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);
  g_autoptr (GTlsInteraction) interaction = g_object_new (shower_get_type (), NULL);
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;

  g_signal_connect (context, "notify", G_CALLBACK (count_notify), counts);
  g_object_set (context, "tls-certificate", identity_get_certificate (IDENTITY_SERVER), NULL);
  for (guint i = 0; i < 2; i++)
    {
      lwsg_context_set_tls_database (context, database);
      lwsg_context_set_tls_authentication_mode (context, G_TLS_AUTHENTICATION_REQUIRED);
      lwsg_context_set_tls_interaction (context, interaction);
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (counts, names[i])), ==, 1);

  lwsg_context_close (context);
  g_assert_null (lwsg_context_get_tls_certificate (context));
  g_assert_null (lwsg_context_get_tls_database (context));
  g_assert_null (lwsg_context_get_tls_interaction (context));
  g_assert_cmpint (lwsg_context_get_tls_authentication_mode (context), ==, G_TLS_AUTHENTICATION_NONE);
  lwsg_context_set_tls_database (context, database);
  lwsg_context_set_tls_interaction (context, interaction);
  g_assert_false (lwsg_context_set_tls_certificate (context, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* --- beside TCP, and beside WebSockets */

static gboolean
on_accept_openly (LwsgProtocol *protocol, LwsgRequest *request, guint *count)
{
  ++*count;
  g_assert_false (lwsg_request_get_is_secure (request));
  g_assert_null (lwsg_request_get_tls_peer_certificate (request));
  g_assert_cmpuint (lwsg_request_get_tls_peer_certificate_errors (request), ==, G_TLS_CERTIFICATE_NO_FLAGS);

  return TRUE;
}

/* What goes over a Unix socket stays on this machine. */
static void
test_unix (Duo *duo, gconstpointer data)
{
  guint asked = 0;

  serve_with (duo, IDENTITY_SERVER);
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept_openly), &asked);
  duo_open (duo);
  g_assert_cmpuint (asked, ==, 1);
  duo_round_trip (duo->connected);
  g_assert_cmpint (lwsg_connection_get_tls_protocol_version (duo->accepted), ==, G_TLS_PROTOCOL_VERSION_UNKNOWN);
  g_assert_null (lwsg_connection_get_tls_ciphersuite_name (duo->accepted));
  g_assert_null (lwsg_connection_get_tls_peer_certificate (duo->connected));
}

#define FILE_SIZE (3 * 1024 * 1024 + 1)

/* Of each file as much as the header says, and all of its bytes. */
static void
expect_file (Duo *duo, const char *request, const char *content, gsize length)
{
  RawPeer *peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *told = NULL;

  tls_peer_client (peer, NULL, NULL, IDENTITY_N_KINDS);
  tls_peer_secure (peer);
  for (guint i = 0; i < 2; i++)
    {
      http_ask (peer, request, &response);
      g_assert_cmpuint (response.status, ==, 200);
      if (content != NULL)
        g_assert_cmpmem (response.body, response.length, content, length);
    }
  told = http_header (&response, "Content-Length");
  g_assert_cmpuint (g_ascii_strtoull (told, NULL, 10), ==, length);
  raw_peer_free (peer);
}

static void
test_files (Duo *duo, gconstpointer data)
{
  g_autofree char *directory = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "large.txt", NULL);
  g_autofree char *content = g_malloc (FILE_SIZE);
  g_autoptr (GFile) folder = g_file_new_for_path (directory);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < FILE_SIZE; i++)
    content[i] = (char) ('a' + i % 26);
  g_assert_true (g_file_set_contents (path, content, FILE_SIZE, NULL));
  g_assert_true (lwsg_context_serve_directory (duo->server, "/", folder, &error));
  g_assert_no_error (error);
  expect_file (duo, "GET /large.txt HTTP/1.1\r\nHost: localhost\r\n\r\n", content, FILE_SIZE);
  expect_file (duo, "HEAD /large.txt HTTP/1.1\r\nHost: localhost\r\n\r\n", NULL, FILE_SIZE);
  g_unlink (path);
  g_rmdir (directory);
}

static void
set_up (Duo *duo, gconstpointer data)
{
  duo_set_up (duo, GINT_TO_POINTER (DUO_TLS));
}

static void
set_up_path (Duo *duo, gconstpointer data)
{
  duo_set_up (duo, GINT_TO_POINTER (DUO_PATH));
}

static void
add (const char *group, const char *name, gconstpointer data, DuoFunc func)
{
  g_autofree char *path = g_strconcat ("/object/tls/", group, "/", name, NULL);

  g_test_add (path, Duo, data, set_up, func, duo_tear_down);
}

static void
add_asked (void)
{
  for (guint i = 0; i < 2 * N_ASKED; i++)
    {
      g_autofree char *name = g_strconcat (asked_names[i / 2], i % 2 ? "-accept" : "-refuse", NULL);

      add ("asked", name, GUINT_TO_POINTER (i), test_asked);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (server_cases); i++)
    add ("server", server_cases[i].name, &server_cases[i], test_server);
  for (guint i = 0; i < G_N_ELEMENTS (client_cases); i++)
    add ("client", client_cases[i].name, &client_cases[i], test_client);
  add_asked ();
  add ("server", "system-trust", NULL, test_system_trust);
  add ("server", "accepted-then-failed", NULL, test_accepted_then_failed);
  add ("certificate", "replaced", NULL, test_replaced);
  add ("certificate", "unusable-property", NULL, test_unusable_property);
  add ("certificate", "several", NULL, test_several);
  add ("certificate", "named", NULL, test_named);
  g_test_add_func ("/object/tls/notify", test_notify);
  g_test_add ("/object/tls/unix", Duo, NULL, set_up_path, test_unix, duo_tear_down);
  add ("http", "files", NULL, test_files);

  return g_test_run ();
}
