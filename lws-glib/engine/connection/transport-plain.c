/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/passed-descriptors-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/transport-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

static gssize
plain_read (EngineConnection *connection, void *buffer, gsize length)
{
  gssize n;

  do
    n = recv (connection->watch.fd, buffer, length, 0);
  while (n < 0 && errno == EINTR);

  return n < 0 ? -errno : n;
}

static gssize
unix_read (EngineConnection *connection, void *buffer, gsize length)
{
  return engine_passed_descriptors_receive (connection->watch.fd, buffer, length);
}

static gssize
plain_write (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  const struct msghdr message = { .msg_iov = (struct iovec *) parts, .msg_iovlen = (gsize) n_parts };
  gssize n;

  do
    n = n_parts == 1 ? send (connection->watch.fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                     : sendmsg (connection->watch.fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);

  return n < 0 ? -errno : n;
}

/* sendfile() knows no MSG_NOSIGNAL. The signal is kept from this thread, and
 * taken back if it was ours; the program's own handler stays as it is. */
static gssize
plain_send_file (EngineConnection *connection, int file, off_t *offset, gsize length)
{
  const struct timespec at_once = { 0, 0 };
  sigset_t pipe_set;
  sigset_t before;
  sigset_t pending;
  gssize n;

  sigemptyset (&pipe_set);
  sigaddset (&pipe_set, SIGPIPE);
  sigpending (&pending);
  pthread_sigmask (SIG_BLOCK, &pipe_set, &before);

  do
    n = sendfile (connection->watch.fd, file, offset, length);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    n = -errno;

  if (n == -EPIPE && !sigismember (&pending, SIGPIPE))
    while (sigtimedwait (&pipe_set, NULL, &at_once) < 0 && errno == EINTR)
      ;
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return n;
}

static gboolean
plain_pending (EngineConnection *connection)
{
  return FALSE;
}

static int
plain_flush (EngineConnection *connection)
{
  return 0;
}

static gsize
plain_waiting (EngineConnection *connection)
{
  return 0;
}

static int
plain_shutdown (EngineConnection *connection, gboolean fin)
{
  if (fin)
    shutdown (connection->watch.fd, SHUT_WR);

  return 0;
}

static const char *
plain_explain (EngineConnection *connection, int failure)
{
  return g_strerror (-failure);
}

static const char *
unix_explain (EngineConnection *connection, int failure)
{
  return failure == -EPROTO ? _("it passed descriptors") : g_strerror (-failure);
}

static void
plain_get_facts (EngineConnection *connection, EngineTlsFacts *facts)
{
  *facts = (EngineTlsFacts){ 0 };
}

static void
plain_free (EngineConnection *connection)
{
}

const EngineTransport engine_transport_plain = {
  .read = plain_read,
  .write = plain_write,
  .flush = plain_flush,
  .waiting = plain_waiting,
  .send_file = plain_send_file,
  .pending = plain_pending,
  .shutdown = plain_shutdown,
  .explain = plain_explain,
  .get_facts = plain_get_facts,
  .free = plain_free,
};

const EngineTransport engine_transport_unix = {
  .read = unix_read,
  .write = plain_write,
  .flush = plain_flush,
  .waiting = plain_waiting,
  .send_file = plain_send_file,
  .pending = plain_pending,
  .shutdown = plain_shutdown,
  .explain = unix_explain,
  .get_facts = plain_get_facts,
  .free = plain_free,
};
