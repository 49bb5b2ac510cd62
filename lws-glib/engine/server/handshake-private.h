/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* A request is awaited: plain HTTP, or the opening handshake (RFC 6455 section 4.2). */
extern const EnginePhase engine_phase_server_handshake;
