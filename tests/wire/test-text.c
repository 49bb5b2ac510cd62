/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "wire/http-status-private.h"

#include "wire/close-code-private.h"

/* Texts with arguments, and their translations. */

static void
expect (const WireText *text, const char *format, const char *expected)
{
  g_autofree char *written = wire_text_write (text, format);

  g_assert_cmpstr (written, ==, expected);
}

static void
test_directives (void)
{
  WireRefusal refusal;
  guint8 byte = 7;

  g_assert_false (wire_refusal_set (&refusal, 400, "100 %% of %s, %.3s, %.*s, %c", "all", "abcdef", 2, "xyz", '!'));
  g_assert_cmpuint (refusal.status, ==, 400);
  g_assert_cmpstr (refusal.text, ==, "100 % of all, abc, xy, !");
  wire_refusal_set (&refusal, 0, "%d, %u, 0x%02x, 0x%x", -5, 4000000000u, byte, 0xabcu);
  g_assert_cmpstr (refusal.text, ==, "-5, 4000000000, 0x07, 0xabc");
  wire_refusal_set (&refusal, 0, "%llu and %s", (unsigned long long) G_MAXUINT64, "more");
  g_assert_cmpstr (refusal.text, ==, "18446744073709551615 and more");
  wire_refusal_set (&refusal, 0, "none");
  g_assert_cmpstr (refusal.text, ==, "none");
}

static void
test_translation (void)
{
  WireRefusal refusal;

  wire_refusal_set (&refusal, 0, "expected %d bytes in %s, got \"%.60s\"", 16, "Sec-WebSocket-Key", "abc");
  expect (&refusal.parts, "%2$s: \xc2\xab%3$.60s\xc2\xbb statt %1$d Bytes, 100 %%",
          "Sec-WebSocket-Key: \xc2\xab" "abc\xc2\xbb statt 16 Bytes, 100 %");
  expect (&refusal.parts, "%d, %s, %.60s", "16, Sec-WebSocket-Key, abc");
  expect (&refusal.parts, "", "");
  /* A catalogue with a mistake in it reads nothing that is not there. */
  expect (&refusal.parts, "%s %s %s %s%s%s%9$s%", "16 Sec-WebSocket-Key abc ");
}

/* Only what comes from elsewhere is escaped, and it stays within its room. */
static void
test_escape (void)
{
  WireRefusal refusal;
  g_autofree char *bells = g_strnfill (200, '\a');

  wire_refusal_set (&refusal, 0, "got \"%s\" and %c", "\xc3\xa4\x1b[0m\n", '\x7f');
  expect (&refusal.parts, "bekam \xe2\x80\x9e%s\xe2\x80\x9c, %c",
          "bekam \xe2\x80\x9e\\xc3\\xa4\\x1b[0m\\x0a\xe2\x80\x9c, \\x7f");
  wire_refusal_set (&refusal, 0, "%s", bells);
  g_assert_cmpuint (strlen (refusal.text), <, WIRE_TEXT_ARGUMENT_SIZE);
  g_assert_true (g_str_has_suffix (refusal.text, "\\x07"));
}

/* What goes to the peer is English, cut to what a Close frame holds. */
static void
test_violation (void)
{
  WireViolation violation;
  g_autofree char *long_text = g_strnfill (60, 'a');

  g_assert_false (wire_violation_set (&violation, 1002, "%s %s %s", long_text, long_text, long_text));
  g_assert_cmpuint (violation.close_code, ==, 1002);
  g_assert_cmpuint (strlen (violation.text), ==, WIRE_CLOSE_REASON_MAX);
  wire_violation_set (&violation, 1007, "text that is not UTF-8");
  g_assert_cmpstr (violation.text, ==, "text that is not UTF-8");
  expect (&violation.parts, "kein UTF-8", "kein UTF-8");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/text/directives", test_directives);
  g_test_add_func ("/text/translation", test_translation);
  g_test_add_func ("/text/escape", test_escape);
  g_test_add_func ("/text/violation", test_violation);

  return g_test_run ();
}
