/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-buffer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A cipher on one end of a pair of sockets. */
typedef struct {
  EngineTlsBufferPool pool;
  EngineTlsBuffer tls_buffer;
  int ours;
  int theirs;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  f->ours = fds[0];
  f->theirs = fds[1];
  engine_tls_buffer_init (&f->tls_buffer, &f->pool);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  engine_tls_buffer_clear (&f->tls_buffer);
  engine_tls_buffer_pool_clear (&f->pool);
  close (f->ours);
  if (f->theirs >= 0)
    close (f->theirs);
}

static void
arrives (Fixture *f, const char *text)
{
  g_assert_cmpint (send (f->theirs, text, strlen (text), 0), ==, (gssize) strlen (text));
}

static void
expect_pull (EngineTlsBuffer *tls_buffer, gsize length, const char *text)
{
  char buffer[64];
  gssize got = engine_tls_buffer_pull (tls_buffer, buffer, length);

  g_assert_cmpint (got, >=, 0);
  g_assert_cmpmem (buffer, (gsize) got, text, strlen (text));
}

static void
expect_received (int fd, const char *text)
{
  char buffer[64];
  gssize got = recv (fd, buffer, sizeof buffer, 0);

  g_assert_cmpint (got, >=, 0);
  g_assert_cmpmem (buffer, (gsize) got, text, strlen (text));
}

/* --- receiving */

static void
test_receive (Fixture *f, gconstpointer data)
{
  char byte;

  g_assert_cmpint (engine_tls_buffer_pull (&f->tls_buffer, &byte, 1), ==, -EAGAIN);
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, -EAGAIN);
  arrives (f, "encrypted");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 9);
  expect_pull (&f->tls_buffer, 2, "en");
  expect_pull (&f->tls_buffer, 64, "crypted");
  g_assert_cmpint (engine_tls_buffer_pull (&f->tls_buffer, &byte, 1), ==, -EAGAIN);
}

/* What was received before comes first, and no more is asked of the kernel meanwhile. */
static void
test_receive_rest (Fixture *f, gconstpointer data)
{
  arrives (f, "first");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 5);
  expect_pull (&f->tls_buffer, 1, "f");
  arrives (f, "second");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 4);
  expect_pull (&f->tls_buffer, 64, "irst");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 3), ==, 3);
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 3), ==, 3);
  expect_pull (&f->tls_buffer, 64, "sec");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 3);
  expect_pull (&f->tls_buffer, 64, "ond");
}

static void
test_receive_end (Fixture *f, gconstpointer data)
{
  char byte;

  arrives (f, "last");
  g_assert_cmpint (shutdown (f->theirs, SHUT_WR), ==, 0);
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 4);
  g_assert_false (f->tls_buffer.ended);
  expect_pull (&f->tls_buffer, 64, "last");
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 0);
      g_assert_true (f->tls_buffer.ended);
      g_assert_cmpint (engine_tls_buffer_pull (&f->tls_buffer, &byte, 1), ==, 0);
    }
}

static void
test_receive_fails (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, -1, 100), ==, -EBADF);
  /* The next one is no worse for it. */
  arrives (f, "x");
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, 1);
}

/* --- the buffers that are lent */

static void
test_keep (Fixture *f, gconstpointer data)
{
  EngineTlsBuffer other;

  arrives (f, "abcdef");
  engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100);
  g_assert_null (f->pool.in);
  expect_pull (&f->tls_buffer, 2, "ab");
  engine_tls_buffer_keep (&f->tls_buffer);
  g_assert_nonnull (f->pool.in);
  g_assert_null (f->tls_buffer.buffer);

  /* Somebody else writes over the buffer meanwhile. */
  engine_tls_buffer_init (&other, &f->pool);
  arrives (f, "OTHERS");
  engine_tls_buffer_receive (&other, f->ours, 100);
  expect_pull (&other, 64, "OTHERS");
  engine_tls_buffer_keep (&other);
  engine_tls_buffer_clear (&other);

  expect_pull (&f->tls_buffer, 1, "c");
  /* Nothing was lent: what is kept stays where it is. */
  engine_tls_buffer_keep (&f->tls_buffer);
  expect_pull (&f->tls_buffer, 64, "def");
  g_assert_nonnull (f->tls_buffer.kept);
  g_assert_cmpint (engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100), ==, -EAGAIN);
  g_assert_null (f->tls_buffer.kept);
}

