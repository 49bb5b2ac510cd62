/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What GLib thinks of a text. GLib takes a NUL for invalid; here it is a character
 * like others. */
gboolean utf8_oracle_is_valid (const guint8 *text, gsize length);

/* How much of it is valid, counted in bytes. */
gsize utf8_oracle_valid_length (const guint8 *text, gsize length);

/* Can a valid text begin like this? */
gboolean utf8_oracle_may_begin (const guint8 *text, gsize length);
