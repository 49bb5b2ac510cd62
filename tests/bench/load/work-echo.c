/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "clock.h"
#include "process.h"
#include "work.h"

#define MIB (1024.0 * 1024.0)

/* Messages leave at their times whatever the answers do, one connection after the other.
 * A millisecond, the grain of epoll_wait(), is too coarse to sleep between them. */
static void
pace_until (Crowd *crowd, gint64 start, guint64 *sent, gint64 end)
{
  const Options *options = crowd->traffic->options;
  gint64 now;

  while ((now = clock_now ()) < end)
    {
      guint64 due = (guint64) ((double) (now - start) / NS_PER_SECOND * options->rate);

      for (; *sent < due; (*sent)++)
        {
          Client *client = &crowd->clients[*sent % (guint) options->connections];

          if (client->state == CLIENT_OPEN)
            client_send_at (client, start + (gint64) ((double) *sent / options->rate * NS_PER_SECOND));
        }
      crowd_turn (crowd, 0);
    }
}

static void
talk_until (Crowd *crowd, gint64 start, guint64 *sent, gint64 end)
{
  if (crowd->traffic->refills)
    crowd_turn_until (crowd, end);
  else
    pace_until (crowd, start, sent, end);
}

/* Answers call for the next message; `idle` clients never say a word. */
gboolean
work_echo (Crowd *crowd, Report *report, GError **error)
{
  Traffic *traffic = crowd->traffic;
  const Options *options = traffic->options;
  guint64 sent = 0;
  gint64 start, middle, end;
  Sample before, after;

  if (!crowd_open (crowd, error))
    return FALSE;
  start = clock_now ();
  middle = start + work_warm_up (crowd);
  end = middle + work_duration (crowd);
  traffic->refills = options->rate == 0;
  for (int i = 0; i < options->connections && traffic->refills; i++)
    client_send (&crowd->clients[i], (guint) options->in_flight);

  talk_until (crowd, start, &sent, middle);
  before = sample_take (traffic);
  if (traffic->latency != NULL)
    histogram_clear (traffic->latency);
  talk_until (crowd, start, &sent, end);
  after = sample_take (traffic);

  sample_report_messages (&before, &after, report);
  report_add (report, "memory_mib", (double) process_memory (options->pid) / MIB);
  if (traffic->latency != NULL)
    report_add_latency (report, traffic->latency);

  return work_check (crowd, &before, &after, error);
}
