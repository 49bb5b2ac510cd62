/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* There are about 28,000 ports for each pair of addresses. */
#define CONNECTIONS_OF_ADDRESS 20000

static gnutls_certificate_credentials_t
credentials (void)
{
  static gnutls_certificate_credentials_t anonymous;

  if (anonymous == NULL)
    gnutls_certificate_allocate_credentials (&anonymous);

  return anonymous;
}

static void
secure (Link *self)
{
  gnutls_init (&self->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  gnutls_set_default_priority (self->session);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, credentials ());
  gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, "localhost", sizeof "localhost" - 1);
  gnutls_transport_set_int (self->session, self->fd);
}

static gboolean
bind_source (int fd, guint number)
{
  struct sockaddr_in source = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK + number / CONNECTIONS_OF_ADDRESS),
  };
  const int yes = 1;

  if (number < CONNECTIONS_OF_ADDRESS)
    return TRUE;
  setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);

  return bind (fd, (struct sockaddr *) &source, sizeof source) == 0;
}

/* Begins to connect. The caller's connections are numbered from 0. */
gboolean
link_open (Link *self, guint16 port, guint number, gboolean tls)
{
  struct sockaddr_in server = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  const int yes = 1;

  self->session = NULL;
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    return FALSE;
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (!bind_source (self->fd, number)
      || (connect (self->fd, (struct sockaddr *) &server, sizeof server) != 0 && errno != EINPROGRESS))
    return FALSE;
  if (tls)
    secure (self);

  return TRUE;
}

/* What became of the attempt to connect, 0 or a value of errno. */
int
link_error (Link *self)
{
  int error = 0;
  socklen_t size = sizeof error;

  getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &error, &size);

  return error;
}

static gssize
set_errno (gssize result)
{
  if (result >= 0)
    return result;
  errno = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ? EAGAIN : EPROTO;

  return -1;
}

/* FALSE with EAGAIN: again when the socket has something to read. */
gboolean
link_handshake (Link *self)
{
  return self->session == NULL || set_errno (gnutls_handshake (self->session)) == 0;
}

gssize
link_read (Link *self, guint8 *buffer, gsize size)
{
  if (self->session != NULL)
    return set_errno (gnutls_record_recv (self->session, buffer, size));

  return recv (self->fd, buffer, size, 0);
}

gssize
link_write (Link *self, const guint8 *data, gsize length)
{
  if (self->session != NULL)
    return set_errno (gnutls_record_send (self->session, data, length));

  return send (self->fd, data, length, MSG_NOSIGNAL);
}

/* With a reset no port is left in TIME-WAIT: thousands of connections a second would
 * use them up. */
void
link_close (Link *self, gboolean reset)
{
  const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

  g_clear_pointer (&self->session, gnutls_deinit);
  if (self->fd < 0)
    return;
  if (reset)
    setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (self->fd);
  self->fd = -1;
}
