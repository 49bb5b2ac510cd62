/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-tls-private.h"

#include "lwsg-context-life-private.h"
#include "lwsg-context-private.h"
#include "lwsg-home-private.h"

#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-settings-private.h"

#include <glib/gi18n-lib.h>

/* TLS of servers and clients, in the types of GIO. */

static guint accept_certificate_signal;

/* --- what a server shows */

/**
 * LwsgContext:tls-certificate:
 *
 * The certificate that the server shows, the first one if there are several. With one, all
 * connections to its ports are TLS: wss:// and https://. Unix sockets stay without. See
 * lwsg_context_set_tls_certificate(), which can report an error: a certificate that can't be
 * used and is set as property lets no connection in.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_tls_certificate:
 * @self: a context
 *
 * Gets #LwsgContext:tls-certificate.
 *
 * Returns: (transfer none) (nullable): the certificate, which belongs to the context; %NULL if
 *   there is none
 *
 * Since: 1.0
 */
GTlsCertificate *
lwsg_context_get_tls_certificate (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  if (self->engine == NULL || self->engine->tls.credentials == NULL)
    return NULL;

  return engine_tls_credentials_first (self->engine->tls.credentials);
}

static void
tls_replace_credentials (LwsgContext *self, EngineTlsCredentials *credentials)
{
  engine_tls_settings_take_credentials (&self->engine->tls, credentials);
  g_object_notify (G_OBJECT (self), "tls-certificate");
}

/**
 * lwsg_context_set_tls_certificate:
 * @self: a context
 * @certificate: (nullable): a certificate with its private key, or %NULL
 * @error: return location for a #GError
 *
 * Serves with this certificate, and no other, on the connections that are accepted from now
 * on; those that are there keep theirs. A certificate can be renewed that way without a
 * restart. With %NULL the context serves without TLS again.
 *
 * Returns: %TRUE on success; %FALSE with a %G_TLS_ERROR if the certificate has no private key,
 *   or one that doesn't belong to it, or with %LWSG_ERROR_CLOSED. Nothing is changed then.
 *
 * Since: 1.0
 */
gboolean
lwsg_context_set_tls_certificate (LwsgContext *self, GTlsCertificate *certificate, GError **error)
{
  g_autoptr (EngineTlsCredentials) credentials = NULL;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (certificate == NULL || G_IS_TLS_CERTIFICATE (certificate), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_context_check_open (self, error))
    return FALSE;
  if (certificate != NULL)
    {
      credentials = engine_tls_credentials_new ();
      if (!engine_tls_credentials_add (credentials, certificate, error))
        return FALSE;
    }
  tls_replace_credentials (self, g_steal_pointer (&credentials));

  return TRUE;
}

/**
 * lwsg_context_add_tls_certificate:
 * @self: a context
 * @certificate: a certificate with its private key
 * @error: return location for a #GError
 *
 * Serves with this certificate, too. Of several the name that a client asks for (SNI, RFC 6066
 * section 3) and the kinds of keys it knows choose: there may be one of RSA and one of ECDSA for
 * the same name. A client that asks for a name that none is for, or for no name, gets the one
 * that was added first and that it understands. There may be 64.
 *
 * Returns: %TRUE on success; %FALSE with a %G_TLS_ERROR as for
 *   lwsg_context_set_tls_certificate(), or if there are too many, or with %LWSG_ERROR_CLOSED
 *
 * Since: 1.0
 */
gboolean
lwsg_context_add_tls_certificate (LwsgContext *self, GTlsCertificate *certificate, GError **error)
{
  g_autoptr (EngineTlsCredentials) credentials = NULL;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (G_IS_TLS_CERTIFICATE (certificate), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_context_check_open (self, error))
    return FALSE;
  credentials = self->engine->tls.credentials != NULL ? engine_tls_credentials_copy (self->engine->tls.credentials)
                                                      : engine_tls_credentials_new ();
  if (!engine_tls_credentials_add (credentials, certificate, error))
    return FALSE;
  tls_replace_credentials (self, g_steal_pointer (&credentials));

  return TRUE;
}

/* A property can't report an error. To serve openly what was to be served by TLS is worse
 * than not to serve it: without a certificate that can be used all handshakes fail. */
void
lwsg_context_set_tls_certificate_property (LwsgContext *self, GTlsCertificate *certificate)
{
  g_autoptr (GError) error = NULL;

  if (self->engine == NULL || lwsg_context_set_tls_certificate (self, certificate, &error))
    return;

  g_message (_("No connection will be accepted: %s"), error->message);
  tls_replace_credentials (self, engine_tls_credentials_new ());
}

/* --- whom to trust */

/**
 * LwsgContext:tls-database:
 *
 * By whom certificates of servers, and of clients, must have been issued; %NULL, the default,
 * for those that the system trusts.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_tls_database:
 * @self: a context
 *
 * Gets #LwsgContext:tls-database.
 *
 * Returns: (transfer none) (nullable): the database, which belongs to the context; %NULL for
 *   the one of the system
 *
 * Since: 1.0
 */
