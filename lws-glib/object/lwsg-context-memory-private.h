/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

void lwsg_context_install_memory (GObjectClass *object_class, GParamFlags flags);
