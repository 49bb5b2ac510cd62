/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

/* What became of a client that connected. */
void lwsg_context_connect_opened (LwsgContext *self, EngineConnection *engine, GTask *task);
void lwsg_context_connect_failed (EngineConnection *engine, GTask *task, const GError *error);
