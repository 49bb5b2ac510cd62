/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"
#include "engine/tls/tls-database-private.h"
#include "engine/tls/tls-settings-private.h"

#include <string.h>

#define HALF_A_DAY (12 * 60 * 60)

static int
apply (EngineTlsSettings *settings, guint32 tick)
{
  gnutls_session_t session;
  int code = gnutls_init (&session, GNUTLS_SERVER);

  g_assert_cmpint (code, ==, 0);
  code = engine_tls_settings_apply (settings, session, tick);
  gnutls_deinit (session);

  return code;
}

static GBytes *
ticket_key (const EngineTlsSettings *settings)
{
  return g_bytes_new (settings->ticket_key.data, settings->ticket_key.size);
}

/* The clock may have any value, and run over. */
static void
test_ticket_keys (gconstpointer start)
{
  const guint32 tick = (guint32) GPOINTER_TO_UINT (start);
  EngineTlsSettings settings = { 0 };
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) same = NULL;
  g_autoptr (GBytes) second = NULL;

  g_assert_cmpint (apply (&settings, tick), ==, 0);
  first = ticket_key (&settings);
  g_assert_cmpuint (g_bytes_get_size (first), >, 0);
  g_assert_cmpint (apply (&settings, tick + HALF_A_DAY - 1), ==, 0);
  same = ticket_key (&settings);
  g_assert_true (g_bytes_equal (first, same));
  g_assert_cmpint (apply (&settings, tick + HALF_A_DAY), ==, 0);
  second = ticket_key (&settings);
  g_assert_false (g_bytes_equal (first, second));
  engine_tls_settings_clear (&settings);
  g_assert_null (settings.ticket_key.data);
}

/* Who must show a certificate does so each time. */
static void
test_no_ticket_keys (void)
{
  EngineTlsSettings settings = { .authentication_mode = G_TLS_AUTHENTICATION_REQUESTED };

  g_assert_cmpint (apply (&settings, 0), ==, 0);
  g_assert_null (settings.ticket_key.data);
  settings.authentication_mode = G_TLS_AUTHENTICATION_REQUIRED;
  g_assert_cmpint (apply (&settings, 0), ==, 0);
  g_assert_null (settings.ticket_key.data);
  engine_tls_settings_clear (&settings);
}

