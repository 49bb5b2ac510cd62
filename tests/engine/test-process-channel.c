/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/connection/context-private.h"
#include "owner.h"

/* Broadcasts from other processes. */

#define MIB (1024 * 1024)

/* A payload with the room that the engine wants around it. */
static guint8 *
payload_new (gsize length, guint8 **payload)
{
  guint8 *bytes = g_malloc (WIRE_FRAME_HEADER_MAX + length + 1);

  *payload = bytes + WIRE_FRAME_HEADER_MAX;
  for (gsize i = 0; i < length; i++)
    (*payload)[i] = (guint8) (i * 5 + i / 257 + length);

  return bytes;
}

typedef gboolean (*ChildFunc) (Owner *owner);

/* Runs @func in a child, which ends with its result. */
static pid_t
fork_child (Owner *owner, ChildFunc func)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (func (owner) ? 0 : 1);

  return pid;
}

static void
expect_success (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

/* Around the size up to which a broadcast is a datagram. */
static const gsize sizes[] = { 1, 2, 1000, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, MIB, 16 * MIB, 0 };

static gboolean
broadcast_sizes (Owner *owner)
{
  gboolean sent = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *payload;
      g_autofree guint8 *bytes = payload_new (sizes[i], &payload);

      sent &= engine_protocol_broadcast (owner->protocol, payload, sizes[i], NULL);
    }

  return sent;
}

static void
test_sizes (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  pid_t child = fork_child (owner, broadcast_sizes);
  gsize at = 0;

  owner_wait (owner, OWNER_BROADCAST, G_N_ELEMENTS (sizes));
  expect_success (child);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *payload;
      g_autofree guint8 *bytes = payload_new (sizes[i], &payload);

      g_assert_cmpmem (owner->received->data + at, sizes[i], payload, sizes[i]);
      at += sizes[i];
    }
  g_assert_cmpuint (owner->received->len, ==, at);
}

static gboolean
broadcast_too_large (Owner *owner)
{
  guint8 byte = 0;
  g_autoptr (GError) error = NULL;

  return !engine_protocol_broadcast (owner->protocol, &byte, ENGINE_BROADCAST_MAX + 1, &error) &&
         g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
}

static void
test_too_large (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  expect_success (fork_child (owner, broadcast_too_large));
  g_assert_true (broadcast_too_large (owner));
}

#define WRITER_COUNT 2000

static gboolean
write_many (Owner *owner)
{
  for (guint32 i = 0; i < WRITER_COUNT; i++)
    if (!engine_protocol_broadcast (owner->protocol, (guint8 *) (guint32[]){ (guint32) getpid (), i }, 8, NULL))
      return FALSE;

  return TRUE;
}

/* A full channel makes the writers wait; nothing is lost, and each one's order kept. */
static void
test_writers (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  pid_t children[3];
  guint32 next[3] = { 0 };
  const guint32 *call;

  for (guint i = 0; i < 3; i++)
    children[i] = fork_child (owner, write_many);
  owner_wait (owner, OWNER_BROADCAST, 3 * WRITER_COUNT);
  for (guint i = 0; i < 3; i++)
    expect_success (children[i]);

  call = (const guint32 *) (gpointer) owner->received->data;
  for (guint n = 0; n < 3 * WRITER_COUNT; n++, call += 2)
    for (guint i = 0; i < 3; i++)
      if (call[0] == (guint32) children[i])
        {
          g_assert_cmpuint (call[1], ==, next[i]);
          next[i]++;
        }
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (next[i], ==, WRITER_COUNT);
}

/* --- whoever writes to the descriptor itself */

static void
test_bare_write (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  int fd = owner->protocol->channel.sender;

  g_assert_cmpint (write (fd, "one", 3), ==, 3);
  g_assert_cmpint (write (fd, "three", 5), ==, 5);
  owner_wait (owner, OWNER_BROADCAST, 2);
  g_assert_cmpstr (owner->log->str, ==, "broadcast one\nbroadcast three\n");
}

