/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* Clients that open, talk, stall and reset at random, again and again. */

typedef struct _Rude Rude;

/* Counts its connections in @count. */
Rude *rude_new (guint port, guint64 *count);
void rude_free (Rude *rude);
