/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

/* Is a peer's chain of certificates small enough to be verified? Everybody can make a key of
 * whatever size; to check one signature by a large one with a large exponent takes half a
 * minute. So this is asked before anything is computed with the keys. FALSE comes with a
 * G_TLS_ERROR that says what is too large. */

/* Authorities with long histories come to five. */
#define ENGINE_TLS_CHAIN_MAX 16

/* RSA: twice the largest that is in use, with an exponent far above the usual 65537. A signature
 * takes two milliseconds then. */
#define ENGINE_TLS_RSA_BITS_MAX 8192
#define ENGINE_TLS_RSA_EXPONENT_BITS_MAX 64

/* DSA: FIPS 186-4 has primes of 3072 and 256 bits. Curves have fixed sizes. */
#define ENGINE_TLS_DSA_BITS_MAX 8192
#define ENGINE_TLS_DSA_ORDER_BITS_MAX 512

/* The content of a handshake message Certificate (RFC 8446 section 4.4.2, RFC 5246 section
 * 7.4.2). What is no such message is left to GnuTLS to refuse. */
gboolean engine_tls_chain_check_message (const gnutls_datum_t *message, gboolean tls_1_3, GError **error);

/* A certificate and its issuers. */
gboolean engine_tls_chain_check (GTlsCertificate *certificate, GError **error);
