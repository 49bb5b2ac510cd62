/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

/* Certificates with their keys, made when a test first asks for them and living as long
 * as the process. Those that are for this machine are for "localhost", 127.0.0.1 and ::1. */

typedef enum {
  IDENTITY_ROOT,                /* an authority */
  IDENTITY_SERVER,              /* ECDSA P-256, issued by the root, as all that follow */
  IDENTITY_SERVER_RSA,          /* RSA of 2048 bits */
  IDENTITY_EXPIRED,
  IDENTITY_NOT_YET,
  IDENTITY_OTHER_HOST,          /* for other.example */
  IDENTITY_WILDCARD,            /* for *.wild.example */
  IDENTITY_WILDCARD_RSA,
  IDENTITY_INTERMEDIATE,        /* an authority */
  IDENTITY_LEAF,                /* issued by the intermediate */
  IDENTITY_CLIENT,
  IDENTITY_CLIENT_EXPIRED,
  IDENTITY_STRANGE_ROOT,        /* an authority that nobody trusts */
  IDENTITY_STRANGER,            /* a server's, issued by that one */
  IDENTITY_STRANGE_CLIENT,
  IDENTITY_SELF_SIGNED,
  IDENTITY_SELF_SIGNED_EXPIRED,
  IDENTITY_SELF_SIGNED_OTHER_HOST,
  IDENTITY_LARGE_EXPONENT,      /* RSA with a public exponent of 128 bits, issued by the root */
  IDENTITY_CLIENT_LARGE_EXPONENT,

  IDENTITY_N_KINDS
} IdentityKind;

/* In PEM: the certificate and its chain up to, and without, the root; and its key. They
 * belong to the fixture. */
const char *identity_get_pem (IdentityKind kind);
const char *identity_get_key (IdentityKind kind);

/* The same as files, in a directory that is removed as the process ends. */
const char *identity_get_pem_file (IdentityKind kind);
const char *identity_get_key_file (IdentityKind kind);

/* A file of that content beside them. Free the name. */
char *identity_write_file (const char *name, const char *content);

/* With the key and the chain. It belongs to the fixture. */
GTlsCertificate *identity_get_certificate (IdentityKind kind);

/* The certificate alone. */
GTlsCertificate *identity_without_key (IdentityKind kind);

/* Are they the same, whatever else comes with them? */
gboolean identity_is (IdentityKind kind, GTlsCertificate *certificate);

/* Those whom an authority vouches for are trusted, and nobody else. */
GTlsDatabase *identity_trusting (IdentityKind authority);

/* For a peer that the test plays itself. */
gnutls_certificate_credentials_t identity_credentials (IdentityKind kind);
