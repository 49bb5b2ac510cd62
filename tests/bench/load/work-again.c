/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "clock.h"
#include "work.h"

/* Connections that do their work again and again without being told: open and start
 * afresh, or fetch a file. */
gboolean
work_again (Crowd *crowd, Report *report, GError **error)
{
  Traffic *traffic = crowd->traffic;
  Sample before, after;
  double handshakes;

  traffic->reopens = TRUE;
  crowd_start (crowd);
  crowd_turn_until (crowd, clock_now () + work_warm_up (crowd));
  before = sample_take (traffic);
  crowd_turn_until (crowd, clock_now () + work_duration (crowd));
  after = sample_take (traffic);

  handshakes = (double) (after.handshakes - before.handshakes);
  if (handshakes == 0)
    {
      sample_report_messages (&before, &after, report);
      return work_check (crowd, &before, &after, error);
    }
  report_add (report, "handshakes_per_second", handshakes / sample_seconds (&before, &after));
  report_add (report, "cpu_us_per_handshake", sample_cpu_us (&before, &after) / handshakes);

  return work_check (crowd, &before, &after, error);
}
