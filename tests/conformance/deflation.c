/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "deflation.h"

#include <string.h>

#define WINDOW_MAX 15

/* zlib accepts references beyond the window as long as they stay in what a call puts out:
 * so little is put out at a time. */
#define STEP 64

/* Of what zlib tells in data_type after a call: it stands between two blocks, at the end
 * of a byte. */
#define BETWEEN_BLOCKS 128
#define UNUSED_BITS 7

static const guint8 unread[] = { 0x00, 0x00, 0xff, 0xff };

Deflation *
deflation_new (guint out_bits, guint in_bits)
{
  Deflation *deflation = g_new0 (Deflation, 1);

  g_assert_cmpint (deflateInit2 (&deflation->deflating, Z_BEST_COMPRESSION, Z_DEFLATED, -(int) out_bits, 8,
                                 Z_DEFAULT_STRATEGY), ==, Z_OK);
  g_assert_cmpint (inflateInit2 (&deflation->inflating, -(int) in_bits), ==, Z_OK);

  return deflation;
}

void
deflation_free (Deflation *deflation)
{
  deflateEnd (&deflation->deflating);
  inflateEnd (&deflation->inflating);
  g_free (deflation);
}

void
deflation_reset (Deflation *deflation)
{
  deflateReset (&deflation->deflating);
  inflateReset (&deflation->inflating);
}

GByteArray *
deflation_compress (Deflation *deflation, const guint8 *bytes, gsize length)
{
  z_stream *stream = &deflation->deflating;
  GByteArray *out = g_byte_array_new ();

  g_byte_array_set_size (out, (guint) deflateBound (stream, length) + 2 * sizeof unread);
  stream->next_in = (Bytef *) bytes;
  stream->avail_in = (uInt) length;
  stream->next_out = out->data;
  stream->avail_out = out->len;
  g_assert_cmpint (deflate (stream, Z_SYNC_FLUSH), ==, Z_OK);
  g_assert_cmpuint (stream->avail_out, >, 0);
  g_byte_array_set_size (out, out->len - stream->avail_out);
  g_assert_cmpmem (out->data + out->len - sizeof unread, sizeof unread, unread, sizeof unread);
  g_byte_array_set_size (out, out->len - (guint) sizeof unread);

  return out;
}

/* Returns zlib's last result. */
static int
inflate_to (GByteArray *out, z_stream *stream, const guint8 *bytes, gsize length)
{
  int result;

  stream->next_in = (Bytef *) bytes;
  stream->avail_in = (uInt) length;
  do
    {
      guint8 step[STEP];

      stream->next_out = step;
      stream->avail_out = sizeof step;
      result = inflate (stream, Z_SYNC_FLUSH);
      g_byte_array_append (out, step, (guint) (sizeof step - stream->avail_out));
    }
  while (result == Z_OK && (stream->avail_in > 0 || stream->avail_out == 0));

  return result;
}

GByteArray *
deflation_inflate (Deflation *deflation, const guint8 *bytes, gsize length)
{
  z_stream *stream = &deflation->inflating;
  GByteArray *out = g_byte_array_new ();
  int result = inflate_to (out, stream, bytes, length);

  g_assert_true (result == Z_OK || result == Z_BUF_ERROR);
  g_assert_cmpuint (stream->avail_in, ==, 0);
  g_assert_cmpint (inflate_to (out, stream, unread, sizeof unread), ==, Z_OK);
  g_assert_cmpuint (stream->avail_in, ==, 0);
  g_assert_cmphex (stream->data_type & (BETWEEN_BLOCKS | UNUSED_BITS), ==, BETWEEN_BLOCKS);

  return out;
}

GByteArray *
deflation_try (const GByteArray *bytes)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  GByteArray *out = g_byte_array_new ();

  inflate_to (out, &deflation->inflating, bytes->data, bytes->len);

  return out;
}
