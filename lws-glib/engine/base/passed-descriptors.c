/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/passed-descriptors-private.h"

#include "engine/base/closer-private.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of what nobody will read any more so much is looked through at once. */
#define PASSED_SCRATCH (16 * 1024)

static void
passed_set_option (int fd, int option, int value)
{
  setsockopt (fd, SOL_SOCKET, option, &value, sizeof value);
}

gboolean
engine_passed_descriptors_may_come (int fd)
{
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;

  return getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_UNIX;
}

/* A program may have wanted to be told who sends, of its listening socket, and connections inherit that. */
void
engine_passed_descriptors_prepare (int fd)
{
  passed_set_option (fd, SO_PASSCRED, 0);
  passed_set_option (fd, SO_PASSSEC, 0);
#ifdef SO_PASSPIDFD
  passed_set_option (fd, SO_PASSPIDFD, 0);
#endif
  passed_set_option (fd, SO_OOBINLINE, 1);
}

/* What is only looked at the socket keeps. With no room for them descriptors aren't made for us; that there were some
 * is told. */
static gssize
passed_peek (int fd, void *buffer, gsize length)
{
  struct iovec part = { buffer, length };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  gssize n;

  do
    n = recvmsg (fd, &message, MSG_PEEK | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return -errno;

  return message.msg_flags & MSG_CTRUNC ? -EPROTO : n;
}

gssize
engine_passed_descriptors_receive (int fd, void *buffer, gsize length)
{
  gssize n = passed_peek (fd, buffer, length);

  if (n <= 0)
    return n;

  /* No byte more: others may have come meanwhile. */
  length = (gsize) n;
  do
    n = recv (fd, buffer, length, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);

  return n < 0 ? -errno : n;
}

static void
passed_hand_over (EngineCloser **closer, int fd)
{
  if (*closer == NULL)
    *closer = engine_closer_new ();
  engine_closer_take (*closer, fd);
}

void
engine_passed_descriptors_close (EngineCloser **closer, int fd)
{
  guint8 scratch[PASSED_SCRATCH];
  gssize got;

  /* Nothing comes after this. */
  shutdown (fd, SHUT_RDWR);
  do
    got = engine_passed_descriptors_receive (fd, scratch, sizeof scratch);
  while (got > 0);

  if (got == -EPROTO)
    passed_hand_over (closer, fd);
  else
    close (fd);
}

/* TRUE if nobody waits any more. */
static gboolean
passed_dismiss (EngineCloser **closer, int fd)
{
  int waiting;

  do
    {
      waiting = accept4 (fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (waiting >= 0)
        engine_passed_descriptors_close (closer, waiting);
    }
  while (waiting >= 0 || errno == EINTR);

  return errno == EINVAL;
}

void
engine_passed_descriptors_close_listener (EngineCloser **closer, int fd)
{
  shutdown (fd, SHUT_RDWR);
  if (passed_dismiss (closer, fd))
    close (fd);
  else
    passed_hand_over (closer, fd);
}
