/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>
#include <unistd.h>

/* More than a script ever opens. */
#define DESCRIPTORS_MAX 16

/* Any moment but 0. */
#define CLOCK_START (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

#define RANDOM_START 0x6c777367

typedef struct {
  int fd;
  gboolean watched;
  struct epoll_event interest;
  KernelReady ready;
  gpointer data;
} Descriptor;

static struct {
  Descriptor descriptors[DESCRIPTORS_MAX];
  guint n_descriptors;
  gint64 clock;
  guint32 random;
} kernel;

/* Named by the linker's option --wrap. */
int __real_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event);
int __real_epoll_wait (int epoll_fd, struct epoll_event *events, int n_events, int timeout);
int __wrap_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_wait (int epoll_fd, struct epoll_event *events, int n_events, int timeout);
gint64 __wrap_g_get_monotonic_time (void);
ssize_t __wrap_getrandom (void *buffer, size_t length, unsigned int flags);

void
kernel_reset (void)
{
  kernel.n_descriptors = 0;
  kernel.clock = CLOCK_START;
  kernel.random = RANDOM_START;
}

static Descriptor *
find_descriptor (int fd)
{
  for (guint i = 0; i < kernel.n_descriptors; i++)
    if (kernel.descriptors[i].fd == fd)
      return &kernel.descriptors[i];

  return NULL;
}

int
kernel_attach (KernelReady ready, gpointer data)
{
  int fd = eventfd (0, EFD_CLOEXEC);
  Descriptor *descriptor = find_descriptor (fd);

  g_assert_cmpint (fd, >=, 0);
  if (descriptor == NULL)
    {
      g_assert_cmpuint (kernel.n_descriptors, <, DESCRIPTORS_MAX);
      descriptor = &kernel.descriptors[kernel.n_descriptors++];
    }
  /* Whoever closes a descriptor takes it out of epoll first: copies would keep it there. */
  else
    g_assert_false (descriptor->watched);
  *descriptor = (Descriptor) { .fd = fd, .ready = ready, .data = data };

  return fd;
}

gboolean
kernel_watches_anything (void)
{
  for (guint i = 0; i < kernel.n_descriptors; i++)
    if (kernel.descriptors[i].watched)
      return TRUE;

  return FALSE;
}

static guint32
descriptor_events (const Descriptor *descriptor)
{
  return descriptor->watched
             ? descriptor->ready (descriptor->data) & (descriptor->interest.events | EPOLLERR | EPOLLHUP)
             : 0;
}

gboolean
kernel_has_events (void)
{
  for (guint i = 0; i < kernel.n_descriptors; i++)
    if (descriptor_events (&kernel.descriptors[i]) != 0)
      return TRUE;

  return FALSE;
}

void
kernel_advance (gint64 microseconds)
{
  kernel.clock += microseconds;
}

int
kernel_next_descriptor (void)
{
  int fd = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

  close (fd);

  return fd;
}

/* --- in the place of the originals */

int
__wrap_epoll_ctl (int epoll_fd, int operation, int fd, struct epoll_event *event)
{
  Descriptor *descriptor = find_descriptor (fd);

  if (descriptor == NULL)
    return __real_epoll_ctl (epoll_fd, operation, fd, event);

  if (descriptor->watched == (operation == EPOLL_CTL_ADD))
    {
      errno = descriptor->watched ? EEXIST : ENOENT;
      return -1;
    }
  descriptor->watched = operation != EPOLL_CTL_DEL;
  if (descriptor->watched)
    descriptor->interest = *event;

  return 0;
}

int
__wrap_epoll_wait (int epoll_fd, struct epoll_event *events, int n_events, int timeout)
{
  int count = 0;
  int others;

  g_assert_cmpint (n_events, >, DESCRIPTORS_MAX);
  for (guint i = 0; i < kernel.n_descriptors; i++)
    {
      const Descriptor *descriptor = &kernel.descriptors[i];
      guint32 told = descriptor_events (descriptor);

      if (told != 0)
        events[count++] = (struct epoll_event) { .events = told, .data = descriptor->interest.data };
    }

  /* Letters of other threads, which here are our own. */
  others = __real_epoll_wait (epoll_fd, events + count, n_events - count, 0);

  return count + MAX (others, 0);
}

gint64
__wrap_g_get_monotonic_time (void)
{
  return kernel.clock;
}

ssize_t
__wrap_getrandom (void *buffer, size_t length, unsigned int flags)
{
  guint8 *bytes = buffer;

  for (size_t i = 0; i < length; i++)
    {
      kernel.random = kernel.random * 1664525 + 1013904223;
      bytes[i] = (guint8) (kernel.random >> 24);
    }

  return (ssize_t) length;
}
