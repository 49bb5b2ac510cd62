/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-credentials-private.h"

#include "engine/base/error-private.h"
#include "engine/tls/tls-chain-private.h"

#include <glib/gi18n-lib.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

/* A chain that is longer is a mistake. */
#define CREDENTIALS_CHAIN_MAX ENGINE_TLS_CHAIN_MAX

/* DNS names have at most 253 characters. */
#define CREDENTIALS_NAME_MAX 256

typedef struct {
  GTlsCertificate *certificate;
  gnutls_x509_crt_t leaf;
} Entry;

struct _EngineTlsCredentials {
  gint references;
  GPtrArray *entries;           /* Entry */
  GHashTable *sets;             /* bits of entries -> gnutls_certificate_credentials_t, made when first needed */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_object_unref (entry->certificate);
  gnutls_x509_crt_deinit (entry->leaf);
  g_free (entry);
}

EngineTlsCredentials *
engine_tls_credentials_new (void)
{
  EngineTlsCredentials *credentials = g_new0 (EngineTlsCredentials, 1);

  credentials->references = 1;
  credentials->entries = g_ptr_array_new_with_free_func (entry_free);
  credentials->sets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                             (GDestroyNotify) gnutls_certificate_free_credentials);

  return credentials;
}

EngineTlsCredentials *
engine_tls_credentials_ref (EngineTlsCredentials *credentials)
{
  g_atomic_int_inc (&credentials->references);

  return credentials;
}

void
engine_tls_credentials_unref (EngineTlsCredentials *credentials)
{
  if (!g_atomic_int_dec_and_test (&credentials->references))
    return;

  g_hash_table_unref (credentials->sets);
  g_ptr_array_unref (credentials->entries);
  g_free (credentials);
}

guint
engine_tls_credentials_count (const EngineTlsCredentials *credentials)
{
  return credentials->entries->len;
}

GTlsCertificate *
engine_tls_credentials_first (const EngineTlsCredentials *credentials)
{
  const Entry *entry = credentials->entries->len > 0 ? credentials->entries->pdata[0] : NULL;

  return entry != NULL ? entry->certificate : NULL;
}

/* --- from GIO's types to those of GnuTLS */

static gboolean
credentials_fail (GError **error, const char *what, int code)
{
  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "%s: %s", what, gnutls_strerror (code));
  return FALSE;
}

static gnutls_datum_t
datum_of_array (const GByteArray *array)
{
  return (gnutls_datum_t){ .data = array->data, .size = array->len };
}

/* The key of a certificate, in memory or in a token. */
static int
credentials_import_key (GTlsCertificate *certificate, gnutls_privkey_t key)
{
  g_autoptr (GByteArray) der = NULL;
  g_autofree char *uri = NULL;
  gnutls_datum_t datum;

  g_object_get (certificate, "private-key", &der, NULL);
  if (der != NULL)
    {
      datum = datum_of_array (der);
      return gnutls_privkey_import_x509_raw (key, &datum, GNUTLS_X509_FMT_DER, NULL, 0);
    }

  g_object_get (certificate, "private-key-pkcs11-uri", &uri, NULL);
  if (uri != NULL)
    return gnutls_privkey_import_url (key, uri, 0);

  return GNUTLS_E_NO_CERTIFICATE_FOUND;
}

static int
credentials_import_chain (GTlsCertificate *certificate, gnutls_pcert_st *chain, guint *length)
{
  int code = 0;

  *length = 0;
  for (GTlsCertificate *link = certificate; link != NULL && code == 0; link = g_tls_certificate_get_issuer (link))
    {
      g_autoptr (GByteArray) der = NULL;
      gnutls_datum_t datum;

      if (*length == CREDENTIALS_CHAIN_MAX)
        return GNUTLS_E_CONSTRAINT_ERROR;
      g_object_get (link, "certificate", &der, NULL);
      if (der == NULL)
        return GNUTLS_E_NO_CERTIFICATE_FOUND;
      datum = datum_of_array (der);
      code = gnutls_pcert_import_x509_raw (&chain[*length], &datum, GNUTLS_X509_FMT_DER, 0);
      if (code == 0)
        ++*length;
    }

  return code;
}

