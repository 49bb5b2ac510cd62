/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "error-private.h"

G_DEFINE_QUARK (lws-glib-engine-error-quark, engine_error)
