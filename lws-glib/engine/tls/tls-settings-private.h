/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/tls/tls-buffer-private.h"
#include "engine/tls/tls-credentials-private.h"

/* What TLS is told about a context, and what its connections share. */

typedef struct {
  EngineTlsCredentials *credentials; /* of the server; NULL: it serves without TLS */
  GTlsAuthenticationMode authentication_mode; /* are clients to show certificates? */
  GTlsDatabase *database;       /* who is trusted; NULL: those that the system trusts */
  GTlsDatabase *client_database; /* stands for that; made when first needed */
  GTlsInteraction *interaction; /* for what has to be asked of people; or NULL */

  gnutls_priority_t priority;   /* made when first needed */
  gnutls_datum_t ticket_key;    /* of session tickets; made when first needed */
  guint32 ticket_key_tick;      /* when it was made */
  EngineTlsBufferPool pool;
} EngineTlsSettings;

void engine_tls_settings_clear (EngineTlsSettings *settings);

/* Serves with others from now on. Sessions that were begun with the former ones are not resumed:
 * their clients would not see the new certificate. */
void engine_tls_settings_take_credentials (EngineTlsSettings *settings, EngineTlsCredentials *credentials);

/* The database in force, for one call; NULL with @error if the system has none. */
GTlsDatabase *engine_tls_settings_get_database (EngineTlsSettings *settings, GError **error);

/* The one that all clients share; it belongs to the settings. */
GTlsDatabase *engine_tls_settings_get_client_database (EngineTlsSettings *settings, GError **error);

/* Trusts others from now on. NULL: whom the system trusts. */
void engine_tls_settings_set_database (EngineTlsSettings *settings, GTlsDatabase *database);

/* Gives a server's session versions, ciphers and tickets. A GnuTLS error code. */
int engine_tls_settings_apply (EngineTlsSettings *settings, gnutls_session_t session, guint32 tick);

/* Who the flags say is not to be trusted, and why, for people. Free it. */
char *engine_tls_describe_errors (GTlsCertificateFlags errors);
