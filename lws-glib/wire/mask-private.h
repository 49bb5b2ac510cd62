/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Masking of payloads, RFC 6455 section 5.3. A masking key is held as its four
 * bytes stand on the wire, whatever the byte order of the machine. Both
 * functions return the key as it applies to the byte after the last, so that a
 * payload may be masked piece by piece. */

guint32 wire_mask (guint8 *data, gsize length, guint32 key);
guint32 wire_mask_copy (guint8 *restrict to, const guint8 *restrict from, gsize length, guint32 key);
