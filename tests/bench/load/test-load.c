/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "deflater.h"
#include "frame.h"
#include "histogram.h"
#include "payload.h"

#include <zlib.h>

/* A class is 1/64 of its value wide. */
static void
test_histogram (void)
{
  g_autoptr (Histogram) histogram = histogram_new ();

  g_assert_cmpint (histogram_quantile (histogram, 0.5), ==, 0);
  for (int i = 1; i <= 1000; i++)
    histogram_add (histogram, i * 1000);
  g_assert_cmpfloat_with_epsilon ((double) histogram_quantile (histogram, 0.5), 500000, 500000 / 64);
  g_assert_cmpfloat_with_epsilon ((double) histogram_quantile (histogram, 0.99), 990000, 990000 / 64);
  g_assert_cmpfloat_with_epsilon ((double) histogram_quantile (histogram, 1), 1000000, 1000000 / 64);

  histogram_clear (histogram);
  for (int i = 0; i < 100; i++)
    histogram_add (histogram, i);
  for (int i = 1; i <= 100; i++)
    g_assert_cmpint (histogram_quantile (histogram, (i - 0.5) / 100), ==, i - 1);
  histogram_add (histogram, G_MAXINT64);
  g_assert_cmpint (histogram_quantile (histogram, 1), >, G_MAXINT64 / 64 * 63);
}

static void
test_payload (void)
{
  for (PayloadKind kind = PAYLOAD_ASCII; kind <= PAYLOAD_BINARY; kind++)
    for (gsize size = 0; size < 300; size++)
      {
        g_autoptr (GBytes) payload = payload_new (kind, size, 7);
        const char *data = g_bytes_get_data (payload, NULL);

        g_assert_cmpuint (g_bytes_get_size (payload), ==, size);
        if (kind != PAYLOAD_BINARY && size > 0)
          g_assert_true (g_utf8_validate (data, (gssize) size, NULL));
      }
}

/* The frame as a server would send it: without the mask. */
static GByteArray *
answer_of (const guint8 *payload, gsize length)
{
  GByteArray *frame = g_byte_array_new ();
  gsize head = length < 126 ? 2 : length <= G_MAXUINT16 ? 4 : 10;

  frame_append (frame, FALSE, FALSE, payload, length);
  g_assert_cmpuint (frame->len, ==, head + 4 + length);
  for (gsize i = 0; i < length; i++)
    g_assert_cmpuint (frame->data[head + 4 + i] ^ frame->data[head + i % 4], ==, payload[i]);
  g_byte_array_remove_range (frame, (guint) head, 4);
  frame->data[1] &= 127;

  return frame;
}

/* With the bytes in portions of each length, and two frames behind one another. */
static void
test_frames (void)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 1000, G_MAXUINT16, G_MAXUINT16 + 1 };
  static const gsize portions[] = { 1, 2, 3, 7, 1000, G_MAXUINT16 * 4 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint k = 0; k < G_N_ELEMENTS (portions); k++)
      {
        g_autoptr (GBytes) payload = payload_new (PAYLOAD_BINARY, lengths[i], 0);
        g_autoptr (GByteArray) frames = answer_of (g_bytes_get_data (payload, NULL), lengths[i]);
        g_autoptr (GByteArray) second = answer_of (g_bytes_get_data (payload, NULL), lengths[i]);
        FrameReader reader = { 0 };
        guint messages = 0;

        g_byte_array_append (frames, second->data, second->len);
        for (gsize from = 0; from < frames->len; from += portions[k])
          {
            const guint8 *data = frames->data + from;
            gsize length = MIN (portions[k], frames->len - from);

            while (length > 0)
              if (frame_reader_take (&reader, &data, &length) == FRAME_ENDS_MESSAGE)
                {
                  g_assert_cmpuint (reader.message, ==, lengths[i]);
                  reader.message = 0;
                  messages++;
                }
          }
        g_assert_cmpuint (messages, ==, 2);
      }
}

