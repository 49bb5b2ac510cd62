/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/orphans-private.h"

#include "engine/client/connector-private.h"

/* What is cancelled mostly ends at once. A program that destroys its last context and exits should
 * not meet the thread while its libraries are unloaded. */
#define ORPHANS_GRACE_MICROSECONDS (100 * 1000)

struct _EngineOrphans {
  GMainContext *gio;
  GQueue dials;                 /* EngineDial; the thread's, once it runs */
  GMutex mutex;
  GCond cond;                   /* served */
  gboolean served;
};

EngineOrphans *
engine_orphans_new (GMainContext *gio)
{
  EngineOrphans *orphans = g_atomic_rc_box_new0 (EngineOrphans);

  orphans->gio = g_main_context_ref (gio);
  g_mutex_init (&orphans->mutex);
  g_cond_init (&orphans->cond);

  return orphans;
}

static void
orphans_clear (gpointer data)
{
  EngineOrphans *orphans = data;

  g_main_context_unref (orphans->gio);
  g_mutex_clear (&orphans->mutex);
  g_cond_clear (&orphans->cond);
}

void
engine_orphans_take (EngineOrphans *orphans, EngineDial *dial)
{
  dial->queue = &orphans->dials;
  g_queue_push_tail_link (&orphans->dials, &dial->link);
}

static gpointer
orphans_thread (gpointer data)
{
  EngineOrphans *orphans = data;

  while (!g_queue_is_empty (&orphans->dials))
    g_main_context_iteration (orphans->gio, TRUE);

  g_mutex_lock (&orphans->mutex);
  orphans->served = TRUE;
  g_cond_signal (&orphans->cond);
  g_mutex_unlock (&orphans->mutex);
  g_atomic_rc_box_release_full (orphans, orphans_clear);

  return NULL;
}

static void
orphans_wait (EngineOrphans *orphans)
{
  gint64 end = g_get_monotonic_time () + ORPHANS_GRACE_MICROSECONDS;
  gboolean in_time = TRUE;

  g_mutex_lock (&orphans->mutex);
  while (!orphans->served && in_time)
    in_time = g_cond_wait_until (&orphans->cond, &orphans->mutex, end);
  g_mutex_unlock (&orphans->mutex);
}

void
engine_orphans_serve (EngineOrphans *orphans)
{
  g_autoptr (GThread) thread = NULL;

  if (!g_queue_is_empty (&orphans->dials))
    thread = g_thread_try_new ("lws-glib-orphans", orphans_thread, g_atomic_rc_box_acquire (orphans), NULL);
  if (thread != NULL)
    {
      orphans_wait (orphans);
      g_atomic_rc_box_release_full (orphans, orphans_clear);
    }
  /* Without a thread to be had they stay as they are, as in a process that ends. */
  else if (g_queue_is_empty (&orphans->dials))
    g_atomic_rc_box_release_full (orphans, orphans_clear);
}
