/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-reader.h"

#include <string.h>

static void
test_refusal_text (void)
{
  WireRefusal refusal;
  char expected[WIRE_TEXT_ARGUMENT_SIZE];

  g_assert_false (wire_refusal_set (&refusal, 400, "%s|%d", "a\r\n\x1b\xe9~\t\x7f", 7));
  g_assert_cmpuint (refusal.status, ==, 400);
  g_assert_cmpstr (refusal.text, ==, "a\\x0d\\x0a\\x1b\\xe9~\\x09\\x7f|7");

  /* Cut where the room ends, never inside an escape. */
  for (gsize plain = 0; plain < sizeof expected + 4; plain++)
    {
      g_autofree char *text = g_strnfill (plain, 'a');
      g_autofree char *line = g_strconcat (text, "\n", NULL);

      wire_refusal_set (&refusal, 400, "%s", line);
      g_snprintf (expected, sizeof expected, "%s%s", text, plain + 4 < sizeof expected ? "\\x0a" : "");
      g_assert_cmpstr (refusal.text, ==, expected);
    }
}

static void
test_status_interim (void)
{
  static const guint finals[] = { 0, 99, 101, 200, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (finals); i++)
    g_assert_false (wire_status_is_interim (finals[i]));
  g_assert_true (wire_status_is_interim (100));
  g_assert_true (wire_status_is_interim (102));
  g_assert_true (wire_status_is_interim (199));
}

static void
test_status_phrases (void)
{
  g_assert_cmpstr (wire_status_phrase (101), ==, "Switching Protocols");
  g_assert_cmpstr (wire_status_phrase (404), ==, "Not Found");
  g_assert_cmpstr (wire_status_phrase (431), ==, "Request Header Fields Too Large");
  g_assert_cmpstr (wire_status_phrase (0), ==, "Unknown");
  g_assert_cmpstr (wire_status_phrase (499), ==, "Unknown");
}

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void
assert_error_reply (guint status, const char *body, const char *allow, const char *version)
{
  g_autoptr (GString) out = g_string_new ("before");
  g_autoptr (GString) head_only = g_string_new (NULL);
  const char *text;
  HeadReading reading;
  gint64 length;
  gboolean chunked;

  wire_http_error_reply (out, status, DATE, "X-More: 1\r\nX-Allow: 2\r\n", FALSE);
  wire_http_error_reply (head_only, status, DATE, "X-More: 1\r\nX-Allow: 2\r\n", TRUE);
  g_assert_true (g_str_has_prefix (out->str, "before"));
  text = out->str + strlen ("before");

  head_reading_run (&reading, WIRE_HEAD_RESPONSE, text, strlen (text), HEAD_READING_WHOLE);
  g_assert_true (reading.parsed);
  g_assert_cmpuint (reading.head.status, ==, status);
  g_assert_cmpmem (head_only->str, head_only->len, text, reading.scanned);
  g_assert_cmpstr (text + reading.scanned, ==, body);
  g_assert_true (wire_head_body (&reading.head, &length, &chunked, &reading.refusal));
  g_assert_cmpint (length, ==, strlen (body));
  g_assert_false (wire_head_keeps_alive (&reading.head));
  g_assert_cmpstr (wire_head_get (&reading.head, "X-Content-Type-Options"), ==, "nosniff");
  g_assert_cmpstr (wire_head_get (&reading.head, "Date"), ==, DATE);
  g_assert_cmpstr (wire_head_get (&reading.head, "X-More"), ==, "1");
  g_assert_cmpstr (wire_head_get (&reading.head, "Allow"), ==, allow);
  g_assert_cmpstr (wire_head_get (&reading.head, "Sec-WebSocket-Version"), ==, version);
  g_assert_cmpint (wire_head_has_token (&reading.head, "Upgrade", "websocket"), ==, version != NULL);
  g_assert_cmpint (wire_head_has_token (&reading.head, "Connection", "upgrade"), ==, version != NULL);
  head_reading_clear (&reading);
}

static void
test_error_replies (void)
{
  assert_error_reply (404, "404 Not Found\n", NULL, NULL);
  assert_error_reply (405, "405 Method Not Allowed\n", "GET, HEAD", NULL);
  assert_error_reply (426, "426 Upgrade Required\n", NULL, "13");
  assert_error_reply (599, "599 Unknown\n", NULL, NULL);
}

/* What a program says of its own accord is not said twice; without a clock there is no date. */
static void
test_error_headers (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  HeadReading reading;
  guint first;

  wire_http_error_reply (out, 405, "", "X: Allow: no\r\nallow: POST\r\n", FALSE);
  head_reading_run (&reading, WIRE_HEAD_RESPONSE, out->str, out->len, HEAD_READING_WHOLE);
  g_assert_true (reading.parsed);
  first = wire_head_find (&reading.head, "Allow", 0);
  g_assert_cmpstr (reading.head.headers[first].value, ==, "POST");
  g_assert_cmpuint (wire_head_find (&reading.head, "Allow", first + 1), ==, reading.head.n_headers);
  g_assert_null (wire_head_get (&reading.head, "Date"));
  head_reading_clear (&reading);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http-status/refusal-text", test_refusal_text);
  g_test_add_func ("/http-status/interim", test_status_interim);
  g_test_add_func ("/http-status/phrases", test_status_phrases);
  g_test_add_func ("/http-status/error-replies", test_error_replies);
  g_test_add_func ("/http-status/error-headers", test_error_headers);

  return g_test_run ();
}
