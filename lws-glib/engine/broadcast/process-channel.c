/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/broadcast/process-channel-private.h"

#include "engine/base/closer-private.h"
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/poller-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/iteration-private.h"
#include "engine/connection/notice-private.h"
#include "engine/connection/retry-private.h"
#include "engine/connection/scope-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What goes into a datagram: well below the default of net.core.wmem_default, so
 * that several fit. */
#define PROCESS_CHANNEL_DATAGRAM_MAX (32 * 1024)

/* In one iteration and for each protocol. */
#define PROCESS_CHANNEL_RECEIVES 64

#define PROCESS_CHANNEL_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* As many as the kernel lets pass with one message (SCM_MAX_FD). */
#define PROCESS_CHANNEL_DESCRIPTORS_MAX 253

/* A descriptor needs a byte to travel with. */
typedef union {
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int))];
  char all[CMSG_SPACE (PROCESS_CHANNEL_DESCRIPTORS_MAX * sizeof (int))];
} ProcessChannelControl;

gboolean
engine_process_channel_open (EngineProcessChannel *channel, GError **error)
{
  const struct timeval wait = { .tv_sec = ENGINE_BROADCAST_WAIT_SECONDS };
  int ends[2];

  channel->sender = -1;
  engine_watch_init (&channel->watch, ENGINE_WATCH_PROCESS_CHANNEL, -1);
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No channel for broadcasts: %s"), g_strerror (errno));
      return FALSE;
    }

  channel->watch.fd = ends[0];
  channel->sender = ends[1];
  /* The sender's end blocks, for plain write() too, but not for ever. */
  setsockopt (channel->sender, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);

  return TRUE;
}

/* Memory is freed at once. What else a descriptor stands for may wait when it is closed: a socket with SO_LINGER for its
 * peer, a file for the program that is its file system. */
static void
process_channel_discard (EngineContext *context, int fd)
{
  if (fcntl (fd, F_GET_SEALS) >= 0)
    {
      close (fd);
      return;
    }

  if (context->closer == NULL)
    context->closer = engine_closer_new ();
  engine_closer_take (context->closer, fd);
}

/* Descriptors may lie in it that nobody has received: they are closed with it. */
static gboolean
process_channel_has_datagrams (const EngineProcessChannel *channel)
{
  struct pollfd calls = { .fd = channel->watch.fd, .events = POLLIN };

  return channel->watch.fd >= 0 && poll (&calls, 1, 0) == 1;
}

void
engine_process_channel_close (EngineProcessChannel *channel, EngineContext *context)
{
  const gboolean ours = engine_context_is_ours (context);
  /* Asked before our own end is closed, whose hang-up could be read, too. */
  const gboolean has_letters = ours && process_channel_has_datagrams (channel);

  if (ours)
    engine_poller_remove (engine_context_poller (context), &channel->watch);
  if (channel->sender >= 0)
    close (channel->sender);
  if (has_letters)
    process_channel_discard (context, channel->watch.fd);
  else if (channel->watch.fd >= 0)
    close (channel->watch.fd);
}

/* --- sending */

/* The ends of the channel are open in all processes, so that a dead service
 * process can't be told from a slow one by writing. */
static gboolean
process_channel_service_lives (EngineContext *context)
{
  int pid = g_atomic_int_get (&context->shared->service_pid);
  struct pollfd gone = { .fd = (int) syscall (SYS_pidfd_open, pid, 0), .events = POLLIN };
  gboolean lives;

  if (gone.fd < 0)
    /* No such process; or a kernel before 5.3, or one that forbids it, for which this is
     * good enough but for zombies. */
    return errno != ESRCH && (kill (pid, 0) == 0 || errno == EPERM);

  /* A failure, such as a signal that came, says nothing of the other process. */
  lives = poll (&gone, 1, 0) != 1;
  close (gone.fd);

  return lives;
}

/* A signal interrupts the wait within a call, which has its limit by SO_SNDTIMEO, and the next call begins it anew: not
 * for ever, however many signals come. */
static gboolean
process_channel_tries_again (gssize sent, gint64 end)
{
  return sent < 0 && errno == EINTR && g_get_monotonic_time () < end;
}

