/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-chain-private.h"

#include <glib/gi18n-lib.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* --- one key */

static guint
chain_number_bits (const gnutls_datum_t *number)
{
  guint at = 0;

  while (at < number->size && number->data[at] == 0)
    at++;

  return at < number->size ? 8 * (number->size - at - 1) + (guint) g_bit_storage (number->data[at]) : 0;
}

static gboolean
chain_is_within (const gnutls_datum_t *number, guint most, const char *what, GError **error)
{
  guint bits = chain_number_bits (number);

  if (bits <= most)
    return TRUE;

  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
               _("A key in the chain of certificates has a %s of %u bits, no more than %u are taken"), what, bits,
               most);
  return FALSE;
}

static gboolean
chain_check_rsa (gnutls_pubkey_t key, GError **error)
{
  gnutls_datum_t modulus = { 0 };
  gnutls_datum_t exponent = { 0 };
  gboolean small = TRUE;

  if (gnutls_pubkey_export_rsa_raw2 (key, &modulus, &exponent, 0) == 0)
    small = chain_is_within (&modulus, ENGINE_TLS_RSA_BITS_MAX, _("modulus"), error) &&
            chain_is_within (&exponent, ENGINE_TLS_RSA_EXPONENT_BITS_MAX, _("public exponent"), error);
  gnutls_free (modulus.data);
  gnutls_free (exponent.data);

  return small;
}

static gboolean
chain_check_dsa (gnutls_pubkey_t key, GError **error)
{
  gnutls_datum_t prime = { 0 };
  gnutls_datum_t order = { 0 };
  gboolean small = TRUE;

  if (gnutls_pubkey_export_dsa_raw2 (key, &prime, &order, NULL, NULL, 0) == 0)
    small = chain_is_within (&prime, ENGINE_TLS_DSA_BITS_MAX, _("prime"), error) &&
            chain_is_within (&order, ENGINE_TLS_DSA_ORDER_BITS_MAX, _("subprime"), error);
  gnutls_free (prime.data);
  gnutls_free (order.data);

  return small;
}

static gboolean
chain_check_key (gnutls_pubkey_t key, GError **error)
{
  switch (gnutls_pubkey_get_pk_algorithm (key, NULL))
    {
    case GNUTLS_PK_RSA:
    case GNUTLS_PK_RSA_PSS:
      return chain_check_rsa (key, error);
    case GNUTLS_PK_DSA:
      return chain_check_dsa (key, error);
    default:
      /* On a curve, whose sizes are fixed. */
      return TRUE;
    }
}

/* --- one certificate */

/* What GnuTLS can't read it can't compute with either. */
static gboolean
chain_check_der (const gnutls_datum_t *der, GError **error)
{
  gnutls_x509_crt_t certificate;
  gnutls_pubkey_t key;
  gboolean small = TRUE;

  if (gnutls_x509_crt_init (&certificate) != 0)
    return TRUE;
  if (gnutls_pubkey_init (&key) == 0)
    {
      if (gnutls_x509_crt_import (certificate, der, GNUTLS_X509_FMT_DER) == 0 &&
          gnutls_pubkey_import_x509 (key, certificate, 0) == 0)
        small = chain_check_key (key, error);
      gnutls_pubkey_deinit (key);
    }
  gnutls_x509_crt_deinit (certificate);

  return small;
}

/* --- the chain */

static gboolean
chain_check_count (guint count, GError **error)
{
  if (count <= ENGINE_TLS_CHAIN_MAX)
    return TRUE;

  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
               _("The chain has more than %d certificates"), ENGINE_TLS_CHAIN_MAX);
  return FALSE;
}

/* Takes a number of @width bytes, and as many bytes as it says. FALSE if they are not there. */
static gboolean
chain_take_vector (gnutls_datum_t *from, guint width, gnutls_datum_t *vector)
{
  guint length = 0;

  if (from->size < width)
    return FALSE;
  for (guint i = 0; i < width; i++)
    length = length << 8 | from->data[i];
  if (from->size - width < length)
    return FALSE;

  *vector = (gnutls_datum_t){ .data = from->data + width, .size = length };
  from->data += width + length;
  from->size -= width + length;

  return TRUE;
}

gboolean
engine_tls_chain_check_message (const gnutls_datum_t *message, gboolean tls_1_3, GError **error)
{
  gnutls_datum_t rest = *message;
  gnutls_datum_t list;
  gnutls_datum_t der;
  gnutls_datum_t extensions;

  if ((tls_1_3 && !chain_take_vector (&rest, 1, &list)) || !chain_take_vector (&rest, 3, &list))
    return TRUE;

  for (guint count = 1; chain_take_vector (&list, 3, &der); count++)
    {
      if (!chain_check_count (count, error) || !chain_check_der (&der, error))
        return FALSE;
      if (tls_1_3 && !chain_take_vector (&list, 2, &extensions))
        return TRUE;
    }

  return TRUE;
}

gboolean
engine_tls_chain_check (GTlsCertificate *certificate, GError **error)
{
  guint count = 1;

  for (GTlsCertificate *link = certificate; link != NULL; link = g_tls_certificate_get_issuer (link), count++)
    {
      g_autoptr (GByteArray) array = NULL;
      gnutls_datum_t der;

      g_object_get (link, "certificate", &array, NULL);
      if (!chain_check_count (count, error))
        return FALSE;
      if (array == NULL)
        continue;
      der = (gnutls_datum_t){ .data = array->data, .size = array->len };
      if (!chain_check_der (&der, error))
        return FALSE;
    }

  return TRUE;
}
