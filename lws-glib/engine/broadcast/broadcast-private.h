/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"

/* A broadcast to all open connections of a protocol, from wherever: the thread of
 * the service loop calls the owner at once, other threads and processes send a
 * call. */
gboolean engine_protocol_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length, GError **error);

/* By call, from another thread of the service process. */
gboolean engine_protocol_post (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error);
