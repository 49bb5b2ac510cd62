/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sample.h"

#include "clock.h"
#include "process.h"

#define NS_PER_US 1e3

Sample
sample_take (Traffic *traffic)
{
  return (Sample) {
    .time = clock_now (),
    .cpu = process_cpu (traffic->options->pid),
    .messages = traffic->messages,
    .bytes = traffic->bytes,
    .handshakes = traffic->handshakes,
  };
}

double
sample_seconds (const Sample *before, const Sample *after)
{
  return (double) (after->time - before->time) / NS_PER_SECOND;
}

double
sample_cpu_us (const Sample *before, const Sample *after)
{
  return (double) (after->cpu - before->cpu) / NS_PER_US;
}

void
sample_report_messages (const Sample *before, const Sample *after, Report *report)
{
  double seconds = sample_seconds (before, after);
  double cpu = sample_cpu_us (before, after);
  double messages = (double) (after->messages - before->messages);
  double bytes = (double) (after->bytes - before->bytes);

  report_add (report, "messages_per_second", messages / seconds);
  report_add (report, "bytes_per_second", bytes / seconds);
  report_add (report, "cpu_us_per_message", cpu / messages);
  report_add (report, "cpu_ns_per_byte", cpu * NS_PER_US / bytes);
  report_add (report, "cpu_percent", cpu / 1e4 / seconds);
}
