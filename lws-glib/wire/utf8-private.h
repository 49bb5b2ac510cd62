/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* An incremental check of UTF-8 (RFC 3629): no overlong forms, no surrogates,
 * nothing above U+10FFFF. The state is 0 between characters. */

typedef guint32 WireUtf8;

#define WIRE_UTF8_BOUNDARY ((WireUtf8) 0)

/* FALSE at the first byte that no valid text can have at its place; the state
 * is of no use after that. */
gboolean wire_utf8_feed (WireUtf8 *state, const guint8 *data, gsize length);