/* A nested iteration finds nothing to borrow, and of what comes back one is enough. */
static void
test_nested (Fixture *f, gconstpointer data)
{
  EngineTlsBuffer inner;

  arrives (f, "outer");
  engine_tls_buffer_receive (&f->tls_buffer, f->ours, 100);
  engine_tls_buffer_init (&inner, &f->pool);
  arrives (f, "inner");
  engine_tls_buffer_receive (&inner, f->ours, 100);
  expect_pull (&inner, 64, "inner");
  expect_pull (&f->tls_buffer, 64, "outer");
  engine_tls_buffer_keep (&inner);
  g_assert_nonnull (f->pool.in);
  engine_tls_buffer_keep (&f->tls_buffer);
  g_assert_null (f->tls_buffer.buffer);
  engine_tls_buffer_clear (&inner);
}

/* --- sending */

static void
test_send (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (engine_tls_buffer_waiting (&f->tls_buffer), ==, 0);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, 0);
  engine_tls_buffer_push (&f->tls_buffer, "one ", 4);
  engine_tls_buffer_push (&f->tls_buffer, "two", 3);
  g_assert_cmpuint (engine_tls_buffer_waiting (&f->tls_buffer), ==, 7);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, 0);
  g_assert_cmpuint (engine_tls_buffer_waiting (&f->tls_buffer), ==, 0);
  expect_received (f->theirs, "one two");

  /* The buffer was given back, and serves the next. */
  g_assert_null (f->tls_buffer.out);
  g_assert_nonnull (f->pool.out);
  engine_tls_buffer_push (&f->tls_buffer, "three", 5);
  g_assert_null (f->pool.out);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, 0);
  expect_received (f->theirs, "three");
}

/* A kernel that is full: everything arrives once, and in order. */
static void
test_send_full (Fixture *f, gconstpointer data)
{
  g_autofree guint8 *bytes = g_malloc (1 << 20);
  g_autofree guint8 *arrived = g_malloc (1 << 20);
  gsize done = 0;
  guint blocked = 0;

  for (gsize i = 0; i < 1 << 20; i++)
    bytes[i] = (guint8) (i * 31 + (i >> 10));
  engine_tls_buffer_push (&f->tls_buffer, bytes, 1 << 19);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, -EAGAIN);
  /* More comes while the beginning is on its way. */
  engine_tls_buffer_push (&f->tls_buffer, bytes + (1 << 19), 1 << 19);

  while (done < 1 << 20)
    {
      gssize got;

      blocked += engine_tls_buffer_flush (&f->tls_buffer, f->ours) == -EAGAIN ? 1 : 0;
      got = recv (f->theirs, arrived + done, MIN (10000, (1 << 20) - done), 0);
      g_assert_cmpint (got, >, 0);
      done += (gsize) got;
    }
  g_assert_cmpuint (blocked, >, 1);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, 0);
  g_assert_cmpmem (arrived, done, bytes, 1 << 20);
}

static void
test_send_lost (Fixture *f, gconstpointer data)
{
  close (f->theirs);
  f->theirs = -1;
  engine_tls_buffer_push (&f->tls_buffer, "into the void", 13);
  g_assert_cmpint (engine_tls_buffer_flush (&f->tls_buffer, f->ours), ==, -EPIPE);
  g_assert_cmpuint (engine_tls_buffer_waiting (&f->tls_buffer), ==, 13);
  engine_tls_buffer_clear (&f->tls_buffer);
  g_assert_cmpuint (engine_tls_buffer_waiting (&f->tls_buffer), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/engine/cipher/receive", Fixture, NULL, set_up, test_receive, tear_down);
  g_test_add ("/engine/cipher/receive-rest", Fixture, NULL, set_up, test_receive_rest, tear_down);
  g_test_add ("/engine/cipher/receive-end", Fixture, NULL, set_up, test_receive_end, tear_down);
  g_test_add ("/engine/cipher/receive-fails", Fixture, NULL, set_up, test_receive_fails, tear_down);
  g_test_add ("/engine/cipher/keep", Fixture, NULL, set_up, test_keep, tear_down);
  g_test_add ("/engine/cipher/nested", Fixture, NULL, set_up, test_nested, tear_down);
  g_test_add ("/engine/cipher/send", Fixture, NULL, set_up, test_send, tear_down);
  g_test_add ("/engine/cipher/send-full", Fixture, NULL, set_up, test_send_full, tear_down);
  g_test_add ("/engine/cipher/send-lost", Fixture, NULL, set_up, test_send_lost, tear_down);

  return g_test_run ();
}