/* Chain and key become @target's, on success. */
static int
credentials_set_key (gnutls_certificate_credentials_t target, GTlsCertificate *certificate)
{
  gnutls_pcert_st chain[CREDENTIALS_CHAIN_MAX];
  gnutls_privkey_t key = NULL;
  guint length;
  int code = credentials_import_chain (certificate, chain, &length);

  if (code == 0)
    code = gnutls_privkey_init (&key);
  if (code == 0)
    code = credentials_import_key (certificate, key);
  if (code == 0)
    code = gnutls_certificate_set_key (target, NULL, 0, chain, (int) length, key);
  if (code >= 0)
    return 0;

  for (guint i = 0; i < length; i++)
    gnutls_pcert_deinit (&chain[i]);
  if (key != NULL)
    gnutls_privkey_deinit (key);

  return code;
}

static int
credentials_import_leaf (GTlsCertificate *certificate, gnutls_x509_crt_t *leaf)
{
  g_autoptr (GByteArray) der = NULL;
  gnutls_datum_t datum;
  int code;

  g_object_get (certificate, "certificate", &der, NULL);
  if (der == NULL)
    return GNUTLS_E_NO_CERTIFICATE_FOUND;
  code = gnutls_x509_crt_init (leaf);
  if (code != 0)
    return code;

  datum = datum_of_array (der);
  code = gnutls_x509_crt_import (*leaf, &datum, GNUTLS_X509_FMT_DER);
  if (code != 0)
    gnutls_x509_crt_deinit (*leaf);

  return code;
}

/* To let GIO verify it with itself as the authority would not do: of what is in a list of
 * the trusted nobody asks who issued it. */
gboolean
engine_tls_credentials_is_own_issuer (GTlsCertificate *certificate)
{
  gnutls_x509_crt_t leaf;
  gboolean own;

  if (credentials_import_leaf (certificate, &leaf) != 0)
    return FALSE;
  own = gnutls_x509_crt_check_issuer (leaf, leaf) != 0;
  gnutls_x509_crt_deinit (leaf);

  return own;
}

/* Could a session be begun with it? */
static gboolean
credentials_check (GTlsCertificate *certificate, GError **error)
{
  gnutls_certificate_credentials_t trial;
  int code = gnutls_certificate_allocate_credentials (&trial);

  if (code != 0)
    return credentials_fail (error, _("The certificate can't be used"), code);
  code = credentials_set_key (trial, certificate);
  gnutls_certificate_free_credentials (trial);

  if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    {
      g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                           _("The private key does not belong to the certificate"));
      return FALSE;
    }
  if (code == GNUTLS_E_NO_CERTIFICATE_FOUND)
    {
      g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                           _("A server's certificate needs its private key"));
      return FALSE;
    }

  return code == 0 || credentials_fail (error, _("The certificate can't be used"), code);
}

gboolean
engine_tls_credentials_add (EngineTlsCredentials *credentials, GTlsCertificate *certificate, GError **error)
{
  Entry *entry;
  gnutls_x509_crt_t leaf;
  int code;

  if (credentials->entries->len == ENGINE_TLS_CREDENTIALS_MAX)
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_MISC, _("No more than %d certificates can be served"),
                   ENGINE_TLS_CREDENTIALS_MAX);
      return FALSE;
    }
  if (!credentials_check (certificate, error))
    return FALSE;
  code = credentials_import_leaf (certificate, &leaf);
  if (code != 0)
    return credentials_fail (error, _("The certificate can't be used"), code);

  entry = g_new0 (Entry, 1);
  entry->certificate = g_object_ref (certificate);
  entry->leaf = leaf;
  g_ptr_array_add (credentials->entries, entry);

  return TRUE;
}

EngineTlsCredentials *
engine_tls_credentials_copy (EngineTlsCredentials *credentials)
{
  EngineTlsCredentials *copy = engine_tls_credentials_new ();

  for (guint i = 0; i < credentials->entries->len; i++)
    {
      const Entry *entry = credentials->entries->pdata[i];

      /* It was found to be good. */
      engine_tls_credentials_add (copy, entry->certificate, NULL);
    }

  return copy;
}

/* --- choosing */

static guint64
credentials_matching (EngineTlsCredentials *credentials, const char *name)
{
  guint64 bits = 0;

  for (guint i = 0; i < credentials->entries->len; i++)
    {
      const Entry *entry = credentials->entries->pdata[i];

      if (gnutls_x509_crt_check_hostname (entry->leaf, name))
        bits |= G_GUINT64_CONSTANT (1) << i;
    }

  return bits;
}

