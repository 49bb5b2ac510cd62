/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What each target defines, and libFuzzer, AFL++ and standalone.c call. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
