/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "crowd.h"
#include "report.h"
#include "sample.h"

/* A workload: runs with a crowd that is not open yet, and reports what it measured. */
typedef gboolean (*WorkFunc) (Crowd *crowd, Report *report, GError **error);

gboolean work_echo (Crowd *crowd, Report *report, GError **error);
gboolean work_fan (Crowd *crowd, Report *report, GError **error);
gboolean work_idle (Crowd *crowd, Report *report, GError **error);
gboolean work_again (Crowd *crowd, Report *report, GError **error);

gint64 work_warm_up (Crowd *crowd);
gint64 work_duration (Crowd *crowd);
gboolean work_check (Crowd *crowd, const Sample *before, const Sample *after, GError **error);
