/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/lwsg-store-private.h"

#include "engine/base/fork-private.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE (1024 * 1024)
#define PIECE 100000

/* More large ones than are kept. */
#define MANY 40

static const guint8 payload[LARGE] = { 1, 2, 3, [LARGE - 1] = 4 };

typedef struct {
  GMainContext *main_context;
  LwsgStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->main_context = g_main_context_new ();
  fixture->store = lwsg_store_new (fixture->main_context, 1);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->store, lwsg_store_close);
  g_main_context_unref (fixture->main_context);
}

static GBytes *
receive (LwsgStore *store, gsize length, gboolean announced)
{
  LwsgBlock *block = NULL;

  for (gsize at = 0; at < length; at += PIECE)
    block = lwsg_store_append (store, block, payload + at, MIN (PIECE, length - at),
                               announced && at + PIECE < length ? length - at - PIECE : 0);
  g_assert_cmpuint (lwsg_block_get_length (block), ==, length);

  return lwsg_block_to_bytes (block);
}

static void
assert_payload (GBytes *bytes, gsize length)
{
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), payload, length);
}

static void
test_pieces (Fixture *fixture, gconstpointer data)
{
  const gsize lengths[] = { 1, PIECE - 1, PIECE, PIECE + 1, LWSG_STORE_BLOCK_MIN, LARGE };

  /* The second time memory of the first may be used. */
  for (guint i = 0; i < 4 * G_N_ELEMENTS (lengths); i++)
    {
      gsize length = lengths[i % G_N_ELEMENTS (lengths)];
      g_autoptr (GBytes) bytes = receive (fixture->store, length, i % 2 == 0);

      assert_payload (bytes, length);
    }
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = lwsg_block_to_bytes (lwsg_store_append (fixture->store, NULL, NULL, 0, 0));

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_used_again (Fixture *fixture, gconstpointer data)
{
  GBytes *first = receive (fixture->store, LARGE, TRUE);
  const void *memory = g_bytes_get_data (first, NULL);
  gsize kept;
  g_autoptr (GBytes) second = NULL;

  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), ==, 0);
  g_bytes_unref (first);
  kept = lwsg_store_get_kept (fixture->store);
  g_assert_cmpuint (kept, >=, LARGE);

  second = receive (fixture->store, LARGE, TRUE);
  g_assert_true (g_bytes_get_data (second, NULL) == memory);
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), ==, 0);
  assert_payload (second, LARGE);
}

/* A message that the program holds for long shall not sit in memory for a much larger one. */
static void
test_too_large (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) small = NULL;
  gsize kept;

  g_bytes_unref (receive (fixture->store, LARGE, TRUE));
  kept = lwsg_store_get_kept (fixture->store);
  small = receive (fixture->store, LWSG_STORE_BLOCK_MIN, FALSE);
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), ==, kept);
}

static void
test_small (Fixture *fixture, gconstpointer data)
{
  g_bytes_unref (receive (fixture->store, PIECE, FALSE));
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), ==, 0);
}

/* All at the same time. */
static void
receive_many (LwsgStore *store, GBytes **bytes, gsize length)
{
  for (guint i = 0; i < MANY; i++)
    bytes[i] = receive (store, length, TRUE);
}

static void
free_many (GBytes **bytes)
{
  for (guint i = 0; i < MANY; i++)
    g_bytes_unref (bytes[i]);
}

static void
test_limit (Fixture *fixture, gconstpointer data)
{
  GBytes *bytes[MANY];

  receive_many (fixture->store, bytes, LARGE);
  free_many (bytes);
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), >=, LARGE);
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), <, MANY * LARGE / 2);
}

/* Memory of a size that nobody asks for any more does not keep out what is in use. */
static void
test_newest_kept (Fixture *fixture, gconstpointer data)
{
  GBytes *bytes[MANY];
  gsize kept;

  receive_many (fixture->store, bytes, LARGE);
  free_many (bytes);
  receive_many (fixture->store, bytes, LARGE / 4);
  free_many (bytes);
  kept = lwsg_store_get_kept (fixture->store);
  g_assert_cmpuint (kept, <, MANY * LARGE / 2);

  receive_many (fixture->store, bytes, LARGE / 4);
  g_assert_cmpuint (kept - lwsg_store_get_kept (fixture->store), >=, MANY * LARGE / 4);
  free_many (bytes);
}

/* A message that grows from pieces takes what earlier ones left, whatever the size of the pieces. */
static void
test_no_heap (Fixture *fixture, gconstpointer data)
{
  const gsize piece = LWSG_STORE_BLOCK_MIN / 2 - 1;

  for (guint i = 0; i < MANY * 4; i++)
    {
      LwsgBlock *block = NULL;

      for (gsize at = 0; at < LARGE; at += piece)
        block = lwsg_store_append (fixture->store, block, payload + at, MIN (piece, LARGE - at), 0);
      lwsg_block_free (block);
    }

  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), <, 4 * LARGE);
}

