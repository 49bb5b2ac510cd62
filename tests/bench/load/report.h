/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "histogram.h"

/* Named numbers, printed as a JSON object. */
typedef struct _Report Report;

Report *report_new (void);
void report_free (Report *self);
void report_add (Report *self, const char *name, double value);
void report_add_latency (Report *self, Histogram *latency);
void report_print (Report *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)
