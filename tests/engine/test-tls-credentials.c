/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"
#include "../tls/tls-peer.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/base/error-private.h"

#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- adding */

static EngineTlsCredentials *
credentials_of (IdentityKind first, ...)
{
  EngineTlsCredentials *credentials = engine_tls_credentials_new ();
  g_autoptr (GError) error = NULL;
  va_list kinds;

  va_start (kinds, first);
  for (IdentityKind kind = first; kind != IDENTITY_N_KINDS; kind = va_arg (kinds, IdentityKind))
    {
      engine_tls_credentials_add (credentials, identity_get_certificate (kind), &error);
      g_assert_no_error (error);
    }
  va_end (kinds);

  return credentials;
}

static void
test_add (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  g_autoptr (EngineTlsCredentials) copy = NULL;

  g_assert_cmpuint (engine_tls_credentials_count (credentials), ==, 0);
  g_assert_null (engine_tls_credentials_first (credentials));
  g_assert_true (engine_tls_credentials_add (credentials, identity_get_certificate (IDENTITY_SERVER), NULL));
  copy = engine_tls_credentials_copy (credentials);
  g_assert_true (engine_tls_credentials_add (copy, identity_get_certificate (IDENTITY_LEAF), NULL));
  g_assert_cmpuint (engine_tls_credentials_count (credentials), ==, 1);
  g_assert_cmpuint (engine_tls_credentials_count (copy), ==, 2);
  g_assert_true (engine_tls_credentials_first (copy) == identity_get_certificate (IDENTITY_SERVER));
}

static void
expect_no_add (EngineTlsCredentials *credentials, GTlsCertificate *certificate, int code, const char *text)
{
  g_autoptr (GError) error = NULL;
  guint before = engine_tls_credentials_count (credentials);

  g_assert_false (engine_tls_credentials_add (credentials, certificate, &error));
  g_assert_error (error, G_TLS_ERROR, code);
  g_assert_cmpstr (error->message, ==, text);
  g_assert_cmpuint (engine_tls_credentials_count (credentials), ==, before);
}

static void
test_add_without_key (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  g_autoptr (GTlsCertificate) certificate = identity_without_key (IDENTITY_SERVER);

  expect_no_add (credentials, certificate, G_TLS_ERROR_BAD_CERTIFICATE, "A server's certificate needs its private key");
}

static void
test_add_other_key (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  g_autofree char *both = g_strconcat (identity_get_key (IDENTITY_CLIENT), identity_get_pem (IDENTITY_SERVER), NULL);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_pem (both, -1, NULL);

  g_assert_nonnull (certificate);
  expect_no_add (credentials, certificate, G_TLS_ERROR_BAD_CERTIFICATE,
                 "The private key does not belong to the certificate");
}

static void
test_add_too_many (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  GTlsCertificate *certificate = identity_get_certificate (IDENTITY_SERVER);

  for (guint i = 0; i < ENGINE_TLS_CREDENTIALS_MAX; i++)
    g_assert_true (engine_tls_credentials_add (credentials, certificate, NULL));
  expect_no_add (credentials, certificate, G_TLS_ERROR_MISC, "No more than 64 certificates can be served");
}

/* --- choosing */

typedef struct {
  EngineTlsCredentials *credentials;
  int code;
} Choice;

static int
on_hello (gnutls_session_t session)
{
  Choice *choice = gnutls_session_get_ptr (session);

  choice->code = engine_tls_credentials_choose (choice->credentials, session);

  return choice->code;
}

static void
loop_server (gpointer data)
{
  gnutls_handshake (data);
}

