/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "identity.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)

/* The kind that an identity is issued by, for those that issue themselves. */
#define ITSELF IDENTITY_N_KINDS

typedef enum {
  IS_AUTHORITY = 1 << 0,
  IS_RSA = 1 << 1,
  IS_EXPIRED = 1 << 2,
  IS_NOT_YET = 1 << 3,
  IS_CLIENT = 1 << 4,
  HAS_LARGE_EXPONENT = 1 << 5,
} IdentityFlags;

typedef struct {
  const char *name;
  IdentityKind issuer;
  guint flags;
  const char *host; /* NULL: this machine */
} IdentityRecipe;

typedef struct {
  gnutls_x509_crt_t certificate;
  gnutls_x509_privkey_t key;
  char *own_pem;
  char *pem;
  char *key_pem;
  char *pem_file;
  char *key_file;
  GTlsCertificate *object;
} Identity;

static const IdentityRecipe recipes[IDENTITY_N_KINDS] = {
  [IDENTITY_ROOT] = { "root", ITSELF, IS_AUTHORITY, NULL },
  [IDENTITY_SERVER] = { "server", IDENTITY_ROOT, 0, NULL },
  [IDENTITY_SERVER_RSA] = { "server-rsa", IDENTITY_ROOT, IS_RSA, NULL },
  [IDENTITY_EXPIRED] = { "expired", IDENTITY_ROOT, IS_EXPIRED, NULL },
  [IDENTITY_NOT_YET] = { "not-yet", IDENTITY_ROOT, IS_NOT_YET, NULL },
  [IDENTITY_OTHER_HOST] = { "other-host", IDENTITY_ROOT, 0, "other.example" },
  [IDENTITY_WILDCARD] = { "wildcard", IDENTITY_ROOT, 0, "*.wild.example" },
  [IDENTITY_WILDCARD_RSA] = { "wildcard-rsa", IDENTITY_ROOT, IS_RSA, "*.wild.example" },
  [IDENTITY_INTERMEDIATE] = { "intermediate", IDENTITY_ROOT, IS_AUTHORITY, NULL },
  [IDENTITY_LEAF] = { "leaf", IDENTITY_INTERMEDIATE, 0, NULL },
  [IDENTITY_CLIENT] = { "client", IDENTITY_ROOT, IS_CLIENT, NULL },
  [IDENTITY_CLIENT_EXPIRED] = { "client-expired", IDENTITY_ROOT, IS_CLIENT | IS_EXPIRED, NULL },
  [IDENTITY_STRANGE_ROOT] = { "strange-root", ITSELF, IS_AUTHORITY, NULL },
  [IDENTITY_STRANGER] = { "stranger", IDENTITY_STRANGE_ROOT, 0, NULL },
  [IDENTITY_STRANGE_CLIENT] = { "strange-client", IDENTITY_STRANGE_ROOT, IS_CLIENT, NULL },
  [IDENTITY_SELF_SIGNED] = { "self-signed", ITSELF, 0, NULL },
  [IDENTITY_SELF_SIGNED_EXPIRED] = { "self-signed-expired", ITSELF, IS_EXPIRED, NULL },
  [IDENTITY_SELF_SIGNED_OTHER_HOST] = { "self-signed-other-host", ITSELF, 0, "other.example" },
  [IDENTITY_LARGE_EXPONENT] = { "large-exponent", IDENTITY_ROOT, HAS_LARGE_EXPONENT, NULL },
  [IDENTITY_CLIENT_LARGE_EXPONENT] = { "client-large-exponent", IDENTITY_ROOT, IS_CLIENT | HAS_LARGE_EXPONENT, NULL },
};

static Identity identities[IDENTITY_N_KINDS];
static char *directory;
static pid_t directory_owner;
static gboolean registered;

static void
check (int code)
{
  if (code < 0)
    g_error ("A certificate for a test could not be made: %s", gnutls_strerror (code));
}

/* --- files */

static void
remove_directory (void)
{
  GDir *dir = getpid () == directory_owner ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
  if (dir != NULL)
    {
      g_dir_close (dir);
      g_rmdir (directory);
    }
}

