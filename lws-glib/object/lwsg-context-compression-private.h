/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-context-private.h"

void lwsg_context_install_compression (GObjectClass *object_class, GParamFlags flags);

/* FALSE if it is another property. */
gboolean lwsg_context_get_compression (LwsgContext *self, guint property, GValue *value);
gboolean lwsg_context_set_compression (LwsgContext *self, guint property, const GValue *value, GParamSpec *pspec);