static gssize
process_channel_send_descriptor (int sender, int fd)
{
  ProcessChannelControl control = { .header = { .cmsg_len = CMSG_LEN (sizeof (int)), .cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS } };
  struct iovec part = { (char *) "", 1 };
  const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                                  .msg_controllen = sizeof control.space };

  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);

  return sendmsg (sender, &message, MSG_NOSIGNAL);
}

static gboolean
process_channel_write_all (int fd, const guint8 *bytes, gsize length)
{
  while (length > 0)
    {
      gssize n = write (fd, bytes, length);

      if (n < 0 && errno != EINTR)
        return FALSE;
      bytes += MAX (n, 0);
      length -= (gsize) MAX (n, 0);
    }

  return TRUE;
}

static gssize
process_channel_send_large (int sender, const guint8 *payload, gsize length, gint64 end)
{
  int fd = memfd_create ("lws-glib broadcast", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  gssize sent = -1;
  int failure;

  if (fd < 0)
    return -1;

  if (process_channel_write_all (fd, payload, length) && fcntl (fd, F_ADD_SEALS, PROCESS_CHANNEL_SEALS) == 0)
    do
      sent = process_channel_send_descriptor (sender, fd);
    while (process_channel_tries_again (sent, end));
  failure = errno;
  close (fd);
  errno = failure;

  return sent;
}

gboolean
engine_process_channel_send (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error)
{
  const gint64 end = g_get_monotonic_time () + ENGINE_BROADCAST_WAIT_SECONDS * G_TIME_SPAN_SECOND;
  int sender = protocol->channel.sender;
  gssize sent;

  if (!process_channel_service_lives (protocol->context))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST,
                           _("The process that runs the service loop has ended"));
      return FALSE;
    }

  if (length > 0 && length <= PROCESS_CHANNEL_DATAGRAM_MAX)
    do
      sent = send (sender, payload, length, MSG_NOSIGNAL);
    while (process_channel_tries_again (sent, end));
  else
    sent = process_channel_send_large (sender, payload, length, end);

  if (sent >= 0)
    return TRUE;

  if (errno == EAGAIN || errno == EINTR)
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST,
                 _("The service loop did not take a broadcast within %d s"), ENGINE_BROADCAST_WAIT_SECONDS);
  else
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST, _("A broadcast could not be sent: %s"),
                 g_strerror (errno));
  return FALSE;
}

/* --- receiving */

static gboolean
process_channel_read_all (int fd, guint8 *bytes, gsize length)
{
  off_t offset = 0;

  while (length > 0)
    {
      gssize n = pread (fd, bytes, length, offset);

      if (n == 0 || (n < 0 && errno != EINTR))
        return FALSE;
      bytes += MAX (n, 0);
      offset += MAX (n, 0);
      length -= (gsize) MAX (n, 0);
    }

  return TRUE;
}

/* Whoever has the sending end may pass anything: only a memfd that can't change
 * any more is read. */
static gboolean
process_channel_size_of (int fd, gsize *size)
{
  struct stat status;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & PROCESS_CHANNEL_SEALS) != PROCESS_CHANNEL_SEALS || fstat (fd, &status) != 0 || status.st_size < 0 ||
      status.st_size > ENGINE_BROADCAST_MAX)
    return FALSE;

  *size = (gsize) status.st_size;

  return TRUE;
}

static void
process_channel_refuse_file (EngineProtocol *protocol)
{
  engine_notice (protocol->context, ENGINE_NOTICE_BROADCAST,
                 _("A broadcast was refused: it is not a sealed memory file of at most %d bytes"),
                 ENGINE_BROADCAST_MAX);
}

static void
process_channel_deliver_file (EngineProtocol *protocol, int fd)
{
  g_autofree guint8 *bytes = NULL;
  guint8 *payload;
  gsize size;

  if (!process_channel_size_of (fd, &size))
    {
      process_channel_refuse_file (protocol);
      return;
    }

  bytes = g_malloc (WIRE_FRAME_HEADER_MAX + size + 1);
  payload = bytes + WIRE_FRAME_HEADER_MAX;
  payload[size] = 0;
  if (process_channel_read_all (fd, payload, size))
    engine_protocol_deliver (protocol, payload, size);
  else
    engine_notice (protocol->context, ENGINE_NOTICE_BROADCAST, _("A broadcast could not be read: %s"),
                   g_strerror (errno));
}