static void
test_pings (void)
{
  static const guint8 ping[] = { 0x89, 0x03, 'a', 'b', 'c', 0x89, 0x00 };
  FrameReader reader = { 0 };
  g_autoptr (GByteArray) pong = g_byte_array_new ();
  const guint8 *data = ping;
  gsize length = sizeof ping;

  g_assert_cmpint (frame_reader_take (&reader, &data, &length), ==, FRAME_PINGS);
  g_assert_cmpuint (reader.message, ==, 0);
  frame_append_pong (pong, &reader);
  g_assert_cmpuint (pong->len, ==, 2 + 4 + 3);
  g_assert_cmpuint (pong->data[0], ==, 0x8a);
  g_assert_cmpuint (pong->data[1], ==, 0x83);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (pong->data[6 + i] ^ pong->data[2 + i], ==, ping[2 + i]);

  g_assert_cmpint (frame_reader_take (&reader, &data, &length), ==, FRAME_PINGS);
  frame_append_pong (pong, &reader);
  g_assert_cmpuint (pong->len, ==, 2 + 4 + 3 + 2 + 4);
}

static void
test_closing_frames (void)
{
  static const guint8 close_frame[] = { 0x88, 0x02, 0x03, 0xe8 };
  static const guint8 masked_frame[] = { 0x81, 0x81, 1, 2, 3, 4, 5 };
  FrameReader reader = { 0 };
  const guint8 *data = close_frame;
  gsize length = sizeof close_frame;

  g_assert_cmpint (frame_reader_take (&reader, &data, &length), ==, FRAME_CLOSES);
  reader = (FrameReader) { 0 };
  data = masked_frame;
  length = sizeof masked_frame;
  g_assert_cmpint (frame_reader_take (&reader, &data, &length), ==, FRAME_IS_WRONG);
}

static void
inflate_and_compare (z_stream *stream, GByteArray *deflated, GBytes *message)
{
  static const guint8 tail[] = { 0x00, 0x00, 0xff, 0xff };
  guint8 inflated[1024];

  g_byte_array_append (deflated, tail, sizeof tail);
  stream->next_in = deflated->data;
  stream->avail_in = deflated->len;
  stream->next_out = inflated;
  stream->avail_out = sizeof inflated;
  g_assert_cmpint (inflate (stream, Z_SYNC_FLUSH), ==, Z_OK);
  g_assert_cmpmem (inflated, sizeof inflated - stream->avail_out, g_bytes_get_data (message, NULL),
                   g_bytes_get_size (message));
}

static void
test_deflater (gconstpointer takeover)
{
  g_autoptr (Deflater) deflater = deflater_new (GPOINTER_TO_INT (takeover));
  z_stream stream = { 0 };
  guint first = 0;

  g_assert_cmpint (inflateInit2 (&stream, -15), ==, Z_OK);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GBytes) message = payload_new (PAYLOAD_JSON, 200, i);
      g_autoptr (GByteArray) deflated = g_byte_array_new ();

      deflater_append (deflater, deflated, message);
      if (i == 0)
        first = deflated->len;
      else if (GPOINTER_TO_INT (takeover))
        g_assert_cmpuint (deflated->len, <, first);
      inflate_and_compare (&stream, deflated, message);
      if (!GPOINTER_TO_INT (takeover))
        g_assert_cmpint (inflateReset (&stream), ==, Z_OK);
    }
  inflateEnd (&stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bench/load/histogram", test_histogram);
  g_test_add_func ("/bench/load/payload", test_payload);
  g_test_add_func ("/bench/load/frames", test_frames);
  g_test_add_func ("/bench/load/pings", test_pings);
  g_test_add_func ("/bench/load/closing-frames", test_closing_frames);
  g_test_add_data_func ("/bench/load/deflater/reset", GINT_TO_POINTER (FALSE), test_deflater);
  g_test_add_data_func ("/bench/load/deflater/takeover", GINT_TO_POINTER (TRUE), test_deflater);

  return g_test_run ();
}
