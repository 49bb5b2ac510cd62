/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "report.h"

#include <math.h>

#define NS_PER_US 1e3

struct _Report {
  GString *members;
};

Report *
report_new (void)
{
  Report *self = g_new0 (Report, 1);

  self->members = g_string_new (NULL);

  return self;
}

void
report_free (Report *self)
{
  g_string_free (self->members, TRUE);
  g_free (self);
}

/* JSON has no infinite numbers: what was divided by nothing is left out. */
void
report_add (Report *self, const char *name, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value))
    return;
  g_ascii_formatd (digits, sizeof digits, "%.6g", value);
  g_string_append_printf (self->members, "%s\"%s\": %s", self->members->len > 0 ? ", " : "", name, digits);
}

void
report_add_latency (Report *self, Histogram *latency)
{
  report_add (self, "latency_us_p50", (double) histogram_quantile (latency, 0.5) / NS_PER_US);
  report_add (self, "latency_us_p99", (double) histogram_quantile (latency, 0.99) / NS_PER_US);
  report_add (self, "latency_us_p999", (double) histogram_quantile (latency, 0.999) / NS_PER_US);
}

void
report_print (Report *self)
{
  g_print ("{%s}\n", self->members->str);
}
