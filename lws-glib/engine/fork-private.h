/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What has become of this process. */

/* Starts to watch; may be called more than once. */
void engine_fork_init (void);

/* How many fork()s lie between the first process and this one. */
guint engine_fork_generation (void);

/* Did this process fork? Then others may hold copies of its descriptors, and
 * closing one doesn't close the connection. */
gboolean engine_fork_happened (void);
