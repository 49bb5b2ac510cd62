/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* A socket to the server, with TLS or without. Nothing blocks: EAGAIN in errno. */
typedef struct {
  int fd;
  gnutls_session_t session;     /* NULL without TLS */
} Link;

#define LINK_NONE ((Link) { .fd = -1 })

gboolean link_open (Link *self, guint16 port, guint number, gboolean tls);
int link_error (Link *self);
gboolean link_handshake (Link *self);
gssize link_read (Link *self, guint8 *buffer, gsize size);
gssize link_write (Link *self, const guint8 *data, gsize length);
void link_close (Link *self, gboolean reset);
