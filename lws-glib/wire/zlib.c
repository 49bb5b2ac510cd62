/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "zlib-private.h"

static voidpf
zlib_alloc (voidpf opaque, uInt items, uInt size)
{
  gsize *memory = opaque;

  *memory += (gsize) items * size;

  return g_malloc_n (items, size);
}

static void
zlib_free (voidpf opaque, voidpf address)
{
  g_free (address);
}

void
wire_zlib_init (z_stream *stream, gsize *memory)
{
  *stream = (z_stream){ .zalloc = zlib_alloc, .zfree = zlib_free, .opaque = memory };
}
