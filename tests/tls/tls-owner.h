/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../engine/owner.h"
#include "tls-peer.h"

/* An owner that serves by TLS, and its clients. */

Owner *tls_owner_new (IdentityKind shown);

/* Shows another certificate to those who come from now on. */
void tls_owner_show (Owner *owner, IdentityKind shown);

/* Asks clients for certificates, which the root must have issued. */
void tls_owner_ask (Owner *owner, GTlsAuthenticationMode mode);

/* A client that has said nothing, one that has shaken hands, and one that has become a
 * WebSocket. The priority may be NULL. */
RawPeer *tls_owner_connect_silent (Owner *owner, const char *priority, IdentityKind shown);
RawPeer *tls_owner_connect (Owner *owner, const char *priority);
RawPeer *tls_owner_connect_open (Owner *owner, const char *priority);
