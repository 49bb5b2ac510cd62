/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic.h"
#include "object.h"
#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Each failure that a system call of the library may meet, at each of its occurrences in
 * each scenario. Whatever fails: nothing crashes, no descriptor and no memory is lost, no
 * loop iterations for nothing, the failure is told, and afterwards new clients are served. */

/* Further occurrences of a call are no different. */
#define OCCURRENCES 4

typedef enum {
  ROW_LASTING = 1 << 0,         /* may go on; the others would mean the opposite if they did */
  ROW_ROOT = 1 << 1,            /* only root comes to make the call */
  ROW_PEER = 1 << 2,            /* the peer's doing, which is no more than noted */
} RowFlags;

typedef struct {
  const char *call;
  const char *name;
  int failure;
  RowFlags flags;
} Row;

#define ROW(call, failure, flags) { call, #failure, failure, flags }
#define SHORT FAULT_SHORT
#define TRUNCATED FAULT_TRUNCATED

static const Row rows[] = {
  ROW ("socket", EMFILE, ROW_LASTING),
  ROW ("socket", EAFNOSUPPORT, ROW_LASTING),
  ROW ("socketpair", EMFILE, ROW_LASTING),
  ROW ("bind", EADDRINUSE, ROW_LASTING),
  ROW ("bind", EADDRNOTAVAIL, ROW_LASTING),
  ROW ("listen", EADDRINUSE, ROW_LASTING),
  ROW ("accept4", EMFILE, ROW_LASTING),
  ROW ("accept4", ENFILE, ROW_LASTING),
  ROW ("accept4", ENOMEM, ROW_LASTING),
  ROW ("accept4", ENOBUFS, ROW_LASTING),
  ROW ("accept4", EIO, ROW_LASTING),
  ROW ("accept4", ECONNABORTED, 0),
  ROW ("accept4", EPERM, 0),
  ROW ("accept4", EINTR, 0),
  ROW ("accept4", EAGAIN, 0),
  ROW ("setsockopt", ENOPROTOOPT, ROW_LASTING),
  ROW ("getsockopt", ENOPROTOOPT, ROW_LASTING),
  ROW ("getsockname", ENOBUFS, ROW_LASTING),
  ROW ("getpeername", ENOTCONN, ROW_LASTING),
  ROW ("shutdown", ENOTCONN, ROW_LASTING),
  ROW ("recv", ENOMEM, ROW_LASTING),
  ROW ("recv", ECONNRESET, ROW_LASTING | ROW_PEER),
  ROW ("recv", EAGAIN, 0),
  ROW ("recv", EINTR, 0),
  ROW ("recv", SHORT, 0),
  ROW ("send", ENOMEM, ROW_LASTING),
  ROW ("send", ENOBUFS, ROW_LASTING),
  ROW ("send", EPIPE, ROW_LASTING | ROW_PEER),
  ROW ("send", EAGAIN, 0),
  ROW ("send", EINTR, 0),
  ROW ("send", SHORT, 0),
  ROW ("sendmsg", ENOMEM, ROW_LASTING),
  ROW ("sendmsg", ENOBUFS, ROW_LASTING),
  ROW ("sendmsg", ECONNRESET, ROW_LASTING | ROW_PEER),
  ROW ("sendmsg", EAGAIN, 0),
  ROW ("sendmsg", EINTR, 0),
  ROW ("sendmsg", SHORT, 0),
  ROW ("recvmsg", ENOMEM, ROW_LASTING),
  ROW ("recvmsg", EINTR, 0),
  ROW ("recvmsg", EAGAIN, 0),
  ROW ("recvmsg", TRUNCATED, ROW_LASTING),
  ROW ("sendfile64", EIO, ROW_LASTING),
  ROW ("sendfile64", ENOMEM, ROW_LASTING),
  ROW ("sendfile64", EPIPE, ROW_LASTING | ROW_PEER),
  ROW ("sendfile64", EAGAIN, 0),
  ROW ("sendfile64", EINTR, 0),
  ROW ("sendfile64", SHORT, 0),

  ROW ("epoll_create1", EMFILE, ROW_LASTING),
  ROW ("epoll_create1", ENOMEM, ROW_LASTING),
  ROW ("epoll_ctl-add", ENOMEM, ROW_LASTING),
  ROW ("epoll_ctl-add", ENOSPC, ROW_LASTING),
  ROW ("epoll_ctl-mod", ENOMEM, ROW_LASTING),
  ROW ("epoll_ctl-del", ENOENT, ROW_LASTING),
  ROW ("epoll_wait", EBADF, ROW_LASTING),
  ROW ("epoll_wait", EINTR, 0),
  ROW ("eventfd", EMFILE, ROW_LASTING),
  ROW ("eventfd", ENOMEM, ROW_LASTING),
  ROW ("poll", ENOMEM, ROW_LASTING),
  ROW ("poll", EINTR, 0),

  ROW ("read", EINTR, 0),
  ROW ("read", EAGAIN, 0),
  ROW ("write", ENOSPC, ROW_LASTING),
  ROW ("write", EINTR, 0),
  ROW ("write", SHORT, 0),
  ROW ("pread64", EIO, ROW_LASTING),
  ROW ("pread64", EINTR, 0),
  ROW ("pread64", SHORT, 0),
  ROW ("open64", EMFILE, ROW_LASTING),
  ROW ("open64", ENOMEM, ROW_LASTING),
  ROW ("open64", EACCES, ROW_LASTING),
  ROW ("fstat64", ENOMEM, ROW_LASTING),
  ROW ("syscall-openat2", EMFILE, ROW_LASTING),
  ROW ("syscall-openat2", EACCES, ROW_LASTING),
  ROW ("syscall-openat2", ENOSYS, ROW_LASTING),
  ROW ("memfd_create", EMFILE, ROW_LASTING),
  ROW ("memfd_create", ENOSYS, ROW_LASTING),
  ROW ("fcntl64", EMFILE, ROW_LASTING),
  ROW ("fcntl64", EPERM, ROW_LASTING),
  ROW ("getrandom", ENOSYS, ROW_LASTING),
  ROW ("getrandom", EINTR, 0),
  ROW ("getrandom", SHORT, 0),
  ROW ("mmap64", ENOMEM, ROW_LASTING),

  ROW ("fork", EAGAIN, ROW_LASTING),
  ROW ("fork", ENOMEM, ROW_LASTING),
  ROW ("waitpid", ECHILD, ROW_LASTING),
  ROW ("waitpid", EINTR, 0),
  ROW ("syscall", ENOSYS, ROW_LASTING),
  ROW ("syscall", EMFILE, ROW_LASTING),
  ROW ("syscall", ESRCH, ROW_LASTING),
  ROW ("setgroups", EPERM, ROW_LASTING | ROW_ROOT),
  ROW ("setgid", EPERM, ROW_LASTING),
  ROW ("setuid", EAGAIN, ROW_LASTING),
  ROW ("getresuid", EFAULT, ROW_LASTING),
  ROW ("getresgid", EFAULT, ROW_LASTING),
};