static void
forget_all (void)
{
  for (guint i = 0; i < IDENTITY_N_KINDS; i++)
    {
      Identity *self = &identities[i];

      if (self->certificate == NULL)
        continue;
      gnutls_x509_crt_deinit (self->certificate);
      gnutls_x509_privkey_deinit (self->key);
      g_free (self->own_pem);
      g_free (self->pem);
      g_free (self->key_pem);
      g_free (self->pem_file);
      g_free (self->key_file);
      g_clear_object (&self->object);
    }
  if (directory != NULL)
    remove_directory ();
  g_clear_pointer (&directory, g_free);
}

char *
identity_write_file (const char *name, const char *content)
{
  g_autoptr (GError) error = NULL;
  char *path;

  if (directory == NULL)
    {
      directory = g_dir_make_tmp ("lws-glib-XXXXXX", &error);
      g_assert_no_error (error);
      directory_owner = getpid ();
    }
  path = g_build_filename (directory, name, NULL);
  g_file_set_contents_full (path, content, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);

  return path;
}

/* --- making */

static void
identity_set_names (gnutls_x509_crt_t certificate, const IdentityRecipe *recipe)
{
  static const guint8 loopback[16] = { 127, 0, 0, 1 };
  static const guint8 loopback6[16] = { [15] = 1 };

  check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, recipe->name,
                                        (guint) strlen (recipe->name)));
  if (recipe->flags & (IS_AUTHORITY | IS_CLIENT))
    return;
  if (recipe->host != NULL)
    {
      check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, recipe->host,
                                                   (guint) strlen (recipe->host), GNUTLS_FSAN_SET));
      return;
    }

  check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET));
  check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, loopback, 4, GNUTLS_FSAN_APPEND));
  check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, loopback6, 16, GNUTLS_FSAN_APPEND));
}

static void
identity_set_dates (gnutls_x509_crt_t certificate, guint flags)
{
  time_t now = time (NULL);

  /* An authority lives longer than what it issued. */
  check (gnutls_x509_crt_set_activation_time (certificate, flags & IS_NOT_YET ? now + DAY : now - 10 * DAY));
  check (gnutls_x509_crt_set_expiration_time (certificate, flags & IS_EXPIRED ? now - DAY : now + 10 * DAY));
}

static void
identity_set_purpose (gnutls_x509_crt_t certificate, guint flags)
{
  gboolean authority = (flags & IS_AUTHORITY) != 0;

  check (gnutls_x509_crt_set_basic_constraints (certificate, authority, -1));
  check (gnutls_x509_crt_set_key_usage (certificate, authority ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                                                               : GNUTLS_KEY_DIGITAL_SIGNATURE));
  if (!authority)
    check (gnutls_x509_crt_set_key_purpose_oid (certificate,
                                                flags & IS_CLIENT ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER,
                                                0));
}

/* GnuTLS makes none such, but uses it. */
static void
identity_load_key (gnutls_x509_privkey_t key)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "tls", "large-exponent.key", NULL);
  gnutls_datum_t pem;

  check (gnutls_load_file (path, &pem));
  check (gnutls_x509_privkey_import (key, &pem, GNUTLS_X509_FMT_PEM));
  gnutls_free (pem.data);
}

