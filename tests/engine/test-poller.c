/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/poller-private.h"

typedef struct {
  int epoll_fd;
  int ends[2];
  EngineWatch watch;            /* of the first end */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  g_assert_cmpint (fixture->epoll_fd, >=, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture->ends), ==, 0);
  engine_watch_init (&fixture->watch, ENGINE_WATCH_PROCESS_CHANNEL, fixture->ends[0]);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close (fixture->epoll_fd);
  close (fixture->ends[0]);
  close (fixture->ends[1]);
}

/* What epoll tells of the watch, 0 for nothing. */
static guint32
told (int epoll_fd, EngineWatch *watch)
{
  struct epoll_event event = { 0 };

  if (epoll_wait (epoll_fd, &event, 1, 0) == 0)
    return 0;
  g_assert_true (event.data.ptr == watch);

  return event.events;
}

static void
test_set (Fixture *fixture, gconstpointer data)
{
  EngineWatch *watch = &fixture->watch;

  g_assert_cmpint (watch->kind, ==, ENGINE_WATCH_PROCESS_CHANNEL);
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, EPOLLIN));
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, 0);
  g_assert_cmpint (write (fixture->ends[1], "x", 1), ==, 1);
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, EPOLLIN);
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, EPOLLIN | EPOLLOUT));
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, EPOLLIN | EPOLLOUT);
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, 0));
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, 0);
  /* Even so a hang-up is told. */
  g_assert_cmpint (shutdown (fixture->ends[1], SHUT_RDWR), ==, 0);
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, EPOLLHUP);
}

/* What is set already costs no call: not even a bad descriptor is noticed. */
static void
test_unchanged (Fixture *fixture, gconstpointer data)
{
  g_assert_true (engine_poller_set (fixture->epoll_fd, &fixture->watch, EPOLLIN));
  g_assert_true (engine_poller_set (-1, &fixture->watch, EPOLLIN));
  g_assert_false (engine_poller_set (-1, &fixture->watch, EPOLLOUT));
  g_assert_cmpint (errno, ==, EBADF);
  /* A failure leaves what was. */
  g_assert_cmphex (fixture->watch.events, ==, EPOLLIN);
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  EngineWatch *watch = &fixture->watch;

  g_assert_true (engine_poller_remove (fixture->epoll_fd, watch));
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, EPOLLOUT));
  g_assert_true (engine_poller_remove (fixture->epoll_fd, watch));
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, 0);
  g_assert_cmpint (shutdown (fixture->ends[1], SHUT_RDWR), ==, 0);
  g_assert_cmphex (told (fixture->epoll_fd, watch), ==, 0);
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, EPOLLOUT));
  g_assert_cmphex (told (fixture->epoll_fd, watch) & EPOLLOUT, ==, EPOLLOUT);
}

static void
test_move (Fixture *fixture, gconstpointer data)
{
  EngineWatch *watch = &fixture->watch;
  int other = epoll_create1 (EPOLL_CLOEXEC);

  /* What is not watched here will not be watched there. */
  g_assert_true (engine_poller_move (other, watch));
  g_assert_cmpint (watch->added, ==, FALSE);
  g_assert_true (engine_poller_set (fixture->epoll_fd, watch, EPOLLOUT));
  g_assert_true (engine_poller_move (other, watch));
  g_assert_cmphex (told (other, watch), ==, EPOLLOUT);
  close (other);
}

#define ADD(name, func) g_test_add ("/engine/poller/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("set", test_set);
  ADD ("unchanged", test_unchanged);
  ADD ("remove", test_remove);
  ADD ("move", test_move);

  return g_test_run ();
}