static const Scenario scenarios[] = {
  { "classic-echo", scenario_classic_echo },
  { "classic-storm", scenario_classic_storm },
  { "classic-files", scenario_classic_files },
  { "broadcast-thread", scenario_broadcast_thread },
  { "broadcast-process", scenario_broadcast_process },
  { "fork-loop", scenario_fork_loop },
  { "fork-end", scenario_fork_end },
  { "privileges", scenario_privileges },
  { "object-echo", scenario_object_echo },
  { "object-files", scenario_object_files },
};

/* Under valgrind everything takes twenty times as long: one occurrence in one scenario
 * has to do. */
static gboolean
is_slow (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}

static guint
count_descriptors (void)
{
  DIR *directory = opendir ("/proc/self/fd");
  guint count = 0;

  g_assert_nonnull (directory);
  while (readdir (directory) != NULL)
    count++;
  closedir (directory);

  return count;
}

/* GIO closes what it was at when it was called off. */
static void
check_descriptors (guint before)
{
  gint64 end = g_get_monotonic_time () + RUN_PATIENCE;

  while (count_descriptors () > before && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (count_descriptors (), <=, before);
}

/* Returns whether all went well, or somebody was told that it did not. */
static gboolean
play (const Scenario *scenario, RowFlags flags)
{
  Run *run = run_new ();
  guint before = count_descriptors ();

  scenario->func (run);
  check_descriptors (before);

  return run->done || fault_get_strikes () == 0 || run_is_told (run) ||
         (flags & ROW_PEER && fault_get_notes () > 0);
}

/* Without a fault; also the first use of what GLib keeps for ever. */
static void
warm_up (const Scenario *scenario)
{
  Run *run = run_new ();

  fault_set ("none", 0, 0, FAULT_ONCE);
  fault_lift ();
  scenario->func (run);
  g_assert_true (run->done);
  g_assert_cmpuint (run->reports, ==, 0);
}

/* Does the scenario come to make that call at all? */
static gboolean
makes_call (const Scenario *scenario, const Row *row)
{
  static gboolean makes[G_N_ELEMENTS (scenarios)][G_N_ELEMENTS (rows)];
  static gboolean known[G_N_ELEMENTS (scenarios)];
  gsize index = (gsize) (scenario - scenarios);

  if (!known[index])
    {
      warm_up (scenario);
      known[index] = TRUE;
      for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        makes[index][i] = fault_get_tally (rows[i].call) > 0;
    }

  return makes[index][row - rows];
}

/* While there is a fault seconds are milliseconds, so that a machine that is busy elsewhere misses
 * a deadline now and then; but not each time. */
#define ATTEMPTS 5

/* Returns whether the call came to that occurrence. */
static gboolean
play_with_fault (const Row *row, const Scenario *scenario, guint nth, FaultDuration duration)
{
  gboolean good = FALSE;

  g_test_message ("%s: %s fails with %s at occurrence %u%s", scenario->name, row->call, row->name, nth,
                  duration == FAULT_LASTING ? " and on" : "");
  for (guint i = 0; i < ATTEMPTS && !good; i++)
    {
      fault_set (row->call, row->failure, nth, duration);
      good = play (scenario, row->flags);
      fault_lift ();
    }
  g_assert_true (good);

  return fault_get_strikes () > 0;
}

/* Returns how often the call was made to fail. */
static guint
play_occurrences (const Row *row, const Scenario *scenario, guint most)
{
  guint nth = 0;

  while (nth < most && play_with_fault (row, scenario, nth, FAULT_ONCE))
    {
      if (row->flags & ROW_LASTING)
        play_with_fault (row, scenario, nth, FAULT_LASTING);
      nth++;
    }

  return nth;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  guint most = is_slow () ? 1 : OCCURRENCES;
  guint strikes = 0;

  if (row->flags & ROW_ROOT && geteuid () != 0)
    {
      g_test_skip ("only root makes this call");
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (scenarios) && !(is_slow () && strikes > 0); i++)
    if (makes_call (&scenarios[i], row))
      strikes += play_occurrences (row, &scenarios[i], most);
  /* Or the table speaks of what never happens. */
  g_assert_cmpuint (strikes, >, 0);
  g_test_message ("%u occurrences failed", strikes);
}

static void
test_without (gconstpointer data)
{
  warm_up (data);
  g_assert_true (play (data, 0));
}

/* Modules of GIO, and the thread that GLib starts for it, would open descriptors of their
 * own when it suits them. */
static void
settle_glib (void)
{
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  /* Who wants to know of signals needs that thread. */
  g_source_unref (g_unix_signal_source_new (SIGUSR1));
}

int
main (int argc, char **argv)
{
  settle_glib ();
  g_test_init (&argc, &argv, NULL);
  fault_watch_log ();

  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    {
      g_autofree char *path = g_strconcat ("/faults/none/", scenarios[i].name, NULL);

      g_test_add_data_func (path, &scenarios[i], test_without);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/%s/%s", rows[i].call, rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
      fault_tally (rows[i].call);
    }

  return g_test_run ();
}