/* The descriptors that came along; how many there are. */
static guint
process_channel_descriptors (struct msghdr *message, int *fds)
{
  struct cmsghdr *header = CMSG_FIRSTHDR (message);

  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
    return 0;

  memcpy (fds, CMSG_DATA (header), header->cmsg_len - CMSG_LEN (0));

  return (guint) ((header->cmsg_len - CMSG_LEN (0)) / sizeof (int));
}

/* One descriptor is a broadcast; several are none. */
static void
process_channel_take_descriptors (EngineProtocol *protocol, const int *fds, guint count)
{
  EngineContext *context = protocol->context;

  /* Who is told may destroy the context. */
  engine_context_hold (context);
  if (count == 1)
    process_channel_deliver_file (protocol, fds[0]);
  else
    process_channel_refuse_file (protocol);
  for (guint i = 0; i < count; i++)
    process_channel_discard (context, fds[i]);
  engine_context_release (context);
}

static void
process_channel_rest (EngineProtocol *protocol, const char *cause)
{
  engine_notice (protocol->context, ENGINE_NOTICE_BROADCAST, _("No broadcasts for a moment: %s"), cause);
  engine_poller_set (engine_context_poller (protocol->context), &protocol->channel.watch, 0);
  engine_retry_schedule (protocol->context);
}

/* Any other failure may last, and epoll would tell of the same broadcast without end. */
static void
process_channel_rest_unless_empty (EngineProtocol *protocol, int failure)
{
  if (failure != EAGAIN && failure != EINTR)
    process_channel_rest (protocol, g_strerror (failure));
}

static void
process_channel_take_bytes (EngineProtocol *protocol, const struct msghdr *message, guint8 *payload, gsize length)
{
  if (message->msg_flags & MSG_TRUNC)
    engine_notice (protocol->context, ENGINE_NOTICE_BROADCAST,
                   _("A broadcast was refused: it was written in more than %zu bytes at once"),
                   message->msg_iov->iov_len);
  else
    {
      payload[length] = 0;
      engine_protocol_deliver (protocol, payload, length);
    }
}

/* TRUE if another one may follow in this iteration: after a large one, which waits with many
 * connections now, what waits shall leave first. */
static gboolean
process_channel_receive_one (EngineProtocol *protocol, guint8 *payload, gsize size)
{
  ProcessChannelControl control;
  struct iovec part = { payload, size };
  /* All that may come: what has no room here is closed by the kernel, in our time. */
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control.all };
  gssize n = recvmsg (protocol->channel.watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  int fds[PROCESS_CHANNEL_DESCRIPTORS_MAX];
  guint count;

  if (n < 0)
    {
      process_channel_rest_unless_empty (protocol, errno);
      return errno == EINTR;
    }

  count = process_channel_descriptors (&message, fds);
  if (count > 0)
    {
      process_channel_take_descriptors (protocol, fds, count);
      return FALSE;
    }
  if (message.msg_flags & MSG_CTRUNC)
    {
      /* The byte that came is not the broadcast. */
      engine_notice (protocol->context, ENGINE_NOTICE_BROADCAST,
                     _("A broadcast was lost: this process may have no more descriptors"));
      return TRUE;
    }
  if (n == 0)
    return FALSE;
  process_channel_take_bytes (protocol, &message, payload, (gsize) n);

  return TRUE;
}

/* Descriptors that wait to be closed must not become ever more: others stay in the channel, and their senders
 * wait. */
static gboolean
process_channel_may_receive (EngineProtocol *protocol)
{
  EngineContext *context = protocol->context;

  if (context->destroyed)
    return FALSE;
  if (context->closer == NULL || engine_closer_has_room (context->closer))
    return TRUE;

  process_channel_rest (protocol, _("descriptors that came with others wait to be closed"));

  return FALSE;
}

void
engine_process_channel_receive (EngineIteration *iteration, EngineProtocol *protocol)
{
  guint8 *buffer = iteration->buffer + ENGINE_RECEIVE_PADDING;

  for (guint i = 0; i < PROCESS_CHANNEL_RECEIVES && engine_iteration_has_time (iteration) && process_channel_may_receive (protocol); i++)
    if (!process_channel_receive_one (protocol, buffer, ENGINE_RECEIVE_BUFFER))
      return;
}