static gnutls_certificate_credentials_t
credentials_make_set (EngineTlsCredentials *credentials, guint64 bits, int *code)
{
  gnutls_certificate_credentials_t set;

  *code = gnutls_certificate_allocate_credentials (&set);
  if (*code != 0)
    return NULL;

  for (guint i = 0; i < credentials->entries->len && *code == 0; i++)
    {
      const Entry *entry = credentials->entries->pdata[i];

      if (bits & (G_GUINT64_CONSTANT (1) << i))
        *code = credentials_set_key (set, entry->certificate);
    }
  if (*code == 0)
    {
      g_hash_table_insert (credentials->sets, g_memdup2 (&bits, sizeof bits), set);
      return set;
    }

  gnutls_certificate_free_credentials (set);

  return NULL;
}

/* The name that the client asks for; empty if it does not. */
static void
credentials_read_name (gnutls_session_t session, char name[CREDENTIALS_NAME_MAX])
{
  gsize length = CREDENTIALS_NAME_MAX - 1;
  guint type;

  if (gnutls_server_name_get (session, name, &length, &type, 0) != 0 || type != GNUTLS_NAME_DNS)
    length = 0;
  name[length] = '\0';
}

int
engine_tls_credentials_choose (EngineTlsCredentials *credentials, gnutls_session_t session)
{
  gnutls_certificate_credentials_t set;
  char name[CREDENTIALS_NAME_MAX];
  guint64 bits = 0;
  int code = 0;

  if (credentials->entries->len > 1)
    {
      credentials_read_name (session, name);
      bits = name[0] != '\0' ? credentials_matching (credentials, name) : 0;
    }
  if (bits == 0)
    bits = ~G_GUINT64_CONSTANT (0);

  set = g_hash_table_lookup (credentials->sets, &bits);
  if (set == NULL)
    set = credentials_make_set (credentials, bits, &code);

  return set != NULL ? gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, set) : code;
}

/* --- files */

static char *
credentials_read_file (const char *path, const char *label, const char *what, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, &failure))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("%s can't be read: %s"), what, failure->message);
      return NULL;
    }
  if (strstr (text, label) == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("%s is not PEM: \"%s\" has no line with \"%s\""), what,
                   path, label);
      return NULL;
    }

  return g_steal_pointer (&text);
}

/* The bytes of a key don't stay in memory that was freed. */
static void
credentials_free_secret (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

GTlsCertificate *
engine_tls_credentials_load (const char *certificate_path, const char *key_path, GError **error)
{
  g_autofree char *chain = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) failure = NULL;
  char *key;
  char *both;

  chain = credentials_read_file (certificate_path, "-----BEGIN CERTIFICATE-----", _("The certificate"), error);
  if (chain == NULL)
    return NULL;
  key = credentials_read_file (key_path != NULL ? key_path : certificate_path, "PRIVATE KEY-----",
                               _("The private key"), error);
  if (key == NULL)
    return NULL;

  both = g_strconcat (key, "\n", key_path != NULL ? chain : NULL, NULL);
  credentials_free_secret (key);
  certificate = g_tls_certificate_new_from_pem (both, -1, &failure);
  credentials_free_secret (both);
  if (certificate == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("No certificate can be made of \"%s\" with the key in \"%s\": %s"), certificate_path,
                   key_path != NULL ? key_path : certificate_path, failure->message);
      return NULL;
    }

  return g_steal_pointer (&certificate);
}

GTlsCertificate *
engine_tls_credentials_peer_chain (const gnutls_datum_t *chain, guint length)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  GTlsBackend *backend = g_tls_backend_get_default ();

  if (length > CREDENTIALS_CHAIN_MAX)
    return NULL;
  for (guint i = length; i > 0; i--)
    {
      g_autoptr (GByteArray) der = g_byte_array_append (g_byte_array_new (), chain[i - 1].data, chain[i - 1].size);
      GTlsCertificate *link = g_initable_new (g_tls_backend_get_certificate_type (backend), NULL, NULL, "certificate",
                                              der, "issuer", certificate, NULL);

      if (link == NULL)
        return NULL;
      g_clear_object (&certificate);
      certificate = link;
    }

  return g_steal_pointer (&certificate);
}
