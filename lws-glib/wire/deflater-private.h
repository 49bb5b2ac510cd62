/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Messages become compressed ones, RFC 7692 section 7.2.1. */

typedef struct _WireDeflater WireDeflater;

/* @window_bits is 9 to 15; level and memory level are zlib's, 1 to 9. */
WireDeflater *wire_deflater_new (guint window_bits, guint level, guint memory_level);
void wire_deflater_free (WireDeflater *deflater);

/* How much memory it has taken. */
gsize wire_deflater_get_memory (const WireDeflater *deflater);

/* Compresses a whole message, or a fragment of one, into @out, from its beginning. FALSE if
 * more than @max bytes came out: then @out is of no use, and the deflater is so only after a
 * reset. */
gboolean wire_deflater_run (WireDeflater *deflater, const guint8 *data, gsize length, gboolean last, gsize max,
                            GByteArray *out);

/* The next message refers to nothing before it. */
void wire_deflater_reset (WireDeflater *deflater);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireDeflater, wire_deflater_free)
