/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Counts of durations, in classes that are 1/64 of their value wide. */
typedef struct _Histogram Histogram;

Histogram *histogram_new (void);
void histogram_free (Histogram *self);
void histogram_clear (Histogram *self);
void histogram_add (Histogram *self, gint64 value);
gint64 histogram_quantile (Histogram *self, double quantile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Histogram, histogram_free)
