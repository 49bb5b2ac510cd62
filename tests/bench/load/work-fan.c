/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "clock.h"
#include "process.h"
#include "work.h"

#include <gio/gio.h>

#define MIB (1024.0 * 1024.0)
#define MS 1e3
#define TURN_MS 1000
#define STALLED_SECONDS 10

typedef struct {
  guint count;
  double sum;
  double worst;
} Rounds;

/* The first client tells all of them, and all have heard before the next round. */
static gboolean
round_trip (Crowd *crowd, GError **error)
{
  Traffic *traffic = crowd->traffic;
  guint in_flight = (guint) traffic->options->in_flight;
  guint64 target = traffic->messages + (guint64) crowd->count * in_flight;
  gint64 heard = clock_now ();

  client_send (&crowd->clients[0], in_flight);
  while (traffic->messages < target)
    {
      guint64 messages = traffic->messages;

      crowd_turn (crowd, TURN_MS);
      if (messages != traffic->messages)
        heard = clock_now ();
      else if (traffic->lost > 0 || clock_now () - heard > STALLED_SECONDS * NS_PER_SECOND)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                       "%" G_GUINT64_FORMAT " messages never came, %u connections were lost",
                       target - traffic->messages, traffic->lost);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
rounds_until (Crowd *crowd, gint64 end, Rounds *rounds, GError **error)
{
  gint64 start;

  *rounds = (Rounds) { 0 };
  while ((start = clock_now ()) < end)
    {
      double seconds;

      if (!round_trip (crowd, error))
        return FALSE;
      seconds = (double) (clock_now () - start) / NS_PER_SECOND;
      rounds->count++;
      rounds->sum += seconds;
      rounds->worst = MAX (rounds->worst, seconds);
    }

  return TRUE;
}

gboolean
work_fan (Crowd *crowd, Report *report, GError **error)
{
  Traffic *traffic = crowd->traffic;
  Rounds rounds;
  Sample before, after;

  if (!crowd_open (crowd, error) || !rounds_until (crowd, clock_now () + work_warm_up (crowd), &rounds, error))
    return FALSE;
  before = sample_take (traffic);
  if (!rounds_until (crowd, clock_now () + work_duration (crowd), &rounds, error))
    return FALSE;
  after = sample_take (traffic);

  sample_report_messages (&before, &after, report);
  report_add (report, "memory_mib", (double) process_memory (traffic->options->pid) / MIB);
  report_add (report, "round_ms", MS * rounds.sum / rounds.count);
  report_add (report, "worst_round_ms", MS * rounds.worst);

  return work_check (crowd, &before, &after, error);
}
