/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What has become of this process. */

/* Starts to watch; may be called more than once. */
void engine_fork_init (void);

/* How many fork()s lie between the first process and this one. */
extern guint engine_fork_count;

static inline guint
engine_fork_generation (void)
{
  return engine_fork_count;
}

/* What belongs to the process that this one was forked from is not for this one: FALSE, and says so. */
gboolean engine_fork_refuse (GError **error);

/* Did this process fork? Then others may hold copies of its descriptors, and
 * closing one doesn't close the connection. */
gboolean engine_fork_happened (void);
