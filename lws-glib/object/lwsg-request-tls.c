/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-tls-private.h"

#include "lwsg-request-private.h"

/* What TLS found out before the request came: who may do what can be decided by it. */

/**
 * lwsg_request_get_is_secure:
 * @self: a request
 *
 * Gets #LwsgRequest:is-secure.
 *
 * Returns: %TRUE if the request came by TLS
 *
 * Since: 1.0
 */
gboolean
lwsg_request_get_is_secure (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);

  return self->tls.ciphersuite != NULL;
}

/**
 * lwsg_request_get_tls_peer_certificate:
 * @self: a request
 *
 * Gets #LwsgRequest:tls-peer-certificate.
 *
 * Returns: (transfer none) (nullable): the certificate, which belongs to the request; %NULL if
 *   the client showed none
 *
 * Since: 1.0
 */
GTlsCertificate *
lwsg_request_get_tls_peer_certificate (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->tls.peer_certificate;
}

/**
 * lwsg_request_get_tls_peer_certificate_errors:
 * @self: a request
 *
 * Gets #LwsgRequest:tls-peer-certificate-errors.
 *
 * Returns: what was wrong with it
 *
 * Since: 1.0
 */
GTlsCertificateFlags
lwsg_request_get_tls_peer_certificate_errors (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), G_TLS_CERTIFICATE_NO_FLAGS);

  return self->tls.peer_errors;
}

gboolean
lwsg_request_get_tls_property (LwsgRequest *self, guint property, GValue *value)
{
  switch (property)
    {
    case LWSG_REQUEST_PROP_IS_SECURE:
      g_value_set_boolean (value, lwsg_request_get_is_secure (self));
      return TRUE;
    case LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE:
      g_value_set_object (value, lwsg_request_get_tls_peer_certificate (self));
      return TRUE;
    case LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE_ERRORS:
      g_value_set_flags (value, lwsg_request_get_tls_peer_certificate_errors (self));
      return TRUE;
    default:
      return FALSE;
    }
}

void
lwsg_request_install_tls (GObjectClass *klass, GParamFlags flags)
{
  /**
   * LwsgRequest:is-secure:
   *
   * Whether the request came by TLS, as https:// or wss://. What a proxy in front got by TLS
   * and passed on without is not secure here.
   *
   * Since: 1.0
   */
  g_object_class_install_property (klass, LWSG_REQUEST_PROP_IS_SECURE,
                                   g_param_spec_boolean ("is-secure", NULL, NULL, FALSE, flags));

  /**
   * LwsgRequest:tls-peer-certificate:
   *
   * The certificate that the client showed, with its chain; %NULL if it showed none or was not
   * asked for one, see #LwsgContext:tls-authentication-mode.
   *
   * Since: 1.0
   */
  g_object_class_install_property (
    klass, LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE,
    g_param_spec_object ("tls-peer-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags));

  /**
   * LwsgRequest:tls-peer-certificate-errors:
   *
   * What was wrong with that certificate, and accepted by #LwsgContext::accept-certificate.
   *
   * Since: 1.0
   */
  g_object_class_install_property (klass, LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE_ERRORS,
                                   g_param_spec_flags ("tls-peer-certificate-errors", NULL, NULL,
                                                       G_TYPE_TLS_CERTIFICATE_FLAGS, G_TLS_CERTIFICATE_NO_FLAGS,
                                                       flags));
}
