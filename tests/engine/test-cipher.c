/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cipher-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A cipher on one end of a pair of sockets. */
typedef struct {
  EngineCipherStock stock;
  EngineCipher cipher;
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
  engine_cipher_init (&f->cipher, &f->stock);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  engine_cipher_clear (&f->cipher);
  engine_cipher_stock_clear (&f->stock);
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
expect_pull (EngineCipher *cipher, gsize length, const char *text)
{
  char buffer[64];
  gssize got = engine_cipher_pull (cipher, buffer, length);

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

  g_assert_cmpint (engine_cipher_pull (&f->cipher, &byte, 1), ==, -EAGAIN);
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, -EAGAIN);
  arrives (f, "encrypted");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 9);
  expect_pull (&f->cipher, 2, "en");
  expect_pull (&f->cipher, 64, "crypted");
  g_assert_cmpint (engine_cipher_pull (&f->cipher, &byte, 1), ==, -EAGAIN);
}

/* What was received before comes first, and no more is asked of the kernel meanwhile. */
static void
test_receive_rest (Fixture *f, gconstpointer data)
{
  arrives (f, "first");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 5);
  expect_pull (&f->cipher, 1, "f");
  arrives (f, "second");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 4);
  expect_pull (&f->cipher, 64, "irst");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 3), ==, 3);
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 3), ==, 3);
  expect_pull (&f->cipher, 64, "sec");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 3);
  expect_pull (&f->cipher, 64, "ond");
}

static void
test_receive_end (Fixture *f, gconstpointer data)
{
  char byte;

  arrives (f, "last");
  g_assert_cmpint (shutdown (f->theirs, SHUT_WR), ==, 0);
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 4);
  g_assert_false (f->cipher.ended);
  expect_pull (&f->cipher, 64, "last");
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 0);
      g_assert_true (f->cipher.ended);
      g_assert_cmpint (engine_cipher_pull (&f->cipher, &byte, 1), ==, 0);
    }
}

static void
test_receive_fails (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (engine_cipher_receive (&f->cipher, -1, 100), ==, -EBADF);
  /* The next one is no worse for it. */
  arrives (f, "x");
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, 1);
}

/* --- the buffers that are lent */

static void
test_keep (Fixture *f, gconstpointer data)
{
  EngineCipher other;

  arrives (f, "abcdef");
  engine_cipher_receive (&f->cipher, f->ours, 100);
  g_assert_null (f->stock.in);
  expect_pull (&f->cipher, 2, "ab");
  engine_cipher_keep (&f->cipher);
  g_assert_nonnull (f->stock.in);
  g_assert_null (f->cipher.buffer);

  /* Somebody else writes over the buffer meanwhile. */
  engine_cipher_init (&other, &f->stock);
  arrives (f, "OTHERS");
  engine_cipher_receive (&other, f->ours, 100);
  expect_pull (&other, 64, "OTHERS");
  engine_cipher_keep (&other);
  engine_cipher_clear (&other);

  expect_pull (&f->cipher, 1, "c");
  /* Nothing was lent: what is kept stays where it is. */
  engine_cipher_keep (&f->cipher);
  expect_pull (&f->cipher, 64, "def");
  g_assert_nonnull (f->cipher.kept);
  g_assert_cmpint (engine_cipher_receive (&f->cipher, f->ours, 100), ==, -EAGAIN);
  g_assert_null (f->cipher.kept);
}

/* A nested turn finds nothing to borrow, and of what comes back one is enough. */
static void
test_nested (Fixture *f, gconstpointer data)
{
  EngineCipher inner;

  arrives (f, "outer");
  engine_cipher_receive (&f->cipher, f->ours, 100);
  engine_cipher_init (&inner, &f->stock);
  arrives (f, "inner");
  engine_cipher_receive (&inner, f->ours, 100);
  expect_pull (&inner, 64, "inner");
  expect_pull (&f->cipher, 64, "outer");
  engine_cipher_keep (&inner);
  g_assert_nonnull (f->stock.in);
  engine_cipher_keep (&f->cipher);
  g_assert_null (f->cipher.buffer);
  engine_cipher_clear (&inner);
}

/* --- sending */

static void
test_send (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (engine_cipher_waiting (&f->cipher), ==, 0);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, 0);
  engine_cipher_push (&f->cipher, "one ", 4);
  engine_cipher_push (&f->cipher, "two", 3);
  g_assert_cmpuint (engine_cipher_waiting (&f->cipher), ==, 7);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, 0);
  g_assert_cmpuint (engine_cipher_waiting (&f->cipher), ==, 0);
  expect_received (f->theirs, "one two");

  /* The buffer was given back, and serves the next. */
  g_assert_null (f->cipher.out);
  g_assert_nonnull (f->stock.out);
  engine_cipher_push (&f->cipher, "three", 5);
  g_assert_null (f->stock.out);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, 0);
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
  engine_cipher_push (&f->cipher, bytes, 1 << 19);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, -EAGAIN);
  /* More comes while the beginning is on its way. */
  engine_cipher_push (&f->cipher, bytes + (1 << 19), 1 << 19);

  while (done < 1 << 20)
    {
      gssize got;

      blocked += engine_cipher_flush (&f->cipher, f->ours) == -EAGAIN ? 1 : 0;
      got = recv (f->theirs, arrived + done, MIN (10000, (1 << 20) - done), 0);
      g_assert_cmpint (got, >, 0);
      done += (gsize) got;
    }
  g_assert_cmpuint (blocked, >, 1);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, 0);
  g_assert_cmpmem (arrived, done, bytes, 1 << 20);
}

static void
test_send_lost (Fixture *f, gconstpointer data)
{
  close (f->theirs);
  f->theirs = -1;
  engine_cipher_push (&f->cipher, "into the void", 13);
  g_assert_cmpint (engine_cipher_flush (&f->cipher, f->ours), ==, -EPIPE);
  g_assert_cmpuint (engine_cipher_waiting (&f->cipher), ==, 13);
  engine_cipher_clear (&f->cipher);
  g_assert_cmpuint (engine_cipher_waiting (&f->cipher), ==, 0);
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