static void
test_describe_errors (void)
{
  static const struct {
    GTlsCertificateFlags flags;
    const char *text;
  } cases[] = {
    { G_TLS_CERTIFICATE_NO_FLAGS, "" },
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "its authority is not trusted" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "it is for another name" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet" },
    { G_TLS_CERTIFICATE_EXPIRED, "it has expired" },
    { G_TLS_CERTIFICATE_REVOKED, "it was revoked" },
    { G_TLS_CERTIFICATE_INSECURE, "its algorithm is not secure" },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, "it could not be verified" },
    { G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_EXPIRED, "its authority is not trusted, it has expired" },
    { G_TLS_CERTIFICATE_VALIDATE_ALL,
      "its authority is not trusted, it is for another name, it is not valid yet, it has expired, it was revoked, "
      "its algorithm is not secure, it could not be verified" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = engine_tls_describe_errors (cases[i].flags);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

/* --- whom to trust */

static void
test_database (void)
{
  EngineTlsSettings settings = { 0 };
  g_autoptr (GTlsDatabase) root = identity_trusting (IDENTITY_ROOT);
  g_autoptr (GTlsDatabase) strange = identity_trusting (IDENTITY_STRANGE_ROOT);
  g_autoptr (GTlsDatabase) given = NULL;
  g_autoptr (GTlsDatabase) theirs = NULL;
  g_autoptr (GTlsDatabase) system = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  GTlsDatabase *shared;

  engine_tls_settings_set_database (&settings, root);
  given = engine_tls_settings_get_database (&settings, NULL);
  g_assert_true (given == root);
  shared = g_object_ref (engine_tls_settings_get_client_database (&settings, NULL));
  g_assert_true (engine_tls_settings_get_client_database (&settings, NULL) == shared);

  /* The same one again changes nothing; another one takes its place for clients, too. */
  engine_tls_settings_set_database (&settings, root);
  g_assert_true (engine_tls_settings_get_client_database (&settings, NULL) == shared);
  engine_tls_settings_set_database (&settings, strange);
  g_assert_true (engine_tls_settings_get_client_database (&settings, NULL) != shared);
  g_object_unref (shared);

  engine_tls_settings_set_database (&settings, NULL);
  g_assert_null (settings.client_database);
  theirs = engine_tls_settings_get_database (&settings, NULL);
  g_assert_true (theirs == system);
  engine_tls_settings_clear (&settings);
  g_assert_null (settings.database);
  g_assert_null (settings.client_database);
}

static GTlsCertificateFlags
verify (GTlsDatabase *database, IdentityKind kind, const char *host)
{
  g_autoptr (GSocketConnectable) identity = g_network_address_new (host, 443);
  g_autoptr (GError) error = NULL;
  GTlsCertificateFlags errors = g_tls_database_verify_chain (database, identity_get_certificate (kind),
                                                             G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, identity, NULL,
                                                             G_TLS_DATABASE_VERIFY_NONE, NULL, &error);

  g_assert_no_error (error);

  return errors;
}

/* The one that stands for another says what that one would. */
static void
test_shared_database (void)
{
  g_autoptr (GTlsDatabase) root = identity_trusting (IDENTITY_ROOT);
  g_autoptr (GTlsDatabase) shared = engine_tls_database_new (root);

  g_assert_cmpuint (verify (shared, IDENTITY_SERVER, "localhost"), ==, 0);
  g_assert_cmpuint (verify (shared, IDENTITY_SERVER, "127.0.0.1"), ==, 0);
  g_assert_cmpuint (verify (shared, IDENTITY_LEAF, "localhost"), ==, 0);
  g_assert_cmpuint (verify (shared, IDENTITY_SERVER, "example.org"), ==, G_TLS_CERTIFICATE_BAD_IDENTITY);
  g_assert_cmpuint (verify (shared, IDENTITY_STRANGER, "localhost"), ==, G_TLS_CERTIFICATE_UNKNOWN_CA);
  g_assert_cmpuint (verify (shared, IDENTITY_EXPIRED, "localhost"), ==, G_TLS_CERTIFICATE_EXPIRED);
  g_assert_cmpuint (verify (shared, IDENTITY_NOT_YET, "localhost"), ==, G_TLS_CERTIFICATE_NOT_ACTIVATED);
}

static void
test_shared_lookups (void)
{
  g_autoptr (GTlsDatabase) root = identity_trusting (IDENTITY_ROOT);
  g_autoptr (GTlsDatabase) shared = engine_tls_database_new (root);
  g_autoptr (GTlsCertificate) authority = identity_without_key (IDENTITY_ROOT);
  g_autofree char *handle = g_tls_database_create_certificate_handle (shared, authority);
  g_autofree char *same = g_tls_database_create_certificate_handle (root, authority);
  g_autoptr (GTlsCertificate) found = NULL;
  g_autoptr (GTlsCertificate) issuer = NULL;
  g_autoptr (GByteArray) name = g_byte_array_new ();
  GList *issued;

  g_assert_nonnull (handle);
  g_assert_cmpstr (handle, ==, same);
  found = g_tls_database_lookup_certificate_for_handle (shared, handle, NULL, G_TLS_DATABASE_LOOKUP_NONE, NULL, NULL);
  g_assert_true (identity_is (IDENTITY_ROOT, found));
  issuer = g_tls_database_lookup_certificate_issuer (shared, identity_get_certificate (IDENTITY_SERVER), NULL,
                                                     G_TLS_DATABASE_LOOKUP_NONE, NULL, NULL);
  g_assert_true (identity_is (IDENTITY_ROOT, issuer));
  issued = g_tls_database_lookup_certificates_issued_by (shared, name, NULL, G_TLS_DATABASE_LOOKUP_NONE, NULL, NULL);
  g_assert_null (issued);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/engine/tls-settings/ticket-keys/at-start", GUINT_TO_POINTER (0), test_ticket_keys);
  g_test_add_data_func ("/engine/tls-settings/ticket-keys/later", GUINT_TO_POINTER (1000000), test_ticket_keys);
  g_test_add_data_func ("/engine/tls-settings/ticket-keys/overrun", GUINT_TO_POINTER (G_MAXUINT32 - 100),
                        test_ticket_keys);
  g_test_add_func ("/engine/tls-settings/no-ticket-keys", test_no_ticket_keys);
  g_test_add_func ("/engine/tls-settings/describe-errors", test_describe_errors);
  g_test_add_func ("/engine/tls-settings/database", test_database);
  g_test_add_func ("/engine/tls-settings/shared-database", test_shared_database);
  g_test_add_func ("/engine/tls-settings/shared-lookups", test_shared_lookups);

  return g_test_run ();
}
