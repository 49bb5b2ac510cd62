/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Files with a certificate for this machine, which is its own authority, and its key. */

typedef struct {
  char *directory;
  char *certificate;
  char *key;
} PeerIdentity;

/* A new one; NULL, and the test is skipped, if there is nothing to make it with. */
PeerIdentity *peer_identity_new (void);

/* With its files; NULL is none. */
void peer_identity_free (PeerIdentity *identity);
