/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <glib-object.h>

/* For ThreadSanitizer: preloaded, it tells what the mutexes, thread pools, main contexts
 * and reference counts of a GLib that was built without it put in order. A mutex of GLib
 * is a futex, of which the sanitizer sees nothing; nor does it see which thread drops the
 * last reference. */

extern void __tsan_acquire (void *address);
extern void __tsan_release (void *address);

#define NEXT(function) ((__typeof__ (&function)) next_function (#function))

static gpointer
next_function (const char *name)
{
  gpointer function = dlsym (RTLD_NEXT, name);

  g_assert_nonnull (function);
  return function;
}

/* --- mutexes */

void
g_mutex_lock (GMutex *mutex)
{
  NEXT (g_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean locked = NEXT (g_mutex_trylock) (mutex);

  if (locked)
    __tsan_acquire (mutex);

  return locked;
}

void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  NEXT (g_mutex_unlock) (mutex);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  NEXT (g_cond_wait) (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean signalled;

  __tsan_release (mutex);
  signalled = NEXT (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);

  return signalled;
}

/* --- thread pools: who hands work over comes before who does it */

typedef struct {
  GFunc work;
  gpointer data;
} Pool;

static void
pool_work (gpointer task, gpointer data)
{
  const Pool *pool = data;

  __tsan_acquire (task);
  pool->work (task, pool->data);
}

GThreadPool *
g_thread_pool_new (GFunc work, gpointer data, int threads_max, gboolean exclusive, GError **error)
{
  Pool *pool = g_new (Pool, 1);

  *pool = (Pool){ work, data };

  return NEXT (g_thread_pool_new) (pool_work, pool, threads_max, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer task, GError **error)
{
  __tsan_release (task);

  return NEXT (g_thread_pool_push) (pool, task, error);
}

/* --- main contexts: who attaches a source comes before its callback */

static gboolean (*idle_dispatch) (GSource *source, GSourceFunc callback, gpointer data);

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  __tsan_acquire (source);

  return idle_dispatch (source, callback, data);
}

/* GLib's own calls of its functions don't come here; but all go through this table. */
__attribute__ ((constructor)) static void
take_dispatch (void)
{
  idle_dispatch = g_idle_funcs.dispatch;
  g_idle_funcs.dispatch = dispatch;
}

guint
g_source_attach (GSource *source, GMainContext *context)
{
  __tsan_release (source);

  return NEXT (g_source_attach) (source, context);
}

/* --- references */

/* Whoever drops the last reference comes after all who had one. */
void
(g_object_unref) (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  NEXT (g_object_unref) (object);
}

void
g_bytes_unref (GBytes *bytes)
{
  if (bytes != NULL)
    {
      __tsan_release (bytes);
      __tsan_acquire (bytes);
    }
  NEXT (g_bytes_unref) (bytes);
}
