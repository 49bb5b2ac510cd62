/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"

#include "engine/tls/tls-chain-private.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

/* Certificates with keys of any size, that nobody need have the private part of. */

static void
check (int code)
{
  if (code < 0)
    g_error ("A certificate for a test could not be made: %s", gnutls_strerror (code));
}

static gnutls_datum_t
datum_of (const char *pem)
{
  return (gnutls_datum_t){ .data = (guchar *) pem, .size = (guint) strlen (pem) };
}

static GByteArray *
certificate_of (gnutls_pubkey_t key)
{
  static const guint8 serial[] = { 7 };
  const gnutls_datum_t root_pem = datum_of (identity_get_pem (IDENTITY_ROOT));
  const gnutls_datum_t key_pem = datum_of (identity_get_key (IDENTITY_ROOT));
  g_autoptr (GByteArray) der = g_byte_array_new ();
  gnutls_x509_crt_t certificate;
  gnutls_x509_crt_t root;
  gnutls_x509_privkey_t root_key;
  gnutls_datum_t datum;

  check (gnutls_x509_privkey_init (&root_key));
  check (gnutls_x509_privkey_import2 (root_key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0));
  check (gnutls_x509_crt_init (&root));
  check (gnutls_x509_crt_import (root, &root_pem, GNUTLS_X509_FMT_PEM));
  check (gnutls_x509_crt_init (&certificate));
  check (gnutls_x509_crt_set_version (certificate, 3));
  check (gnutls_x509_crt_set_serial (certificate, serial, sizeof serial));
  check (gnutls_x509_crt_set_pubkey (certificate, key));
  check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, "large", 5));
  check (gnutls_x509_crt_set_activation_time (certificate, time (NULL) - 60));
  check (gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + 3600));
  check (gnutls_x509_crt_sign2 (certificate, root, root_key, GNUTLS_DIG_SHA256, 0));
  check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &datum));
  g_byte_array_append (der, datum.data, datum.size);
  gnutls_free (datum.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_crt_deinit (root);
  gnutls_x509_privkey_deinit (root_key);
  gnutls_pubkey_deinit (key);

  return g_steal_pointer (&der);
}

/* An odd number of exactly that many bits, behind a zero as DER has it. */
static gnutls_datum_t
number (guint bits)
{
  const guint size = (bits + 7) / 8;
  guint8 *data = g_malloc0 (size + 1);

  memset (data + 2, 0xa5, size - 1);
  data[1] = (guint8) (1 << ((bits - 1) % 8));
  data[size] |= 1;

  return (gnutls_datum_t){ .data = data, .size = size + 1 };
}

static GByteArray *
rsa_certificate (guint modulus_bits, guint exponent_bits)
{
  gnutls_datum_t modulus = number (modulus_bits);
  gnutls_datum_t exponent = number (exponent_bits);
  gnutls_pubkey_t key;

  check (gnutls_pubkey_init (&key));
  check (gnutls_pubkey_import_rsa_raw (key, &modulus, &exponent));
  g_free (modulus.data);
  g_free (exponent.data);

  return certificate_of (key);
}

static GByteArray *
dsa_certificate (guint prime_bits, guint order_bits)
{
  gnutls_datum_t prime = number (prime_bits);
  gnutls_datum_t order = number (order_bits);
  gnutls_datum_t value = number (prime_bits - 1);
  gnutls_pubkey_t key;

  check (gnutls_pubkey_init (&key));
  check (gnutls_pubkey_import_dsa_raw (key, &prime, &order, &value, &value));
  g_free (prime.data);
  g_free (order.data);
  g_free (value.data);

  return certificate_of (key);
}

/* --- messages */

static void
append_length (GByteArray *to, guint width, gsize length)
{
  for (guint i = width; i > 0; i--)
    g_byte_array_append (to, (const guint8[]){ (guint8) (length >> (8 * (i - 1))) }, 1);
}

/* The last certificate of a chain, behind others that are small. */
static GByteArray *
message_with (const GByteArray *der, guint others, gboolean tls_1_3)
{
  g_autoptr (GByteArray) small = rsa_certificate (2048, 17);
  g_autoptr (GByteArray) list = g_byte_array_new ();
  GByteArray *message = g_byte_array_new ();

  for (guint i = 0; i <= others; i++)
    {
      const GByteArray *next = i < others ? small : der;

      append_length (list, 3, next->len);
      g_byte_array_append (list, next->data, next->len);
      if (tls_1_3)
        append_length (list, 2, 0);
    }
  if (tls_1_3)
    append_length (message, 1, 0);
  append_length (message, 3, list->len);
  g_byte_array_append (message, list->data, list->len);

  return message;
}

