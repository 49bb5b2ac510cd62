/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tick.h"

#include <glib-unix.h>

#define INTERVAL_MS 16

/* GDK_PRIORITY_REDRAW: what GTK draws with. */
#define PRIORITY_REDRAW (G_PRIORITY_HIGH_IDLE + 20)

typedef struct {
  const char *name;
  int priority;
  gint64 last;
  gint64 worst;
} Tick;

static Tick ticks[] = {
  { .name = "worst_tick_ms", .priority = G_PRIORITY_DEFAULT },
  { .name = "worst_frame_ms", .priority = PRIORITY_REDRAW },
};

static gboolean
is_wanted (void)
{
  return g_getenv ("BENCH_TICK") != NULL;
}

static void
note (Tick *tick)
{
  gint64 now = g_get_monotonic_time ();

  tick->worst = MAX (tick->worst, now - tick->last);
  tick->last = now;
}

static gboolean
on_tick (gpointer tick)
{
  note (tick);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_CONTINUE;
}

void
tick_start (GMainLoop *loop)
{
  if (!is_wanted ())
    return;
  g_unix_signal_add (SIGTERM, on_signal, loop);
  for (guint i = 0; i < G_N_ELEMENTS (ticks); i++)
    {
      ticks[i].last = g_get_monotonic_time ();
      g_timeout_add_full (ticks[i].priority, INTERVAL_MS, on_tick, &ticks[i], NULL);
    }
}

/* A tick that didn't come to the end counts, too. */
void
tick_report (void)
{
  if (!is_wanted ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (ticks); i++)
    {
      note (&ticks[i]);
      g_print ("%s\"%s\": %.3f", i == 0 ? "{" : ", ", ticks[i].name, (double) ticks[i].worst / 1000);
    }
  g_print ("}\n");
}
