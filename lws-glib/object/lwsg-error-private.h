/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/error-private.h"

#include <lws-glib/lwsg-error.h>

/* Hands an error of the engine on as one of the library's. Takes @engine_error;
 * always returns FALSE, for use in a return statement. */
gboolean lwsg_error_propagate (GError **error, GError *engine_error);

/* The same for an error that somebody else keeps. A @status other than 0 makes it one
 * of the domain LWSG_HTTP_ERROR. */
GError *lwsg_error_from_engine (const GError *engine_error, guint status);
