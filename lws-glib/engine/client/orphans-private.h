/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/client/connector-private.h"

/* The jobs that GIO is at work for when their context goes. They are cancelled, but a thread that
 * computes, or waits for whoever verifies a certificate, is not interrupted by that, and its answer
 * must still be fetched: else nobody ever frees it. Destroying a context does not wait for it. */

typedef struct _EngineOrphans EngineOrphans;

/* Of a context whose answers arrive at @gio. */
EngineOrphans *engine_orphans_new (GMainContext *gio);

/* One of them; its context knows it no more. */
void engine_orphans_take (EngineOrphans *orphans, EngineDial *dial);

/* Has a thread serve @gio until the last one has ended, and frees the orphans. */
void engine_orphans_serve (EngineOrphans *orphans);
