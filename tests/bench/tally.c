/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tally.h"

#include "load/clock.h"
#include "load/histogram.h"
#include "load/report.h"

#include <stdlib.h>

/* Of the time that is measured. */
#define WARM_UP 0.25

#define MESSAGE "The quick brown fox jumps over the lazy dog. The quick brown fox"

typedef struct {
  gint64 *times;                /* a ring: answers come in order */
  guint sent;
  guint answered;
} Talk;

struct _Tally {
  guint port;
  guint connections;
  guint in_flight;
  gint64 duration;
  gint64 start;                 /* of what counts, after the warm-up */
  gint64 end;
  gint64 cpu;
  guint64 messages;
  Histogram *latency;
  Talk *talks;
};

G_STATIC_ASSERT (sizeof MESSAGE == 65);

static gint64
cpu_now (void)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);

  return used.tv_sec * NS_PER_SECOND + used.tv_nsec;
}

/* NULL: the arguments are wrong, which has been said. */
Tally *
tally_new (int argc, char **argv)
{
  Tally *self;

  if (argc != 5 || atoi (argv[1]) <= 0 || atoi (argv[2]) <= 0 || atoi (argv[3]) <= 0)
    {
      g_printerr ("Usage: %s PORT CONNECTIONS IN-FLIGHT SECONDS\n", g_get_prgname ());
      return NULL;
    }
  self = g_new0 (Tally, 1);
  self->port = (guint) atoi (argv[1]);
  self->connections = (guint) atoi (argv[2]);
  self->in_flight = (guint) atoi (argv[3]);
  self->duration = (gint64) (g_ascii_strtod (argv[4], NULL) * NS_PER_SECOND);
  self->latency = histogram_new ();
  self->talks = g_new0 (Talk, self->connections);
  for (guint i = 0; i < self->connections; i++)
    self->talks[i].times = g_new0 (gint64, self->in_flight);

  return self;
}

void
tally_free (Tally *self)
{
  for (guint i = 0; i < self->connections; i++)
    g_free (self->talks[i].times);
  g_free (self->talks);
  histogram_free (self->latency);
  g_free (self);
}

guint
tally_port (Tally *self)
{
  return self->port;
}

guint
tally_connections (Tally *self)
{
  return self->connections;
}

guint
tally_in_flight (Tally *self)
{
  return self->in_flight;
}

const char *
tally_text (void)
{
  return MESSAGE;
}

/* To be called when all connections are open. */
void
tally_start (Tally *self)
{
  self->start = clock_now () + (gint64) (WARM_UP * (double) self->duration);
  self->end = self->start + self->duration;
}

void
tally_sent (Tally *self, guint connection)
{
  Talk *talk = &self->talks[connection];

  talk->times[talk->sent++ % self->in_flight] = clock_now ();
}

void
tally_answered (Tally *self, guint connection)
{
  Talk *talk = &self->talks[connection];
  gint64 now = clock_now ();
  gint64 sent = talk->times[talk->answered++ % self->in_flight];

  if (now < self->start || self->start == 0)
    return;
  if (self->cpu == 0)
    {
      self->start = now;
      self->cpu = cpu_now ();
    }
  self->messages++;
  histogram_add (self->latency, now - sent);
}

gboolean
tally_is_over (Tally *self)
{
  return self->start != 0 && clock_now () >= self->end;
}

void
tally_report (Tally *self)
{
  g_autoptr (Report) report = report_new ();
  double seconds = (double) (clock_now () - self->start) / NS_PER_SECOND;

  report_add (report, "messages_per_second", (double) self->messages / seconds);
  report_add (report, "cpu_us_per_message", (double) (cpu_now () - self->cpu) / 1e3 / (double) self->messages);
  report_add_latency (report, self->latency);
  report_print (report);
}
