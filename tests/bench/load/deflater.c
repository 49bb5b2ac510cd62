/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "deflater.h"

#include <zlib.h>

/* The load should not be what limits the rate. */
#define LEVEL 1
#define WINDOW_BITS 15
#define MEMORY_LEVEL 8

/* An empty stored block ends what Z_SYNC_FLUSH writes; the receiver adds it back. */
#define TAIL 4

/* A sync flush adds a few bytes to what deflateBound() promises for a whole stream. */
#define FLUSH_ROOM 16

struct _Deflater {
  z_stream stream;
  gboolean takeover;            /* the window is kept from message to message */
};

Deflater *
deflater_new (gboolean takeover)
{
  Deflater *self = g_new0 (Deflater, 1);

  self->takeover = takeover;
  if (deflateInit2 (&self->stream, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    g_error ("zlib has no memory left");

  return self;
}

void
deflater_free (Deflater *self)
{
  deflateEnd (&self->stream);
  g_free (self);
}

void
deflater_append (Deflater *self, GByteArray *to, GBytes *message)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (message, &length);
  guint start = to->len;
  gulong room = deflateBound (&self->stream, length) + FLUSH_ROOM;

  if (!self->takeover)
    deflateReset (&self->stream);
  g_byte_array_set_size (to, start + (guint) room);
  self->stream.next_in = (guint8 *) data;
  self->stream.avail_in = (uInt) length;
  self->stream.next_out = to->data + start;
  self->stream.avail_out = (uInt) room;
  deflate (&self->stream, Z_SYNC_FLUSH);
  g_byte_array_set_size (to, start + (guint) room - self->stream.avail_out - TAIL);
}
