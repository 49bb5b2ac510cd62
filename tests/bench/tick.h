/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* How punctual a main loop is: with BENCH_TICK in the environment it ticks every 16 ms, as
 * an app that draws 60 times a second. The report, one JSON object, goes to the output. */
void tick_start (GMainLoop *loop);
void tick_report (void);
