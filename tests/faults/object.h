/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run.h"

/* Scenarios of the object API. */

void scenario_object_echo (Run *run);
void scenario_object_files (Run *run);
