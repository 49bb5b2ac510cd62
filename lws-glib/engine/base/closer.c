/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/closer-private.h"

#include <unistd.h>

/* More than this wait only if they came together. */
#define CLOSER_ROOM 64

struct _EngineCloser {
  gatomicrefcount references;   /* the owner's and the thread's */
  GMutex lock;
  GQueue waiting;               /* descriptors */
  gboolean working;             /* the thread exists */
};

EngineCloser *
engine_closer_new (void)
{
  EngineCloser *closer = g_new0 (EngineCloser, 1);

  g_atomic_ref_count_init (&closer->references);
  g_mutex_init (&closer->lock);
  g_queue_init (&closer->waiting);

  return closer;
}

static void
closer_unref (EngineCloser *closer)
{
  if (!g_atomic_ref_count_dec (&closer->references))
    return;

  /* Where there was never a thread to be had, what waits stays open: to wait here is worse. */
  g_queue_clear (&closer->waiting);
  g_mutex_clear (&closer->lock);
  g_free (closer);
}

/* -1 at the end of the work. */
static int
closer_next (EngineCloser *closer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&closer->lock);

  if (g_queue_is_empty (&closer->waiting))
    {
      closer->working = FALSE;
      return -1;
    }

  return GPOINTER_TO_INT (g_queue_peek_head (&closer->waiting));
}

static gpointer
closer_work (gpointer data)
{
  EngineCloser *closer = data;
  int fd;

  while ((fd = closer_next (closer)) >= 0)
    {
      close (fd);
      g_mutex_lock (&closer->lock);
      g_queue_pop_head (&closer->waiting);
      g_mutex_unlock (&closer->lock);
    }
  closer_unref (closer);

  return NULL;
}

/* With the lock held. */
static void
closer_start (EngineCloser *closer)
{
  GThread *thread;

  if (closer->working || g_queue_is_empty (&closer->waiting))
    return;

  g_atomic_ref_count_inc (&closer->references);
  thread = g_thread_try_new ("lws-closer", closer_work, closer, NULL);
  closer->working = thread != NULL;
  if (thread != NULL)
    g_thread_unref (thread);
  else
    /* The owner has another. */
    (void) g_atomic_ref_count_dec (&closer->references);
}

gboolean
engine_closer_has_room (EngineCloser *closer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&closer->lock);

  closer_start (closer);

  return g_queue_get_length (&closer->waiting) < CLOSER_ROOM;
}

void
engine_closer_take (EngineCloser *closer, int fd)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&closer->lock);

  g_queue_push_tail (&closer->waiting, GINT_TO_POINTER (fd));
  closer_start (closer);
}

void
engine_closer_free (EngineCloser *closer)
{
  g_mutex_lock (&closer->lock);
  closer_start (closer);
  g_mutex_unlock (&closer->lock);
  closer_unref (closer);
}

void
engine_closer_abandon (EngineCloser *closer)
{
  /* The thread may have held the lock, and has a reference for ever; its descriptors are copies. */
  (void) closer;
}
