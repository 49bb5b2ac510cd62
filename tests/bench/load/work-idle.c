/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "clock.h"
#include "process.h"
#include "work.h"

/* A server's memory comes to rest meanwhile. */
#define SETTLE_SECONDS 0.5

/* Opens connections and leaves them alone. */
gboolean
work_idle (Crowd *crowd, Report *report, GError **error)
{
  Traffic *traffic = crowd->traffic;
  gint64 memory = process_memory (traffic->options->pid);
  Sample closed = sample_take (traffic);
  Sample open, settled, after;

  if (!crowd_open (crowd, error))
    return FALSE;
  open = sample_take (traffic);
  crowd_turn_until (crowd, clock_now () + MIN (work_duration (crowd), (gint64) (SETTLE_SECONDS * NS_PER_SECOND)));
  memory = process_memory (traffic->options->pid) - memory;
  settled = sample_take (traffic);
  crowd_turn_until (crowd, clock_now () + work_duration (crowd));
  after = sample_take (traffic);

  report_add (report, "cpu_us_per_open", sample_cpu_us (&closed, &open) / crowd->count);
  report_add (report, "memory_per_connection", (double) memory / crowd->count);
  report_add (report, "idle_cpu_percent", sample_cpu_us (&settled, &after) / 1e4 / sample_seconds (&settled, &after));

  return work_check (crowd, &closed, &after, error);
}
