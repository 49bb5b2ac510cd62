/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "vectors.h"
#include "wire/close-code-private.h"

static void
test_valid_codes (void)
{
  static const struct {
    guint first, last;
    gboolean valid;
  } ranges[] = {
    { 0, 999, FALSE },
    { 1000, 1003, TRUE },
    { 1004, 1006, FALSE },
    { 1007, 1014, TRUE },
    { 1015, 2999, FALSE },
    { 3000, 4999, TRUE },
    { 5000, 65535, FALSE },
    { 65536 + 1000, 65536 + 1000, FALSE },
    { G_MAXUINT, G_MAXUINT, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    for (guint64 code = ranges[i].first; code <= ranges[i].last; code++)
      if (wire_close_code_is_valid (code) != ranges[i].valid)
        g_error ("code %u: expected %d", (guint) code, ranges[i].valid);
}

/* --- reading */

typedef struct {
  const char *name;
  const char *payload;          /* as vectors.h tells */
  guint16 code;
  const char *reason;           /* NULL: refused with that code */
} ParseCase;

static const ParseCase parse_cases[] = {
  { "empty", "", WIRE_CLOSE_NO_STATUS, "" },
  { "one-byte", "03", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-only", "03 e8", 1000, "" },
  { "reason", "03 e9 \"going away\"", 1001, "going away" },
  { "utf8-reason", "0f a0 c3 bc e2 82 ac f0 9f 98 80", 4000, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
  { "longest-reason", "0b b8 61*123", 3000, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
  { "code-0", "00 00", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-999", "03 e7 \"x\"", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-1004", "03 ec", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-1005", "03 ed", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-1006", "03 ee", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-1015", "03 f7", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-2999", "0b b7", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-5000", "13 88", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-65535", "ff ff", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "code-before-reason", "03 ee ff", WIRE_CLOSE_PROTOCOL_ERROR, NULL },
  { "invalid-reason", "03 e8 \"a\" ff", WIRE_CLOSE_INVALID_PAYLOAD, NULL },
  { "cut-reason", "03 e8 e2 82", WIRE_CLOSE_INVALID_PAYLOAD, NULL },
  { "surrogate-in-reason", "03 e8 ed a0 80", WIRE_CLOSE_INVALID_PAYLOAD, NULL },
};

static void
assert_fit_for_close (const WireViolation *violation)
{
  g_assert_cmpuint (strlen (violation->text), >, 0);
  g_assert_cmpuint (strlen (violation->text), <=, WIRE_CLOSE_REASON_MAX);
  g_assert_true (g_str_is_ascii (violation->text));
  g_assert_true (wire_close_code_is_valid (violation->close_code));
}

static void
test_parse (gconstpointer data)
{
  const ParseCase *test = data;
  g_autoptr (GByteArray) payload = vectors_bytes (test->payload);
  /* A block of just its size, so that a read past it is seen. */
  g_autofree guint8 *block = g_memdup2 (payload->data, payload->len);
  WireViolation violation = { 0 };
  const char *reason = NULL;
  gsize length = 0;
  guint16 code = 0;
  gboolean parsed = wire_close_parse (block, payload->len, &code, &reason, &length, &violation);

  g_assert_cmpint (parsed, ==, test->reason != NULL);
  if (parsed)
    {
      g_assert_cmpuint (code, ==, test->code);
      g_assert_cmpmem (reason, length, test->reason, strlen (test->reason));
    }
  else
    {
      g_assert_cmpuint (violation.close_code, ==, test->code);
      assert_fit_for_close (&violation);
    }
}

static void
test_refusal_names_the_code (void)
{
  const guint8 payload[] = { 0x03, 0xed };
  WireViolation violation;
  const char *reason;
  gsize length;
  guint16 code;

  g_assert_false (wire_close_parse (payload, sizeof payload, &code, &reason, &length, &violation));
  g_assert_nonnull (strstr (violation.text, "1005"));
}

/* Whatever lies behind it in memory. */
static void
test_one_byte_is_refused (void)
{
  const guint8 payload[] = { 0x03, 0xe8 };
  WireViolation violation = { 0 };
  const char *reason;
  gsize length;
  guint16 code;

  g_assert_false (wire_close_parse (payload, 1, &code, &reason, &length, &violation));
  g_assert_cmpuint (violation.close_code, ==, WIRE_CLOSE_PROTOCOL_ERROR);
}

/* --- writing */

static void
assert_built (guint16 code, const char *reason, gsize reason_length, const char *expected)
{
  g_autoptr (GByteArray) bytes = vectors_bytes (expected);
  guint8 out[WIRE_CONTROL_MAX];
  gsize length;

  memset (out, 0xa5, sizeof out);
  length = wire_close_build (out, code, reason, reason_length);
  g_assert_cmpmem (out, length, bytes->data, bytes->len);
  for (gsize i = length; i < sizeof out; i++)
    g_assert_cmpuint (out[i], ==, 0xa5);
}

static void
test_build (void)
{
  assert_built (1000, "", 0, "03 e8");
  assert_built (1000, NULL, 0, "03 e8");
  assert_built (1001, "bye", 3, "03 e9 \"bye\"");
  assert_built (4999, "bye and more", 3, "13 87 \"bye\"");
  assert_built (WIRE_CLOSE_NO_STATUS, "not sent", 8, "");
}

static void
test_build_cuts_at_a_character (void)
{
  g_autofree char *ascii = g_strnfill (200, 'a');
  g_autoptr (GString) text = g_string_new (NULL);

  assert_built (1000, ascii, 123, "03 e8 61*123");
  assert_built (1000, ascii, 124, "03 e8 61*123");
  assert_built (1000, ascii, 200, "03 e8 61*123");

  /* A character of four bytes that ends at, or is cut at, the last place. */
  for (gsize before = 119; before <= 122; before++)
    {
      g_autofree char *expected = g_strdup_printf ("03 e8 61*%zu%s", before, before == 119 ? " f0 9f 98 80" : "");

      g_string_truncate (text, 0);
      g_string_append_len (text, ascii, before);
      g_string_append (text, "\xf0\x9f\x98\x80 and more");
      assert_built (1000, text->str, text->len, expected);
    }
}

static void
test_build_cuts_what_is_not_utf8 (void)
{
  assert_built (1000, "ab\xff" "cd", 5, "03 e8 \"ab\"");
  assert_built (1000, "ab\xe2\x82", 4, "03 e8 \"ab\"");
  assert_built (1000, "\xed\xa0\x80", 3, "03 e8");
}

/* --- both */

static void
test_round_trip (void)
{
  for (guint code = 0; code <= G_MAXUINT16; code++)
    {
      guint8 payload[WIRE_CONTROL_MAX];
      WireViolation violation;
      const char *reason;
      gsize length;
      guint16 parsed;

      if (!wire_close_code_is_valid (code))
        continue;
      length = wire_close_build (payload, code, "why", 3);
      g_assert_true (wire_close_parse (payload, length, &parsed, &reason, &length, &violation));
      g_assert_cmpuint (parsed, ==, code);
      g_assert_cmpmem (reason, length, "why", 3);
    }
}

static void
test_violation (void)
{
  g_autofree char *long_text = g_strnfill (300, 'x');
  WireViolation violation;

  g_assert_false (wire_violation_set (&violation, WIRE_CLOSE_POLICY, "%d of %s", 3, "four"));
  g_assert_cmpuint (violation.close_code, ==, WIRE_CLOSE_POLICY);
  g_assert_cmpstr (violation.text, ==, "3 of four");

  g_assert_false (wire_violation_set (&violation, WIRE_CLOSE_TOO_BIG, "%s %s", long_text, long_text));
  g_assert_cmpuint (strlen (violation.text), ==, WIRE_CLOSE_REASON_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/close-code/valid-codes", test_valid_codes);
  for (gsize i = 0; i < G_N_ELEMENTS (parse_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/wire/close-code/parse/", parse_cases[i].name, NULL);

      g_test_add_data_func (path, &parse_cases[i], test_parse);
    }
  g_test_add_func ("/wire/close-code/refusal-names-the-code", test_refusal_names_the_code);
  g_test_add_func ("/wire/close-code/one-byte-is-refused", test_one_byte_is_refused);
  g_test_add_func ("/wire/close-code/build", test_build);
  g_test_add_func ("/wire/close-code/build-cuts-at-a-character", test_build_cuts_at_a_character);
  g_test_add_func ("/wire/close-code/build-cuts-what-is-not-utf8", test_build_cuts_what_is_not_utf8);
  g_test_add_func ("/wire/close-code/round-trip", test_round_trip);
  g_test_add_func ("/wire/close-code/violation", test_violation);

  return g_test_run ();
}