static void
pass_descriptor (int sender, int fd)
{
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control = { .header = { .cmsg_len = CMSG_LEN (sizeof (int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
  char byte = 0;
  struct iovec part = { &byte, 1 };
  const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                                  .msg_controllen = sizeof control.space };

  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  g_assert_cmpint (sendmsg (sender, &message, 0), ==, 1);
}

static int
memfd_new (const char *text, int seals)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_cmpint (write (fd, text, strlen (text)), ==, (int) strlen (text));
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, seals), ==, 0);

  return fd;
}

/* What could change or block while it is read is not read at all. */
static void
test_descriptor_refused (void)
{
  const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  g_autoptr (Owner) owner = owner_new_deaf ();
  int ends[2];
  int fds[4];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  fds[0] = memfd_new ("without seals", 0);
  fds[1] = memfd_new ("may shrink", all & ~F_SEAL_SHRINK);
  fds[2] = memfd_new ("may be written to", all & ~F_SEAL_WRITE);
  fds[3] = ends[0];
  /* The log is told once. */
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_INFO, "A broadcast was refused: *");
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      pass_descriptor (owner->protocol->channel.sender, fds[i]);
      close (fds[i]);
    }
  close (ends[1]);
  fds[0] = memfd_new ("sealed", all);
  pass_descriptor (owner->protocol->channel.sender, fds[0]);
  close (fds[0]);
  owner_wait (owner, OWNER_BROADCAST, 1);

  g_test_assert_expected_messages ();
  g_assert_cmpstr (owner->log->str, ==, "broadcast sealed\n");
}

/* --- the service process does not keep up */

#define SIGNAL_MICROSECONDS 100000

/* By then it has waited for one minute. */
#define SIGNALS_MAX 600

static void
count_signal (int number)
{
  static volatile sig_atomic_t count;

  if (++count == SIGNALS_MAX)
    _exit (2);
}

static gboolean fail_to_broadcast (Owner *owner);

/* While one signal comes after the other, as for a profile. */
static gboolean
fill_under_signals (Owner *owner)
{
  const struct sigaction action = { .sa_handler = count_signal };
  const struct itimerval often = { { 0, SIGNAL_MICROSECONDS }, { 0, SIGNAL_MICROSECONDS } };

  sigaction (SIGALRM, &action, NULL);
  setitimer (ITIMER_REAL, &often, NULL);
  while (!fail_to_broadcast (owner))
    ;

  return TRUE;
}

static void
test_signals (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  expect_success (fork_child (owner, fill_under_signals));
}

/* --- the service process is gone */

static gboolean
fail_to_broadcast (Owner *owner)
{
  guint8 byte = 'x';
  g_autoptr (GError) error = NULL;

  return !engine_protocol_broadcast (owner->protocol, &byte, 1, &error) &&
         g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST);
}

static gboolean
just_end (Owner *owner)
{
  return engine_context_adopt (owner->context);
}

static void
test_dead_service (void)
{
  Owner *owner = owner_new_deaf ();

  /* The child takes the loop over and dies: first as a zombie, then without a trace.
   * Without pidfd_open() (valgrind, old kernels) a zombie seems to live. */
  int pidfd = (int) syscall (SYS_pidfd_open, getpid (), 0);
  pid_t child = fork_child (owner, just_end);
  siginfo_t info;

  g_assert_cmpint (waitid (P_PID, (id_t) child, &info, WEXITED | WNOWAIT), ==, 0);
  if (pidfd >= 0)
    {
      g_assert_true (fail_to_broadcast (owner));
      close (pidfd);
    }
  expect_success (child);
  g_assert_true (fail_to_broadcast (owner));
  owner_free (owner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/channel/sizes", test_sizes);
  g_test_add_func ("/engine/channel/too-large", test_too_large);
  g_test_add_func ("/engine/channel/writers", test_writers);
  g_test_add_func ("/engine/channel/bare-write", test_bare_write);
  g_test_add_func ("/engine/channel/descriptor-refused", test_descriptor_refused);
  g_test_add_func ("/engine/channel/signals", test_signals);
  g_test_add_func ("/engine/channel/dead-service", test_dead_service);

  return g_test_run ();
}
