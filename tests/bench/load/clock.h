/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <time.h>

#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)

/* Monotonic, in nanoseconds: an answer may take less than the microseconds that GLib's
 * clock counts in. */
static inline gint64
clock_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}
