/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>

/* What glib-order.c tells the sanitizer, and that it tells no more: each case is run as
 * it should be, which ends well, and with a race, which is found. */

#define ROUNDS 100

typedef struct {
  GMutex mutex;
  GCond changed;
  GMainContext *context;
  gboolean written;
  gboolean careless; /* a write that nothing puts in order */
  guint number;
} Shared;

static void
set_up (Shared *shared, gconstpointer careless)
{
  g_mutex_init (&shared->mutex);
  g_cond_init (&shared->changed);
  shared->context = g_main_context_new ();
  shared->careless = careless != NULL;
}

static void
tear_down (Shared *shared, gconstpointer careless)
{
  g_main_context_unref (shared->context);
  g_cond_clear (&shared->changed);
  g_mutex_clear (&shared->mutex);
}

/* --- mutexes */

static gpointer
count (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < ROUNDS; i++)
    {
      g_mutex_lock (&shared->mutex);
      shared->number++;
      g_mutex_unlock (&shared->mutex);
    }
  if (shared->careless)
    shared->number++;

  return NULL;
}

static void
test_mutex (Shared *shared, gconstpointer data)
{
  GThread *thread = g_thread_new ("counts", count, shared);

  count (shared);
  g_thread_join (thread);
  g_assert_cmpuint (shared->number, ==, 2 * ROUNDS);
}

static gpointer
write_and_signal (gpointer data)
{
  Shared *shared = data;

  g_mutex_lock (&shared->mutex);
  shared->number = 1;
  shared->written = TRUE;
  g_cond_signal (&shared->changed);
  g_mutex_unlock (&shared->mutex);
  if (shared->careless)
    shared->number++;

  return NULL;
}

static void
test_condition (Shared *shared, gconstpointer data)
{
  GThread *thread = g_thread_new ("signals", write_and_signal, shared);

  g_mutex_lock (&shared->mutex);
  while (!shared->written)
    g_cond_wait (&shared->changed, &shared->mutex);
  g_mutex_unlock (&shared->mutex);
  g_assert_cmpuint (shared->number, ==, 1);
  g_thread_join (thread);
}

/* --- a source for another thread's main context */

static gboolean
on_idle (gpointer data)
{
  Shared *shared = data;

  shared->number++;

  return G_SOURCE_REMOVE;
}

static void
attach (Shared *shared)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, on_idle, shared, NULL);
  g_source_attach (source, shared->context);
}

/* Lets the source come while nobody owns the context: a wake-up would be a write and a
 * read, which the sanitizer sees by itself. */
static void
dispatch (Shared *shared)
{
  while (g_main_context_find_source_by_user_data (shared->context, shared) == NULL)
    g_thread_yield ();
  g_main_context_iteration (shared->context, TRUE);
}

static gpointer
write_and_attach (gpointer data)
{
  Shared *shared = data;

  shared->number = 1;
  attach (shared);
  if (shared->careless)
    shared->number++;

  return NULL;
}

static void
test_source (Shared *shared, gconstpointer data)
{
  GThread *thread = g_thread_new ("attaches", write_and_attach, shared);

  dispatch (shared);
  g_assert_cmpuint (shared->number, ==, 2);
  g_thread_join (thread);
}

/* --- work for a pool */

static void
work (gpointer task, gpointer data)
{
  Shared *shared = task;

  shared->number++;
  attach (shared);
}

/* More than once: that a pool makes a new thread is an order, too. */
static void
test_pool (Shared *shared, gconstpointer data)
{
  GThreadPool *pool = g_thread_pool_new (work, NULL, 1, FALSE, NULL);

  for (guint i = 0; i < ROUNDS; i++)
    {
      shared->number = 1;
      g_thread_pool_push (pool, shared, NULL);
      if (shared->careless)
        shared->number++;
      dispatch (shared);
      g_assert_cmpuint (shared->number, ==, 3);
    }
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* --- the last reference */

static void
note_end (gpointer data)
{
  Shared *shared = data;

  shared->number++;
}

static gpointer
write_and_unref (gpointer data)
{
  GBytes *bytes = data;
  Shared *shared = (Shared *) g_bytes_get_data (bytes, NULL);
  gboolean careless = shared->careless;

  if (!careless)
    shared->number++;
  g_bytes_unref (bytes);
  if (careless)
    shared->number++;

  return NULL;
}

static void
test_reference (Shared *shared, gconstpointer data)
{
  GBytes *bytes = g_bytes_new_with_free_func (shared, sizeof *shared, note_end, shared);
  GThread *thread = g_thread_new ("drops", write_and_unref, g_bytes_ref (bytes));

  g_bytes_unref (bytes);
  if (shared->careless)
    shared->number++;
  g_thread_join (thread);
  g_assert_cmpuint (shared->number, ==, 2);
}

/* --- with a race */

static void
test_found (gconstpointer path)
{
  g_test_trap_subprocess (path, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*ThreadSanitizer: data race*");
}

static void
add (const char *path, void (*test) (Shared *, gconstpointer))
{
  g_autofree char *ordered = g_strconcat (path, "/ordered", NULL);
  g_autofree char *found = g_strconcat (path, "/found", NULL);
  char *careless = g_strconcat (path, "/subprocess", NULL);

  g_test_add (ordered, Shared, NULL, set_up, test, tear_down);
  g_test_add (careless, Shared, GINT_TO_POINTER (TRUE), set_up, test, tear_down);
  g_test_add_data_func_full (found, careless, test_found, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/threads/mutex", test_mutex);
  add ("/threads/condition", test_condition);
  add ("/threads/source", test_source);
  add ("/threads/pool", test_pool);
  add ("/threads/reference", test_reference);

  return g_test_run ();
}