static gboolean
check_message (const GByteArray *der, guint others, gboolean tls_1_3, GError **error)
{
  g_autoptr (GByteArray) message = message_with (der, others, tls_1_3);
  const gnutls_datum_t datum = { .data = message->data, .size = message->len };

  return engine_tls_chain_check_message (&datum, tls_1_3, error);
}

static GTlsCertificate *
object_of (GByteArray *der, GTlsCertificate *issuer)
{
  GType type = g_tls_backend_get_certificate_type (g_tls_backend_get_default ());
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate = g_initable_new (type, NULL, &error, "certificate", der, "issuer", issuer, NULL);

  g_assert_no_error (error);

  return certificate;
}

/* As the leaf and as an authority above it, as a message of both versions and as GIO has it. */
static void
expect (GByteArray *der, const char *text)
{
  g_autoptr (GByteArray) small = rsa_certificate (2048, 17);
  g_autoptr (GTlsCertificate) large = object_of (der, NULL);
  g_autoptr (GTlsCertificate) leaf = object_of (small, large);

  for (guint way = 0; way < 6; way++)
    {
      g_autoptr (GError) error = NULL;
      gboolean small_enough = way < 4 ? check_message (der, way / 2 * 3, way % 2, &error)
                                      : engine_tls_chain_check (way == 4 ? large : leaf, &error);

      g_assert_true (small_enough == (text == NULL));
      if (text == NULL)
        g_assert_no_error (error);
      else
        {
          g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
          g_assert_nonnull (strstr (error->message, text));
        }
    }
  g_byte_array_unref (der);
}

/* --- tests */

static void
test_rsa (void)
{
  expect (rsa_certificate (2048, 17), NULL);
  expect (rsa_certificate (8192, 64), NULL);
  expect (rsa_certificate (8193, 17), "a modulus of 8193 bits, no more than 8192 are taken");
  expect (rsa_certificate (16384, 17), "a modulus of 16384 bits");
  expect (rsa_certificate (2048, 65), "a public exponent of 65 bits, no more than 64 are taken");
  expect (rsa_certificate (16384, 16384), "a modulus of 16384 bits");
}

static void
test_dsa (void)
{
  expect (dsa_certificate (3072, 256), NULL);
  expect (dsa_certificate (8192, 512), NULL);
  expect (dsa_certificate (8200, 256), "a prime of 8200 bits");
  expect (dsa_certificate (3072, 3064), "a subprime of 3064 bits");
}

static void
test_curve (void)
{
  g_assert_true (engine_tls_chain_check (identity_get_certificate (IDENTITY_LEAF), NULL));
}

static void
test_count (void)
{
  g_autoptr (GByteArray) der = rsa_certificate (2048, 17);
  g_autoptr (GTlsCertificate) chain = NULL;

  for (guint tls_1_3 = 0; tls_1_3 < 2; tls_1_3++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (check_message (der, ENGINE_TLS_CHAIN_MAX - 1, tls_1_3, &error));
      g_assert_no_error (error);
      g_assert_false (check_message (der, ENGINE_TLS_CHAIN_MAX, tls_1_3, &error));
      g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
    }
  for (guint i = 0; i <= ENGINE_TLS_CHAIN_MAX; i++)
    {
      GTlsCertificate *next = object_of (der, chain);

      g_clear_object (&chain);
      chain = next;
      g_assert_true (engine_tls_chain_check (chain, NULL) == (i < ENGINE_TLS_CHAIN_MAX));
    }
}

/* Whatever is cut off, nothing is read behind the end; what is no certificate is GnuTLS's matter. */
static void
test_cut (void)
{
  g_autoptr (GByteArray) der = rsa_certificate (2048, 17);

  for (guint tls_1_3 = 0; tls_1_3 < 2; tls_1_3++)
    {
      g_autoptr (GByteArray) message = message_with (der, 1, tls_1_3);

      for (guint length = 0; length <= message->len; length++)
        {
          g_autofree guint8 *copy = g_memdup2 (message->data, length);
          const gnutls_datum_t datum = { .data = copy, .size = length };

          g_assert_true (engine_tls_chain_check_message (&datum, tls_1_3, NULL));
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/tls-chain/rsa", test_rsa);
  g_test_add_func ("/engine/tls-chain/dsa", test_dsa);
  g_test_add_func ("/engine/tls-chain/curve", test_curve);
  g_test_add_func ("/engine/tls-chain/count", test_count);
  g_test_add_func ("/engine/tls-chain/cut", test_cut);

  return g_test_run ();
}
