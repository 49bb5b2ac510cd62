/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "report.h"
#include "traffic.h"

/* What had been counted at some time. */
typedef struct {
  gint64 time;
  gint64 cpu;
  guint64 messages;
  guint64 bytes;
  guint64 handshakes;
} Sample;

Sample sample_take (Traffic *traffic);
double sample_seconds (const Sample *before, const Sample *after);
double sample_cpu_us (const Sample *before, const Sample *after);
void sample_report_messages (const Sample *before, const Sample *after, Report *report);