GTlsDatabase *
lwsg_context_get_tls_database (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  return self->engine != NULL ? self->engine->tls.database : NULL;
}

/**
 * lwsg_context_set_tls_database:
 * @self: a context
 * @database: (nullable): a database, %NULL for the one of the system
 *
 * Sets #LwsgContext:tls-database.
 *
 * Since: 1.0
 */
void
lwsg_context_set_tls_database (LwsgContext *self, GTlsDatabase *database)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (database == NULL || G_IS_TLS_DATABASE (database));
  lwsg_return_if_elsewhere (self->home);

  if (self->engine == NULL || self->engine->tls.database == database)
    return;

  engine_tls_settings_set_database (&self->engine->tls, database);
  g_object_notify (G_OBJECT (self), "tls-database");
}

/**
 * LwsgContext:tls-authentication-mode:
 *
 * Whether the server asks clients for a certificate: not at all by default. One that is shown
 * is verified against #LwsgContext:tls-database; what is wrong with it comes by
 * #LwsgContext::accept-certificate. Sessions are not resumed then: each connection shows it anew.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_tls_authentication_mode:
 * @self: a context
 *
 * Gets #LwsgContext:tls-authentication-mode.
 *
 * Returns: whether clients are asked for certificates
 *
 * Since: 1.0
 */
GTlsAuthenticationMode
lwsg_context_get_tls_authentication_mode (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), G_TLS_AUTHENTICATION_NONE);
  lwsg_return_val_if_elsewhere (self->home, G_TLS_AUTHENTICATION_NONE);

  return self->engine != NULL ? self->engine->tls.authentication_mode : G_TLS_AUTHENTICATION_NONE;
}

/**
 * lwsg_context_set_tls_authentication_mode:
 * @self: a context
 * @mode: whether clients are asked for certificates
 *
 * Sets #LwsgContext:tls-authentication-mode.
 *
 * Since: 1.0
 */
void
lwsg_context_set_tls_authentication_mode (LwsgContext *self, GTlsAuthenticationMode mode)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (mode >= G_TLS_AUTHENTICATION_NONE && mode <= G_TLS_AUTHENTICATION_REQUIRED);
  lwsg_return_if_elsewhere (self->home);

  if (self->engine == NULL || self->engine->tls.authentication_mode == mode)
    return;

  self->engine->tls.authentication_mode = mode;
  g_object_notify (G_OBJECT (self), "tls-authentication-mode");
}

/**
 * LwsgContext:tls-interaction:
 *
 * Is asked for what only a person or the program knows: the certificate of a client, which a
 * server asks for (#GTlsInteractionClass.request_certificate()), and passwords of tokens.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_tls_interaction:
 * @self: a context
 *
 * Gets #LwsgContext:tls-interaction.
 *
 * Returns: (transfer none) (nullable): the interaction, which belongs to the context
 *
 * Since: 1.0
 */
GTlsInteraction *
lwsg_context_get_tls_interaction (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  return self->engine != NULL ? self->engine->tls.interaction : NULL;
}

/**
 * lwsg_context_set_tls_interaction:
 * @self: a context
 * @interaction: (nullable): an interaction, or %NULL
 *
 * Sets #LwsgContext:tls-interaction.
 *
 * Since: 1.0
 */
void
lwsg_context_set_tls_interaction (LwsgContext *self, GTlsInteraction *interaction)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (interaction == NULL || G_IS_TLS_INTERACTION (interaction));
  lwsg_return_if_elsewhere (self->home);

  if (self->engine != NULL && g_set_object (&self->engine->tls.interaction, interaction))
    g_object_notify (G_OBJECT (self), "tls-interaction");
}

gboolean
lwsg_context_accept_certificate (LwsgContext *self, const char *host, GTlsCertificate *certificate,
                                 GTlsCertificateFlags errors)
{
  g_autoptr (LwsgContext) alive = g_object_ref (self);
  gboolean accepted = FALSE;

  g_signal_emit (self, accept_certificate_signal, 0, host, certificate, errors, &accepted);

  return accepted;
}

void
lwsg_context_install_accept_certificate (void)
{
  /**
   * LwsgContext::accept-certificate:
   * @self: the context
   * @host: (nullable): the name of the server that we connect to; %NULL if we are the server, and
   *   the certificate is a client's
   * @certificate: what the peer showed, with its chain
   * @errors: what is wrong with it
   *
   * There is something wrong with the certificate of a peer. Without a handler that returns %TRUE
   * the connection fails. Certificates with which nothing is wrong are not asked about.
   *
   * Returns: whether to go on nevertheless
   *
   * Since: 1.0
   */
  accept_certificate_signal =
    g_signal_new ("accept-certificate", LWSG_TYPE_CONTEXT, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled,
                  NULL, NULL, G_TYPE_BOOLEAN, 3, G_TYPE_STRING, G_TYPE_TLS_CERTIFICATE, G_TYPE_TLS_CERTIFICATE_FLAGS);
}
