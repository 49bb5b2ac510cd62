/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#define ZLIB_CONST
#include <zlib.h>

/* What DEFLATE data ends with after a flush, and what a message on the wire lacks
 * (RFC 7692 section 7.2.1). */
#define WIRE_ZLIB_TAIL "\x00\x00\xff\xff"
#define WIRE_ZLIB_TAIL_SIZE 4

/* zlib's memory is GLib's: no call of it fails for want of some. How much it takes is added to *memory; the end of the
 * stream gives all of it back. */
void wire_zlib_init (z_stream *stream, gsize *memory);
