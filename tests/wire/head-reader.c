/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-reader.h"

#include <string.h>

#define MUTATIONS_MAX 6
#define SLICE_MAX 40

const char head_of_browser[] =
  "GET /chat?room=3 HTTP/1.1\r\n"
  "Host: localhost:7681\r\n"
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
  "Accept: */*\r\n"
  "Accept-Language: en-US,en;q=0.5\r\n"
  "Accept-Encoding: gzip, deflate, br, zstd\r\n"
  "Sec-WebSocket-Version: 13\r\n"
  "Origin: http://localhost:7681\r\n"
  "Sec-WebSocket-Protocol: dumb-increment-protocol, lws-mirror-protocol\r\n"
  "Sec-WebSocket-Extensions: permessage-deflate\r\n"
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
  "Connection: keep-alive, Upgrade\r\n"
  "Sec-Fetch-Dest: empty\r\n"
  "Pragma: no-cache\r\n"
  "Cache-Control: no-cache\r\n"
  "Upgrade: websocket\r\n"
  "\r\n";

void
head_reading_run (HeadReading *reading, WireHeadKind kind, const char *text, gsize length, gsize step)
{
  memset (reading, 0, sizeof *reading);

  do
    {
      /* A copy of the exact size, so that tools see a read beyond it. */
      g_autofree guint8 *data = NULL;

      reading->given += MIN (step, length - reading->given);
      data = g_memdup2 (text, reading->given);
      reading->scan = wire_head_scan (kind, data, reading->given, &reading->scanned, &reading->refusal);
    }
  while (reading->scan == WIRE_HEAD_INCOMPLETE && reading->given < length);

  if (reading->scan != WIRE_HEAD_COMPLETE)
    return;

  reading->bytes = g_memdup2 (text, reading->scanned);
  reading->parsed = wire_head_parse (&reading->head, kind, reading->bytes, reading->scanned, &reading->refusal);
}

void
head_reading_clear (HeadReading *reading)
{
  g_clear_pointer (&reading->bytes, g_free);
}

void
head_reading_run_twins (HeadReading *reading, WireHeadKind kind, const char *text, gsize length)
{
  HeadReading twin;

  head_reading_run (reading, kind, text, length, HEAD_READING_WHOLE);
  head_reading_run (&twin, kind, text, length, 1);

  g_assert_cmpint (twin.scan, ==, reading->scan);
  g_assert_cmpuint (twin.scanned, ==, reading->scanned);
  g_assert_cmpint (twin.parsed, ==, reading->parsed);
  g_assert_cmpuint (twin.refusal.status, ==, reading->refusal.status);
  g_assert_cmpstr (twin.refusal.text, ==, reading->refusal.text);
  if (twin.scan == WIRE_HEAD_COMPLETE)
    {
      g_assert_cmpuint (twin.given, ==, twin.scanned);
      g_assert_cmpmem (twin.bytes, twin.scanned, reading->bytes, reading->scanned);
    }
  else if (twin.scan == WIRE_HEAD_ERROR)
    g_assert_cmpuint (twin.given, ==, MIN (twin.scanned + 1, WIRE_HEAD_MAX_SIZE));

  head_reading_clear (&twin);
}

static guint8
random_byte (void)
{
  static const char likely[] = "\r\n\r\n\0 \t:,;/%.?#\\[]@*=";

  if (g_test_rand_bit ())
    return (guint8) likely[g_test_rand_int_range (0, sizeof likely - 1)];

  return (guint8) g_test_rand_int_range (0, 256);
}

GByteArray *
head_mutate (const char *text)
{
  GByteArray *bytes = g_byte_array_new ();
  int n = g_test_rand_int_range (1, MUTATIONS_MAX + 1);

  g_byte_array_append (bytes, (const guint8 *) text, strlen (text));

  for (int i = 0; i < n && bytes->len > 0; i++)
    {
      guint place = g_test_rand_int_range (0, bytes->len);
      guint slice = g_test_rand_int_range (1, MIN (bytes->len - place, SLICE_MAX) + 1);
      int what = g_test_rand_int_range (0, 4);

      if (what == 0)
        bytes->data[place] = random_byte ();
      else if (what == 1)
        g_byte_array_remove_range (bytes, place, slice);
      else
        {
          g_autofree guint8 *tail = g_memdup2 (bytes->data + place, bytes->len - place);
          guint tail_length = bytes->len - place;
          guint8 byte = random_byte ();

          g_byte_array_set_size (bytes, what == 2 ? place : place + slice);
          if (what == 2)
            g_byte_array_append (bytes, &byte, 1);
          g_byte_array_append (bytes, tail, tail_length);
        }
    }

  return bytes;
}