static void
identity_make_key (gnutls_x509_privkey_t *key, guint flags)
{
  check (gnutls_x509_privkey_init (key));
  if (flags & HAS_LARGE_EXPONENT)
    identity_load_key (*key);
  else if (flags & IS_RSA)
    check (gnutls_x509_privkey_generate (*key, GNUTLS_PK_RSA, 2048, 0));
  else
    check (gnutls_x509_privkey_generate (*key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
}

static char *
text_of (gnutls_datum_t *datum)
{
  char *text = g_strndup ((const char *) datum->data, datum->size);

  gnutls_free (datum->data);

  return text;
}

static const Identity *
identity_get (IdentityKind kind)
{
  const IdentityRecipe *recipe = &recipes[kind];
  Identity *self = &identities[kind];
  const Identity *issuer = recipe->issuer == ITSELF ? self : identity_get (recipe->issuer);
  const guint8 serial[] = { 1, (guint8) kind };
  gnutls_datum_t pem;

  if (self->certificate != NULL)
    return self;

  if (!registered)
    atexit (forget_all);
  registered = TRUE;
  identity_make_key (&self->key, recipe->flags);
  check (gnutls_x509_crt_init (&self->certificate));
  check (gnutls_x509_crt_set_version (self->certificate, 3));
  check (gnutls_x509_crt_set_serial (self->certificate, serial, sizeof serial));
  check (gnutls_x509_crt_set_key (self->certificate, self->key));
  identity_set_names (self->certificate, recipe);
  identity_set_dates (self->certificate, recipe->flags);
  identity_set_purpose (self->certificate, recipe->flags);
  check (gnutls_x509_crt_sign2 (self->certificate, issuer->certificate, issuer->key, GNUTLS_DIG_SHA256, 0));

  check (gnutls_x509_crt_export2 (self->certificate, GNUTLS_X509_FMT_PEM, &pem));
  self->own_pem = text_of (&pem);
  check (gnutls_x509_privkey_export2_pkcs8 (self->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem));
  self->key_pem = text_of (&pem);
  /* The chain of three has one link between; no other is longer. */
  self->pem = recipe->issuer != ITSELF && recipes[recipe->issuer].issuer != ITSELF
                  ? g_strconcat (self->own_pem, issuer->own_pem, NULL)
                  : g_strdup (self->own_pem);

  return self;
}

/* --- what tests ask for */

const char *
identity_get_pem (IdentityKind kind)
{
  return identity_get (kind)->pem;
}

const char *
identity_get_key (IdentityKind kind)
{
  return identity_get (kind)->key_pem;
}

static char *
identity_write (IdentityKind kind, const char *ending, const char *content)
{
  g_autofree char *name = g_strconcat (recipes[kind].name, ending, NULL);

  return identity_write_file (name, content);
}

const char *
identity_get_pem_file (IdentityKind kind)
{
  const Identity *self = identity_get (kind);

  if (self->pem_file == NULL)
    identities[kind].pem_file = identity_write (kind, ".pem", self->pem);

  return self->pem_file;
}

const char *
identity_get_key_file (IdentityKind kind)
{
  const Identity *self = identity_get (kind);

  if (self->key_file == NULL)
    identities[kind].key_file = identity_write (kind, ".key", self->key_pem);

  return self->key_file;
}

GTlsCertificate *
identity_get_certificate (IdentityKind kind)
{
  const Identity *self = identity_get (kind);
  g_autofree char *both = g_strconcat (self->key_pem, self->pem, NULL);
  g_autoptr (GError) error = NULL;

  if (self->object == NULL)
    identities[kind].object = g_tls_certificate_new_from_pem (both, -1, &error);
  g_assert_no_error (error);

  return self->object;
}

GTlsCertificate *
identity_without_key (IdentityKind kind)
{
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_pem (identity_get_pem (kind), -1, &error);

  g_assert_no_error (error);

  return certificate;
}

gboolean
identity_is (IdentityKind kind, GTlsCertificate *certificate)
{
  g_autofree char *pem = NULL;

  if (certificate == NULL)
    return FALSE;
  g_object_get (certificate, "certificate-pem", &pem, NULL);

  return strcmp (pem, identity_get (kind)->own_pem) == 0;
}

GTlsDatabase *
identity_trusting (IdentityKind authority)
{
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database = g_tls_file_database_new (identity_get_pem_file (authority), &error);

  g_assert_no_error (error);

  return database;
}

gnutls_certificate_credentials_t
identity_credentials (IdentityKind kind)
{
  gnutls_certificate_credentials_t credentials;
  const Identity *self = identity_get (kind);
  const gnutls_datum_t pem = { .data = (guchar *) self->pem, .size = (guint) strlen (self->pem) };
  const gnutls_datum_t key = { .data = (guchar *) self->key_pem, .size = (guint) strlen (self->key_pem) };

  check (gnutls_certificate_allocate_credentials (&credentials));
  check (gnutls_certificate_set_x509_key_mem2 (credentials, &pem, &key, GNUTLS_X509_FMT_PEM, NULL, 0));

  return credentials;
}
