/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"

/* What the engine tells the objects. */
extern const EngineEvents lwsg_events;