/* What the peer says is no reason to allocate anything. */
static void
test_announced (Fixture *fixture, gconstpointer data)
{
  LwsgBlock *block = lwsg_store_append (fixture->store, NULL, payload, PIECE, G_MAXUINT64);

  g_assert_cmpuint (lwsg_block_get_length (block), ==, PIECE);
  lwsg_block_free (block);
}

/* What was written there beforehand is appended as it is. */
static void
test_room (Fixture *fixture, gconstpointer data)
{
  LwsgBlock *block;
  g_autoptr (GBytes) bytes = NULL;
  guint8 *room;
  gsize length;

  g_bytes_unref (receive (fixture->store, LARGE, TRUE));
  block = lwsg_store_append (fixture->store, NULL, payload, PIECE, LARGE - PIECE);
  room = lwsg_block_room (block, &length);
  g_assert_cmpuint (length, >=, LARGE - PIECE);
  memcpy (room, payload + PIECE, LARGE - PIECE);
  block = lwsg_store_append (fixture->store, block, room, LARGE - PIECE, 0);
  g_assert_cmpuint (lwsg_block_get_length (block), ==, LARGE);

  bytes = lwsg_block_to_bytes (block);
  g_assert_true ((const guint8 *) g_bytes_get_data (bytes, NULL) + PIECE == room);
  assert_payload (bytes, LARGE);
}

static void
test_idle (Fixture *fixture, gconstpointer data)
{
  g_bytes_unref (receive (fixture->store, LARGE, TRUE));
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), >, 0);
  while (lwsg_store_get_kept (fixture->store) > 0)
    g_main_context_iteration (fixture->main_context, TRUE);

  /* And it goes on after that. */
  g_bytes_unref (receive (fixture->store, LARGE, TRUE));
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), >, 0);
}

static gpointer
unref_elsewhere (gpointer bytes)
{
  assert_payload (bytes, LARGE);
  g_bytes_unref (bytes);

  return NULL;
}

/* While others come. */
static void
test_freed_elsewhere (Fixture *fixture, gconstpointer data)
{
  GThread *threads[MANY];

  for (guint i = 0; i < MANY; i++)
    threads[i] = g_thread_new ("other", unref_elsewhere, receive (fixture->store, LARGE, TRUE));
  for (guint i = 0; i < MANY; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), >=, LARGE);
}

/* The program holds a message when the context is gone, and frees it in another thread. */
static void
test_outlives_store (Fixture *fixture, gconstpointer data)
{
  GBytes *bytes = receive (fixture->store, LARGE, TRUE);
  GBytes *other = receive (fixture->store, LARGE, TRUE);

  g_thread_join (g_thread_new ("other", unref_elsewhere, other));
  g_assert_cmpuint (lwsg_store_get_kept (fixture->store), >=, LARGE);
  g_clear_pointer (&fixture->store, lwsg_store_close);
  g_thread_join (g_thread_new ("other", unref_elsewhere, bytes));
}

/* --- forked processes */

#define FORKS 50

/* A child that waits for a lock is ended by this. */
#define CHILD_SECONDS 20

typedef struct {
  LwsgStore *store;
  gint over;
} Traffic;

static gpointer
keep_busy (gpointer data)
{
  Traffic *traffic = data;

  while (!g_atomic_int_get (&traffic->over))
    lwsg_block_free (lwsg_store_append (traffic->store, NULL, payload, LWSG_STORE_BLOCK_MIN, 0));

  return NULL;
}

/* A thread that takes memory and gives it back holds the lock in one of so many forks at least. Its copy is held for
 * ever: the child must not ask for it when it frees a message, or the store itself. */
static void
test_forked (Fixture *fixture, gconstpointer data)
{
  Traffic traffic = { .store = fixture->store };
  GBytes *bytes;
  GThread *thread;

  engine_fork_init ();
  bytes = receive (fixture->store, LARGE, TRUE);
  thread = g_thread_new ("traffic", keep_busy, &traffic);
  for (guint i = 0; i < FORKS; i++)
    {
      pid_t child = fork ();
      int status;

      g_assert_cmpint (child, >=, 0);
      if (child == 0)
        {
          alarm (CHILD_SECONDS);
          g_bytes_unref (bytes);
          lwsg_store_close (fixture->store);
          _exit (0);
        }
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, ==, 0);
    }
  g_atomic_int_set (&traffic.over, TRUE);
  g_thread_join (thread);
  g_bytes_unref (bytes);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("/object/store/pieces", test_pieces);
  add ("/object/store/empty", test_empty);
  add ("/object/store/used-again", test_used_again);
  add ("/object/store/too-large", test_too_large);
  add ("/object/store/small", test_small);
  add ("/object/store/limit", test_limit);
  add ("/object/store/newest-kept", test_newest_kept);
  add ("/object/store/no-heap", test_no_heap);
  add ("/object/store/announced", test_announced);
  add ("/object/store/room", test_room);
  add ("/object/store/idle", test_idle);
  add ("/object/store/freed-elsewhere", test_freed_elsewhere);
  add ("/object/store/forked", test_forked);
  add ("/object/store/outlives-store", test_outlives_store);

  return g_test_run ();
}
