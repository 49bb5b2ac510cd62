/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

/* What a TLS server shows of itself: one certificate or several, from which the name
 * that a client asks for (SNI, RFC 6066 section 3) and the kinds of keys it knows choose.
 * Once a session has begun with them they don't change; new ones take their place. */

/* For each there may be RSA and ECDSA of several names; the sets of those that fit a
 * name are told apart by the bits of one number. */
#define ENGINE_TLS_CREDENTIALS_MAX 64

typedef struct _EngineTlsCredentials EngineTlsCredentials;

EngineTlsCredentials *engine_tls_credentials_new (void);
EngineTlsCredentials *engine_tls_credentials_ref (EngineTlsCredentials *credentials);
void engine_tls_credentials_unref (EngineTlsCredentials *credentials);

/* The same certificates, to add one to. */
EngineTlsCredentials *engine_tls_credentials_copy (EngineTlsCredentials *credentials);

/* FALSE with a G_TLS_ERROR if there is no private key with it, or another's. */
gboolean engine_tls_credentials_add (EngineTlsCredentials *credentials, GTlsCertificate *certificate, GError **error);

guint engine_tls_credentials_count (const EngineTlsCredentials *credentials);

/* The first that was added. */
GTlsCertificate *engine_tls_credentials_first (const EngineTlsCredentials *credentials);

/* Gives a session, whose ClientHello came, those that fit the name it asked for; if
 * none does, or no name was asked for, all. A GnuTLS error code. */
int engine_tls_credentials_choose (EngineTlsCredentials *credentials, gnutls_session_t session);

/* Reads a certificate, with its chain if there is one, and its key from PEM files. Each
 * failure has a text of its own. @key_path may be NULL if the key is in the same file. */
GTlsCertificate *engine_tls_credentials_load (const char *certificate_path, const char *key_path, GError **error);

/* A chain that a peer sent (DER). NULL if it can't be read, or is too long. */
GTlsCertificate *engine_tls_credentials_peer_chain (const gnutls_datum_t *chain, guint length);

/* Does it name itself as its authority? */
gboolean engine_tls_credentials_is_own_issuer (GTlsCertificate *certificate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineTlsCredentials, engine_tls_credentials_unref)
