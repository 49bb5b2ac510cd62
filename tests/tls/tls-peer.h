/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../engine/raw-peer.h"
#include "identity.h"

/* A RawPeer that speaks TLS, by GnuTLS on memory: what it has to send can be held back,
 * or leave in pieces, whatever the records are. It verifies nobody. */

/* A priority string for each version. */
#define TLS_PEER_1_1 "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT"
#define TLS_PEER_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_PEER_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

typedef struct {
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  GByteArray *out;              /* written by GnuTLS, not yet sent */
  gsize piece;                  /* so much is sent at once, each followed by an iteration; 0: all */
  gboolean hold;                /* nothing is sent */
  gboolean closed;              /* close_notify came */
  gboolean truncated;           /* the end came without */
  int alert;                    /* gnutls_alert_description_t of the last one, -1 if none came */
  gnutls_datum_t ticket_key;    /* of a server */
} TlsPeer;

/* Puts TLS upon a peer. What it shows: a server must, a client may, IDENTITY_N_KINDS is nothing. */
TlsPeer *tls_peer_client (RawPeer *peer, const char *priority, const char *server_name, IdentityKind shown);
TlsPeer *tls_peer_server (RawPeer *peer, const char *priority, IdentityKind shown);
TlsPeer *tls_peer_of (RawPeer *peer);

/* One step: what GnuTLS says, GNUTLS_E_AGAIN if it is the other side's iteration. */
int tls_peer_step (RawPeer *peer);

/* All steps, with iterations of the engine in between, until it is done or has failed. */
int tls_peer_shake_hands (RawPeer *peer);

/* The same, and it is done. */
void tls_peer_secure (RawPeer *peer);

/* Sends what was held back. */
void tls_peer_flush (RawPeer *peer);

/* close_notify, and the FIN unless the peer is to go on. */
void tls_peer_bye (RawPeer *peer);

/* The other side's close_notify comes, and then the FIN, with nothing in front. */
void tls_peer_expect_bye (RawPeer *peer);

/* That alert ends the connection. */
void tls_peer_expect_alert (RawPeer *peer, gnutls_alert_description_t alert);

/* What the other side showed. */
gboolean tls_peer_was_shown (RawPeer *peer, IdentityKind kind);

/* So that the session can be resumed. */
void tls_peer_get_session (RawPeer *peer, gnutls_datum_t *session);
