/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run.h"

/* Scenarios of the classic API with more than one thread or process. */

void scenario_broadcast_thread (Run *run);
void scenario_broadcast_process (Run *run);
void scenario_fork_loop (Run *run);
void scenario_fork_end (Run *run);
void scenario_privileges (Run *run);