/* A whole handshake, with a client that asks for @name. */
static void
expect_choice_with (EngineTlsCredentials *credentials, const char *priority, const char *name, IdentityKind kind)
{
  Choice choice = { .credentials = credentials, .code = -1 };
  gnutls_session_t server;
  int fds[2];
  RawPeer *client;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  gnutls_init (&server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
  gnutls_set_default_priority (server);
  gnutls_session_set_ptr (server, &choice);
  gnutls_handshake_set_post_client_hello_function (server, on_hello);
  gnutls_transport_set_int (server, fds[0]);
  client = raw_peer_new (fds[1], loop_server, server);
  tls_peer_client (client, priority, name, IDENTITY_N_KINDS);

  tls_peer_secure (client);
  g_assert_cmpint (choice.code, ==, 0);
  g_assert_true (tls_peer_was_shown (client, kind));

  raw_peer_free (client);
  gnutls_deinit (server);
  close (fds[0]);
}

static void
expect_choice (EngineTlsCredentials *credentials, const char *name, IdentityKind kind)
{
  expect_choice_with (credentials, NULL, name, kind);
}

static void
test_choose_by_name (void)
{
  g_autoptr (EngineTlsCredentials) credentials = credentials_of (IDENTITY_SERVER, IDENTITY_OTHER_HOST, IDENTITY_WILDCARD,
                                                              IDENTITY_N_KINDS);

  expect_choice (credentials, "other.example", IDENTITY_OTHER_HOST);
  expect_choice (credentials, "OTHER.Example", IDENTITY_OTHER_HOST);
  expect_choice (credentials, "a.wild.example", IDENTITY_WILDCARD);
  expect_choice (credentials, "b.wild.example", IDENTITY_WILDCARD);
  expect_choice (credentials, "localhost", IDENTITY_SERVER);
  /* A second time, from what was made the first time. */
  expect_choice (credentials, "other.example", IDENTITY_OTHER_HOST);
  /* One label only, and not none (RFC 6125 section 6.4.3). */
  expect_choice (credentials, "a.b.wild.example", IDENTITY_SERVER);
  expect_choice (credentials, "wild.example", IDENTITY_SERVER);
  expect_choice (credentials, "unknown.example", IDENTITY_SERVER);
  expect_choice (credentials, NULL, IDENTITY_SERVER);
}

/* An address is no name (RFC 6066 section 3); clients that send one are served nevertheless. */
static void
test_choose_by_address (void)
{
  g_autoptr (EngineTlsCredentials) credentials = credentials_of (IDENTITY_OTHER_HOST, IDENTITY_SERVER, IDENTITY_N_KINDS);

  expect_choice (credentials, "127.0.0.1", IDENTITY_SERVER);
  expect_choice (credentials, "192.0.2.1", IDENTITY_OTHER_HOST);
  expect_choice (credentials, NULL, IDENTITY_OTHER_HOST);
}

/* Longer than any name there is, as long as TLS libraries let pass. */
static void
test_choose_by_long_name (void)
{
  g_autoptr (EngineTlsCredentials) credentials = credentials_of (IDENTITY_OTHER_HOST, IDENTITY_WILDCARD, IDENTITY_N_KINDS);
  GString *name = g_string_new (NULL);

  while (name->len < 250)
    g_string_append (name, "abcdefghi.");
  for (guint i = 0; i < 6; i++)
    {
      expect_choice (credentials, name->str, IDENTITY_OTHER_HOST);
      g_string_append_c (name, 'x');
    }
  g_string_free (name, TRUE);
}

static void
test_choose_by_key (void)
{
  static const char ecdsa[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA";
  static const char rsa[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA";
  static const char rsa_1_3[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256";
  g_autoptr (EngineTlsCredentials) credentials = credentials_of (IDENTITY_SERVER, IDENTITY_SERVER_RSA,
                                                              IDENTITY_WILDCARD_RSA, IDENTITY_WILDCARD,
                                                              IDENTITY_N_KINDS);

  expect_choice_with (credentials, ecdsa, "localhost", IDENTITY_SERVER);
  expect_choice_with (credentials, rsa, "localhost", IDENTITY_SERVER_RSA);
  expect_choice_with (credentials, rsa_1_3, "localhost", IDENTITY_SERVER_RSA);
  expect_choice_with (credentials, ecdsa, "a.wild.example", IDENTITY_WILDCARD);
  expect_choice_with (credentials, rsa, "a.wild.example", IDENTITY_WILDCARD_RSA);
  expect_choice_with (credentials, rsa, NULL, IDENTITY_SERVER_RSA);
}

/* The last one's bit is that of the sign. */
static void
test_choose_among_many (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();

  for (guint i = 0; i < ENGINE_TLS_CREDENTIALS_MAX - 1; i++)
    g_assert_true (engine_tls_credentials_add (credentials, identity_get_certificate (IDENTITY_SERVER), NULL));
  g_assert_true (engine_tls_credentials_add (credentials, identity_get_certificate (IDENTITY_OTHER_HOST), NULL));
  expect_choice (credentials, "other.example", IDENTITY_OTHER_HOST);
  expect_choice (credentials, "localhost", IDENTITY_SERVER);
}

static void
test_choose_none (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  Choice choice = { .credentials = credentials, .code = -1 };
  gnutls_session_t server;
  int fds[2];
  RawPeer *client;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  gnutls_init (&server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
  gnutls_set_default_priority (server);
  gnutls_session_set_ptr (server, &choice);
  gnutls_handshake_set_post_client_hello_function (server, on_hello);
  gnutls_transport_set_int (server, fds[0]);
  client = raw_peer_new (fds[1], NULL, NULL);
  tls_peer_client (client, NULL, NULL, IDENTITY_N_KINDS);
  g_assert_cmpint (tls_peer_step (client), ==, GNUTLS_E_AGAIN);
  g_assert_cmpint (gnutls_handshake (server), <, 0);
  g_assert_true (gnutls_error_is_fatal (gnutls_handshake (server)));

  raw_peer_free (client);
  gnutls_deinit (server);
  close (fds[0]);
}

/* --- files */

static void G_GNUC_PRINTF (3, 4)
expect_no_load (const char *certificate, const char *key, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assert_null (engine_tls_credentials_load (certificate, key, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  if (!g_str_has_prefix (error->message, text))
    g_error ("\"%s\" does not begin with \"%s\"", error->message, text);
}

static void
test_load (void)
{
  g_autofree char *both_text = g_strconcat (identity_get_pem (IDENTITY_LEAF), identity_get_key (IDENTITY_LEAF), NULL);
  g_autofree char *both = identity_write_file ("both.pem", both_text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) two_files = NULL;
  g_autoptr (GTlsCertificate) one_file = NULL;
  g_autoptr (GTlsCertificate) twice = NULL;
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();

  two_files = engine_tls_credentials_load (identity_get_pem_file (IDENTITY_LEAF), identity_get_key_file (IDENTITY_LEAF),
                                       &error);
  g_assert_no_error (error);
  g_assert_true (identity_is (IDENTITY_LEAF, two_files));
  g_assert_true (identity_is (IDENTITY_INTERMEDIATE, g_tls_certificate_get_issuer (two_files)));
  one_file = engine_tls_credentials_load (both, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_tls_certificate_is_same (one_file, two_files));
  g_assert_true (identity_is (IDENTITY_INTERMEDIATE, g_tls_certificate_get_issuer (one_file)));
  twice = engine_tls_credentials_load (both, both, &error);
  g_assert_no_error (error);
  g_assert_true (engine_tls_credentials_add (credentials, two_files, NULL));
  g_assert_true (engine_tls_credentials_add (credentials, one_file, NULL));
  g_assert_true (engine_tls_credentials_add (credentials, twice, NULL));
}

static void
test_load_missing (void)
{
  const char *certificate = identity_get_pem_file (IDENTITY_SERVER);

  expect_no_load ("/nonexistent/c.pem", identity_get_key_file (IDENTITY_SERVER), "The certificate can't be read: ");
  expect_no_load (certificate, "/nonexistent/k.pem", "The private key can't be read: ");
  expect_no_load ("/", NULL, "The certificate can't be read: ");
}

static void
test_load_unreadable (void)
{
  g_autofree char *path = identity_write_file ("closed.pem", identity_get_pem (IDENTITY_SERVER));

  if (geteuid () == 0)
    {
      g_test_skip ("Everything can be read by root");
      return;
    }
  g_assert_cmpint (chmod (path, 0), ==, 0);
  expect_no_load (path, identity_get_key_file (IDENTITY_SERVER), "The certificate can't be read: ");
  expect_no_load (identity_get_pem_file (IDENTITY_SERVER), path, "The private key can't be read: ");
}

static void
test_load_no_pem (void)
{
  g_autofree char *text = identity_write_file ("text.pem", "This is no certificate.\n");
  g_autofree char *empty = identity_write_file ("empty.pem", "");
  const char *certificate = identity_get_pem_file (IDENTITY_SERVER);
  const char *key = identity_get_key_file (IDENTITY_SERVER);

  expect_no_load (text, key, "The certificate is not PEM: \"%s\" has no line with \"-----BEGIN CERTIFICATE-----\"",
                  text);
  expect_no_load (empty, key, "The certificate is not PEM: \"%s\"", empty);
  expect_no_load (certificate, text, "The private key is not PEM: \"%s\" has no line with \"PRIVATE KEY-----\"", text);
  /* The two are swapped, or the key is missing from the one file. */
  expect_no_load (key, certificate, "The certificate is not PEM: \"%s\"", key);
  expect_no_load (certificate, NULL, "The private key is not PEM: \"%s\"", certificate);
}

/* The lines of PEM are there, and nothing good between them. */
static void
test_load_damaged (void)
{
  g_autofree char *certificate = identity_write_file ("damaged.pem",
                                                      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  g_autofree char *key = identity_write_file ("damaged.key",
                                              "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  const char *good = identity_get_pem_file (IDENTITY_SERVER);

  expect_no_load (certificate, identity_get_key_file (IDENTITY_SERVER),
                  "No certificate can be made of \"%s\" with the key in \"%s\": ", certificate,
                  identity_get_key_file (IDENTITY_SERVER));
  expect_no_load (good, key, "No certificate can be made of \"%s\" with the key in \"%s\": ", good, key);
}

static char *
encrypt_key (IdentityKind kind)
{
  const char *pem = identity_get_key (kind);
  const gnutls_datum_t datum = { .data = (guchar *) pem, .size = (guint) strlen (pem) };
  gnutls_datum_t encrypted;
  gnutls_x509_privkey_t key;
  char *text;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_import (key, &datum, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, "secret", GNUTLS_PKCS_PBES2_AES_128,
                                                      &encrypted),
                   ==, 0);
  gnutls_x509_privkey_deinit (key);
  text = g_strndup ((const char *) encrypted.data, encrypted.size);
  gnutls_free (encrypted.data);

  return text;
}

static void
test_load_encrypted_key (void)
{
  g_autofree char *text = encrypt_key (IDENTITY_SERVER);
  g_autofree char *key = identity_write_file ("encrypted.key", text);
  const char *good = identity_get_pem_file (IDENTITY_SERVER);

  g_assert_nonnull (strstr (text, "BEGIN ENCRYPTED PRIVATE KEY"));
  expect_no_load (good, key, "No certificate can be made of \"%s\" with the key in \"%s\": ", good, key);
}

/* Reading is one thing, being of use to a server another. */
static void
test_load_other_key (void)
{
  g_autoptr (EngineTlsCredentials) credentials = engine_tls_credentials_new ();
  g_autoptr (GTlsCertificate) certificate = engine_tls_credentials_load (identity_get_pem_file (IDENTITY_SERVER),
                                                                     identity_get_key_file (IDENTITY_CLIENT), NULL);

  g_assert_nonnull (certificate);
  expect_no_add (credentials, certificate, G_TLS_ERROR_BAD_CERTIFICATE,
                 "The private key does not belong to the certificate");
}

/* --- what peers send */

static gnutls_datum_t
der_of (IdentityKind kind, GByteArray **owner)
{
  g_object_get (identity_get_certificate (kind), "certificate", owner, NULL);

  return (gnutls_datum_t){ .data = (*owner)->data, .size = (*owner)->len };
}

static void
test_peer_chain (void)
{
  g_autoptr (GByteArray) leaf = NULL;
  g_autoptr (GByteArray) intermediate = NULL;
  gnutls_datum_t chain[17];
  const gnutls_datum_t broken = { .data = (guchar *) "\x30\x03no", .size = 4 };
  g_autoptr (GTlsCertificate) one = NULL;
  g_autoptr (GTlsCertificate) two = NULL;
  g_autoptr (GTlsCertificate) many = NULL;
  guint length = 0;

  chain[0] = der_of (IDENTITY_LEAF, &leaf);
  chain[1] = der_of (IDENTITY_INTERMEDIATE, &intermediate);
  one = engine_tls_credentials_peer_chain (chain, 1);
  g_assert_true (identity_is (IDENTITY_LEAF, one));
  g_assert_null (g_tls_certificate_get_issuer (one));
  two = engine_tls_credentials_peer_chain (chain, 2);
  g_assert_true (identity_is (IDENTITY_LEAF, two));
  g_assert_true (identity_is (IDENTITY_INTERMEDIATE, g_tls_certificate_get_issuer (two)));

  g_assert_null (engine_tls_credentials_peer_chain (chain, 0));
  g_assert_null (engine_tls_credentials_peer_chain (&broken, 1));

  /* What is longer than any chain is none. */
  for (guint i = 2; i < G_N_ELEMENTS (chain); i++)
    chain[i] = chain[1];
  g_assert_null (engine_tls_credentials_peer_chain (chain, 17));
  many = engine_tls_credentials_peer_chain (chain, 16);
  for (GTlsCertificate *link = many; link != NULL; link = g_tls_certificate_get_issuer (link))
    length++;
  g_assert_cmpuint (length, ==, 16);
}

static void
test_own_issuer (void)
{
  g_assert_true (engine_tls_credentials_is_own_issuer (identity_get_certificate (IDENTITY_SELF_SIGNED)));
  g_assert_true (engine_tls_credentials_is_own_issuer (identity_get_certificate (IDENTITY_ROOT)));
  g_assert_false (engine_tls_credentials_is_own_issuer (identity_get_certificate (IDENTITY_SERVER)));
  g_assert_false (engine_tls_credentials_is_own_issuer (identity_get_certificate (IDENTITY_STRANGER)));
  g_assert_false (engine_tls_credentials_is_own_issuer (identity_get_certificate (IDENTITY_LEAF)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/credentials/add", test_add);
  g_test_add_func ("/engine/credentials/add-without-key", test_add_without_key);
  g_test_add_func ("/engine/credentials/add-other-key", test_add_other_key);
  g_test_add_func ("/engine/credentials/add-too-many", test_add_too_many);
  g_test_add_func ("/engine/credentials/choose-by-name", test_choose_by_name);
  g_test_add_func ("/engine/credentials/choose-by-address", test_choose_by_address);
  g_test_add_func ("/engine/credentials/choose-by-long-name", test_choose_by_long_name);
  g_test_add_func ("/engine/credentials/choose-by-key", test_choose_by_key);
  g_test_add_func ("/engine/credentials/choose-among-many", test_choose_among_many);
  g_test_add_func ("/engine/credentials/choose-none", test_choose_none);
  g_test_add_func ("/engine/credentials/load", test_load);
  g_test_add_func ("/engine/credentials/load-missing", test_load_missing);
  g_test_add_func ("/engine/credentials/load-unreadable", test_load_unreadable);
  g_test_add_func ("/engine/credentials/load-no-pem", test_load_no_pem);
  g_test_add_func ("/engine/credentials/load-damaged", test_load_damaged);
  g_test_add_func ("/engine/credentials/load-encrypted-key", test_load_encrypted_key);
  g_test_add_func ("/engine/credentials/load-other-key", test_load_other_key);
  g_test_add_func ("/engine/credentials/peer-chain", test_peer_chain);
  g_test_add_func ("/engine/credentials/own-issuer", test_own_issuer);

  return g_test_run ();
}
