/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-tls-private.h"

#include "lwsg-connection-private.h"

#include "engine/connection/connection-private.h"
#include "engine/connection/transport-private.h"

/* What TLS found out as the connection opened; it is known after its end, too. */

void
lwsg_connection_note_tls (LwsgConnection *self)
{
  EngineTlsFacts facts;

  engine_connection_get_tls_facts (self->engine, &facts);
  if (facts.ciphersuite != NULL)
    self->tls = g_memdup2 (&facts, sizeof facts);
}

void
lwsg_connection_drop_tls (LwsgConnection *self)
{
  if (self->tls != NULL)
    engine_tls_facts_clear (self->tls);
  g_clear_pointer (&self->tls, g_free);
}

/**
 * lwsg_connection_get_tls_peer_certificate:
 * @self: a connection
 *
 * Gets #LwsgConnection:tls-peer-certificate.
 *
 * Returns: (transfer none) (nullable): the certificate, which belongs to the connection; %NULL if
 *   the peer showed none
 *
 * Since: 1.0
 */
GTlsCertificate *
lwsg_connection_get_tls_peer_certificate (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->tls != NULL ? self->tls->peer_certificate : NULL;
}

/**
 * lwsg_connection_get_tls_peer_certificate_errors:
 * @self: a connection
 *
 * Gets #LwsgConnection:tls-peer-certificate-errors.
 *
 * Returns: what was wrong with it
 *
 * Since: 1.0
 */
GTlsCertificateFlags
lwsg_connection_get_tls_peer_certificate_errors (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), G_TLS_CERTIFICATE_NO_FLAGS);

  return self->tls != NULL ? self->tls->peer_errors : G_TLS_CERTIFICATE_NO_FLAGS;
}

/**
 * lwsg_connection_get_tls_protocol_version:
 * @self: a connection
 *
 * Gets #LwsgConnection:tls-protocol-version.
 *
 * Returns: the version, %G_TLS_PROTOCOL_VERSION_UNKNOWN without TLS
 *
 * Since: 1.0
 */
GTlsProtocolVersion
lwsg_connection_get_tls_protocol_version (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return self->tls != NULL ? self->tls->version : G_TLS_PROTOCOL_VERSION_UNKNOWN;
}

/**
 * lwsg_connection_get_tls_ciphersuite_name:
 * @self: a connection
 *
 * Gets #LwsgConnection:tls-ciphersuite-name.
 *
 * Returns: (nullable): the name, which is never freed; %NULL without TLS
 *
 * Since: 1.0
 */
const char *
lwsg_connection_get_tls_ciphersuite_name (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), NULL);

  return self->tls != NULL ? self->tls->ciphersuite : NULL;
}
