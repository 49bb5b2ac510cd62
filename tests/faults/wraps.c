/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The linker's --wrap=call leads each call of the library to __wrap_call(), and
 * __real_call() to the C library. */

#define WRAP(type, call, parameters, ...)                                                                          \
  type __real_##call parameters;                                                                                   \
  type __wrap_##call parameters;                                                                                   \
  type __wrap_##call parameters                                                                                    \
  {                                                                                                                \
    int failure;                                                                                                   \
                                                                                                                   \
    if (fault_strikes (#call, &failure))                                                                           \
      {                                                                                                            \
        errno = failure;                                                                                           \
        return (type) -1;                                                                                          \
      }                                                                                                            \
                                                                                                                   \
    return __real_##call (__VA_ARGS__);                                                                            \
  }

/* A call that moves so many bytes, and may move fewer. */
#define WRAP_TRANSFER(call, parameters, length, ...)                                                               \
  ssize_t __real_##call parameters;                                                                                \
  ssize_t __wrap_##call parameters;                                                                                \
  ssize_t __wrap_##call parameters                                                                                 \
  {                                                                                                                \
    int failure;                                                                                                   \
                                                                                                                   \
    if (fault_strikes (#call, &failure))                                                                           \
      {                                                                                                            \
        if (failure != FAULT_SHORT)                                                                                \
          {                                                                                                        \
            errno = failure;                                                                                       \
            return -1;                                                                                             \
          }                                                                                                        \
        length = MIN (length, 1);                                                                                  \
      }                                                                                                            \
                                                                                                                   \
    return __real_##call (__VA_ARGS__);                                                                            \
  }

/* --- sockets */

WRAP (int, socket, (int family, int type, int protocol), family, type, protocol)
WRAP (int, socketpair, (int family, int type, int protocol, int ends[2]), family, type, protocol, ends)
WRAP (int, bind, (int fd, const struct sockaddr *address, socklen_t length), fd, address, length)
WRAP (int, listen, (int fd, int backlog), fd, backlog)
WRAP (int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), fd, address, length, flags)
WRAP (int, setsockopt, (int fd, int level, int option, const void *value, socklen_t length), fd, level, option, value,
      length)
WRAP (int, getsockopt, (int fd, int level, int option, void *value, socklen_t *length), fd, level, option, value,
      length)
WRAP (int, getsockname, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
WRAP (int, getpeername, (int fd, struct sockaddr *address, socklen_t *length), fd, address, length)
WRAP (int, shutdown, (int fd, int how), fd, how)
WRAP_TRANSFER (recv, (int fd, void *bytes, size_t length, int flags), length, fd, bytes, length, flags)

/* Of a datagram all is sent or nothing. */
static gboolean
is_stream (int fd)
{
  int type = 0;
  socklen_t length = sizeof type;

  return __real_getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

ssize_t __real_send (int fd, const void *bytes, size_t length, int flags);
ssize_t __wrap_send (int fd, const void *bytes, size_t length, int flags);
ssize_t
__wrap_send (int fd, const void *bytes, size_t length, int flags)
{
  int failure;

  if (!fault_strikes ("send", &failure))
    return __real_send (fd, bytes, length, flags);

  if (failure != FAULT_SHORT)
    {
      errno = failure;
      return -1;
    }

  return __real_send (fd, bytes, is_stream (fd) ? MIN (length, 1) : length, flags);
}

WRAP_TRANSFER (sendfile64, (int fd, int file, off_t *offset, size_t length), length, fd, file, offset, length)

ssize_t __real_sendmsg (int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg (int fd, const struct msghdr *message, int flags);
ssize_t
__wrap_sendmsg (int fd, const struct msghdr *message, int flags)
{
  struct iovec one = { message->msg_iov[0].iov_base, MIN (message->msg_iov[0].iov_len, 1) };
  struct msghdr less = *message;
  int failure;

  if (!fault_strikes ("sendmsg", &failure))
    return __real_sendmsg (fd, message, flags);

  if (failure != FAULT_SHORT)
    {
      errno = failure;
      return -1;
    }
  less.msg_iov = &one;
  less.msg_iovlen = 1;

  return __real_sendmsg (fd, &less, flags);
}

ssize_t __real_recvmsg (int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg (int fd, struct msghdr *message, int flags);
ssize_t
__wrap_recvmsg (int fd, struct msghdr *message, int flags)
{
  int failure;

  if (!fault_strikes ("recvmsg", &failure))
    return __real_recvmsg (fd, message, flags);

  if (failure != FAULT_TRUNCATED)
    {
      errno = failure;
      return -1;
    }
  /* What the kernel does with a descriptor for which there is no room. */
  message->msg_control = NULL;
  message->msg_controllen = 0;

  return __real_recvmsg (fd, message, flags);
}

/* --- epoll */

WRAP (int, epoll_create1, (int flags), flags)

int __real_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event);
int
__wrap_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event)
{
  const char *call = operation == EPOLL_CTL_ADD   ? "epoll_ctl-add"
                     : operation == EPOLL_CTL_MOD ? "epoll_ctl-mod"
                                                  : "epoll_ctl-del";
  int failure;

  if (!fault_strikes (call, &failure))
    return __real_epoll_ctl (epoll_fd, operation, fd, event);

  errno = failure;

  return -1;
}

int __real_epoll_wait (int epoll_fd, struct epoll_event *events, int size, int timeout);
int __wrap_epoll_wait (int epoll_fd, struct epoll_event *events, int size, int timeout);
int
__wrap_epoll_wait (int epoll_fd, struct epoll_event *events, int size, int timeout)
{
  int failure;

  fault_count_turn ();
  if (!fault_strikes ("epoll_wait", &failure))
    return __real_epoll_wait (epoll_fd, events, size, timeout);

  errno = failure;

  return -1;
}

WRAP (int, eventfd, (unsigned int count, int flags), count, flags)
WRAP (int, poll, (struct pollfd *fds, nfds_t count, int timeout), fds, count, timeout)

/* --- files */

WRAP_TRANSFER (read, (int fd, void *bytes, size_t length), length, fd, bytes, length)
WRAP_TRANSFER (write, (int fd, const void *bytes, size_t length), length, fd, bytes, length)
WRAP_TRANSFER (pread64, (int fd, void *bytes, size_t length, off_t offset), length, fd, bytes, length, offset)

/* The same call where the compiler knows how much room there is. */
ssize_t __wrap___pread64_chk (int fd, void *bytes, size_t length, off_t offset, size_t room);
ssize_t
__wrap___pread64_chk (int fd, void *bytes, size_t length, off_t offset, size_t room)
{
  g_assert_cmpuint (length, <=, room);

  return __wrap_pread64 (fd, bytes, length, offset);
}

WRAP_TRANSFER (getrandom, (void *bytes, size_t length, unsigned int flags), length, bytes, length, flags)
WRAP (int, fstat64, (int fd, struct stat *status), fd, status)
WRAP (int, memfd_create, (const char *name, unsigned int flags), name, flags)

/* The last arguments of these are of any type, and may be missing. */
WRAP (int, open64, (const char *path, int flags, long mode), path, flags, mode)
WRAP (int, fcntl64, (int fd, int command, long argument), fd, command, argument)

void *__real_mmap64 (void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64 (void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *
__wrap_mmap64 (void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
  int failure;

  if (!fault_strikes ("mmap64", &failure))
    return __real_mmap64 (address, length, protection, flags, fd, offset);

  errno = failure;

  return MAP_FAILED;
}

/* --- processes */

WRAP (pid_t, fork, (void))
WRAP (pid_t, waitpid, (pid_t child, int *status, int options), child, status, options)
WRAP (int, setgroups, (size_t count, const gid_t *groups), count, groups)
WRAP (int, setgid, (gid_t group), group)
WRAP (int, setuid, (uid_t user), user)
WRAP (int, getresuid, (uid_t * real, uid_t *effective, uid_t *saved), real, effective, saved)
WRAP (int, getresgid, (gid_t * real, gid_t *effective, gid_t *saved), real, effective, saved)

/* Of all that syscall() can do the library uses two. */
long __real_syscall (long number, long a, long b, long c, long d);
long __wrap_syscall (long number, long a, long b, long c, long d);
long
__wrap_syscall (long number, long a, long b, long c, long d)
{
  int failure;

  g_assert_true (number == SYS_pidfd_open || number == SYS_openat2);
  if (!fault_strikes (number == SYS_openat2 ? "syscall-openat2" : "syscall", &failure))
    return __real_syscall (number, a, b, c, d);

  errno = failure;

  return -1;
}

gpointer
fault_free_share (gsize size)
{
  gpointer memory = __real_mmap64 (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_assert_true (memory != MAP_FAILED);

  return memory;
}

/* The kernel takes less at once, and then says so. */
void
fault_free_shrink (int fd)
{
  const int small = 4096;

  g_assert_cmpint (__real_setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), ==, 0);
}

pid_t
fault_free_fork (void)
{
  return __real_fork ();
}

pid_t
fault_free_waitpid (pid_t child, int *status, int options)
{
  return __real_waitpid (child, status, options);
}
