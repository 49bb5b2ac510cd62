/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What peers may have of the descriptors that a process is allowed (RLIMIT_NOFILE). The rest is a reserve: the
 * program shall be able to open its own files, whatever its peers do. */

/* How many there are for peers; G_MAXUINT if there is no limit. The program may change it at any time. */
guint engine_descriptors_for_peers (void);

/* May a peer have @fd? The kernel gives the lowest number that is free: so many are in use, whoever has them. */
gboolean engine_descriptors_may_give (int fd);
