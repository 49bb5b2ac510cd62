/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

void lwsg_connection_install_properties (GObjectClass *object_class);
