/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

gint64 process_cpu (pid_t pid);
gint64 process_memory (pid_t pid);
