/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "deflater-private.h"
#include "zlib-private.h"

#include <string.h>

/* A byte array of twice as much is the largest that can double. */
#define OUTPUT_MAX ((gsize) 1024 * 1024 * 1024)

/* What there must be room for beside the data: an empty block, and what zlib holds back. */
#define ROOM_MIN 64

struct _WireDeflater {
  z_stream stream;
  gsize memory;
};

WireDeflater *
wire_deflater_new (guint window_bits, guint level, guint memory_level)
{
  WireDeflater *deflater = g_new (WireDeflater, 1);
  int result;

  deflater->memory = sizeof (WireDeflater);
  wire_zlib_init (&deflater->stream, &deflater->memory);
  result = deflateInit2 (&deflater->stream, (int) level, Z_DEFLATED, -(int) window_bits, (int) memory_level,
                         Z_DEFAULT_STRATEGY);
  g_assert (result == Z_OK);

  return deflater;
}

void
wire_deflater_free (WireDeflater *deflater)
{
  deflateEnd (&deflater->stream);
  g_free (deflater);
}

gsize
wire_deflater_get_memory (const WireDeflater *deflater)
{
  return deflater->memory;
}

void
wire_deflater_reset (WireDeflater *deflater)
{
  deflateReset (&deflater->stream);
}

/* Lets zlib work until it needs no more room; FALSE if that would be more than @max. */
static gboolean
deflater_write (WireDeflater *deflater, int flush, gsize room, gsize max, GByteArray *out)
{
  z_stream *stream = &deflater->stream;

  do
    {
      gsize before = out->len;

      if (before > max)
        return FALSE;
      /* One byte more than may be: a flush that fills its room may not be done. */
      room = MIN (room, max - before + 1);
      g_byte_array_set_size (out, (guint) (before + room));
      stream->next_out = out->data + before;
      stream->avail_out = (uInt) room;
      deflate (stream, flush);
      g_byte_array_set_size (out, out->len - stream->avail_out);
    }
  while (stream->avail_out == 0);

  return TRUE;
}

gboolean
wire_deflater_run (WireDeflater *deflater, const guint8 *data, gsize length, gboolean last, gsize max, GByteArray *out)
{
  const gsize whole_max = MIN (max, OUTPUT_MAX) + (last ? WIRE_ZLIB_TAIL_SIZE : 0);

  g_byte_array_set_size (out, 0);
  do
    {
      const gsize step = MIN (length, G_MAXUINT / 4);

      deflater->stream.next_in = data;
      deflater->stream.avail_in = (uInt) step;
      length -= step;
      if (!deflater_write (deflater, length > 0 ? Z_NO_FLUSH : Z_SYNC_FLUSH, step / 2 + ROOM_MIN, whole_max, out))
        return FALSE;
      if (length > 0)
        data += step;
    }
  while (length > 0);

  if (!last)
    return TRUE;
  if (out->len < WIRE_ZLIB_TAIL_SIZE)
    /* Nothing since the last flush: an empty block without its tail. */
    g_byte_array_append (out, (const guint8 *) "", 1);
  else
    g_byte_array_set_size (out, out->len - WIRE_ZLIB_TAIL_SIZE);

  return TRUE;
}
