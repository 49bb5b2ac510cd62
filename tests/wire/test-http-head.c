/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-reader.h"

#include "wire/http-target-private.h"

#include <string.h>

#define HOST "Host: example.com\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define END "\r\n"

#define MUTATED_HEADS 3000

typedef struct {
  const char *name;
  const char *text;
  gsize length;
  guint status;                 /* of the refusal */
} BadHead;

typedef struct {
  const char *name;
  const char *text;
} GoodHead;

/* --- requests */

static const GoodHead good_requests[] = {
  { "shortest", "G / HTTP/1.0\r\n\r\n" },
  { "get", GET HOST END },
  { "http-1.0-without-host", "GET / HTTP/1.0\r\n\r\n" },
  { "one-empty-line-before", "\r\n" GET HOST END },
  { "empty-host", GET "Host:\r\n" END },
  { "unknown-method", "BREW! / HTTP/1.1\r\n" HOST END },
  { "no-space-after-colon", GET "Host:example.com\r\n" END },
  { "value-of-tabs", GET HOST "A:\t \tb\t c \t\r\n" END },
  { "empty-value", GET HOST "A:\r\nB: \t \r\n" END },
  { "obs-text-in-value", GET HOST "A: caf\xe9 \xff\r\n" END },
  { "name-of-all-tchars", GET HOST "!#$%&'*+-.^_`|~09azAZ: b\r\n" END },
  { "options-asterisk", "OPTIONS * HTTP/1.1\r\n" HOST END },
  { "lists-in-several-headers", GET HOST "Connection: a\r\nConnection: b\r\nUpgrade: a\r\nUpgrade: b\r\n" END },
  { "accept-twice-in-request", GET HOST "Sec-WebSocket-Accept: a\r\nSec-WebSocket-Accept: b\r\n" END },
};

static const BadHead bad_requests[] = {
  { "two-empty-lines-before", TEXT ("\r\n\r\n" GET HOST END), 400 },
  { "empty-lines-only", TEXT ("\r\n\r\n"), 400 },
  { "no-method", TEXT (" / HTTP/1.1\r\n" HOST END), 400 },
  { "method-no-token", TEXT ("GE(T / HTTP/1.1\r\n" HOST END), 400 },
  { "method-alone", TEXT ("GET\r\n" HOST END), 400 },
  { "http-0.9", TEXT ("GET /\r\n\r\n"), 400 },
  { "two-spaces-before-target", TEXT ("GET  / HTTP/1.1\r\n" HOST END), 400 },
  { "two-spaces-after-target", TEXT ("GET /  HTTP/1.1\r\n" HOST END), 400 },
  { "space-in-target", TEXT ("GET /a b HTTP/1.1\r\n" HOST END), 400 },
  { "tab-in-request-line", TEXT ("GET\t/ HTTP/1.1\r\n" HOST END), 400 },
  { "space-after-version", TEXT ("GET / HTTP/1.1 \r\n" HOST END), 400 },
  { "lower-case-version", TEXT ("GET / http/1.1\r\n" HOST END), 400 },
  { "version-cut-short", TEXT ("GET / HTTP/1.\r\n" HOST END), 400 },
  { "version-with-two-digits", TEXT ("GET / HTTP/1.10\r\n" HOST END), 400 },
  { "version-0.9", TEXT ("GET / HTTP/0.9\r\n" HOST END), 505 },
  { "version-1.2", TEXT ("GET / HTTP/1.2\r\n" HOST END), 505 },
  { "version-2.0", TEXT ("GET / HTTP/2.0\r\n" HOST END), 505 },
  { "http-2-preface", TEXT ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
  { "nul-in-target", TEXT ("GET /a\0b HTTP/1.1\r\n" HOST END), 400 },
  { "obs-text-in-target", TEXT ("GET /caf\xe9 HTTP/1.1\r\n" HOST END), 400 },
  { "delete-in-target", TEXT ("GET /\x7f HTTP/1.1\r\n" HOST END), 400 },
  { "lone-lf-after-request-line", TEXT ("GET / HTTP/1.1\n" HOST END), 400 },
  { "lone-lf-after-header", TEXT (GET "Host: a\n" END), 400 },
  { "lone-lf-at-the-end", TEXT (GET HOST "\n"), 400 },
  { "lone-cr-in-value", TEXT (GET HOST "A: b\rc\r\n" END), 400 },
  { "lone-cr-in-name", TEXT (GET HOST "A\r: b\r\n" END), 400 },
  { "two-crs", TEXT (GET HOST "A: b\r\r\n" END), 400 },
  { "nul-in-name", TEXT (GET HOST "A\0B: c\r\n" END), 400 },
  { "nul-in-value", TEXT (GET HOST "A: b\0c\r\n" END), 400 },
  { "control-in-value", TEXT (GET HOST "A: b\x01\r\n" END), 400 },
  { "delete-in-value", TEXT (GET HOST "A: b\x7f\r\n" END), 400 },
  { "folded", TEXT (GET HOST "A: b\r\n c\r\n" END), 400 },
  { "folded-with-tab", TEXT (GET HOST "A: b\r\n\tc\r\n" END), 400 },
  { "folded-request-line", TEXT (GET " " HOST END), 400 },
  { "space-before-colon", TEXT (GET HOST "A : b\r\n" END), 400 },
  { "tab-before-colon", TEXT (GET HOST "A\t: b\r\n" END), 400 },
  { "no-name", TEXT (GET HOST ": b\r\n" END), 400 },
  { "no-colon", TEXT (GET HOST "A\r\n" END), 400 },
  { "space-in-name", TEXT (GET HOST "A B: c\r\n" END), 400 },
  { "delimiter-in-name", TEXT (GET HOST "A(B: c\r\n" END), 400 },
  { "obs-text-in-name", TEXT (GET HOST "A\xe9: c\r\n" END), 400 },
  { "no-host", TEXT (GET "A: b\r\n" END), 400 },
  { "host-twice", TEXT (GET HOST HOST END), 400 },
  { "host-twice-in-http-1.0", TEXT ("GET / HTTP/1.0\r\n" HOST "HOST: example.com\r\n" END), 400 },
  { "origin-twice", TEXT (GET HOST "Origin: a\r\nOrigin: a\r\n" END), 400 },
  { "draft-origin-twice", TEXT (GET HOST "Sec-WebSocket-Origin: a\r\nSec-WebSocket-Origin: a\r\n" END), 400 },
  { "key-twice", TEXT (GET HOST "Sec-WebSocket-Key: a\r\nsec-websocket-key: a\r\n" END), 400 },
  { "version-twice", TEXT (GET HOST "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n" END), 400 },
  { "length-twice", TEXT (GET HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END), 400 },
};

static void
test_good_request (gconstpointer data)
{
  const GoodHead *good = data;
  HeadReading reading;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, good->text, strlen (good->text));
  g_assert_cmpstr (reading.refusal.text, ==, "");
  g_assert_cmpint (reading.scan, ==, WIRE_HEAD_COMPLETE);
  g_assert_cmpuint (reading.scanned, ==, strlen (good->text));
  g_assert_true (reading.parsed);
  head_reading_clear (&reading);
}

static void
assert_refused (WireHeadKind kind, const char *text, gsize length, guint status)
{
  HeadReading reading;

  head_reading_run_twins (&reading, kind, text, length);
  g_assert_cmpint (reading.scan, !=, WIRE_HEAD_INCOMPLETE);
  g_assert_false (reading.parsed);
  g_assert_cmpuint (reading.refusal.status, ==, status);
  g_assert_cmpstr (reading.refusal.text, !=, "");
  head_reading_clear (&reading);
}

static void
test_bad_request (gconstpointer data)
{
  const BadHead *bad = data;

  assert_refused (WIRE_HEAD_REQUEST, bad->text, bad->length, bad->status);
}

static void
assert_refused_unscanned (WireHeadKind kind, const char *text, gsize length, guint status)
{
  g_autofree char *bytes = g_memdup2 (text, length);
  WireRefusal refusal = { .status = 1 };
  WireHead head;

  g_assert_false (wire_head_parse (&head, kind, bytes, length, &refusal));
  g_assert_cmpuint (refusal.status, ==, status);
}

static void
assert_table_refused_unscanned (WireHeadKind kind, const BadHead *table, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      /* The end is what the parser may count on. */
      if (table[i].length >= 4 && memcmp (table[i].text + table[i].length - 4, "\r\n\r\n", 4) == 0)
        assert_refused_unscanned (kind, table[i].text, table[i].length, table[i].status);
    }
}

static void
test_browser (void)
{
  HeadReading reading;
  WireHead *head = &reading.head;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, head_of_browser, strlen (head_of_browser));
  g_assert_true (reading.parsed);
  g_assert_cmpstr (head->method, ==, "GET");
  g_assert_cmpstr (head->target, ==, "/chat?room=3");
  g_assert_cmpuint (head->minor_version, ==, 1);
  g_assert_cmpuint (head->n_headers, ==, 15);
  g_assert_cmpstr (head->headers[0].name, ==, "Host");
  g_assert_cmpuint (head->headers[0].name_length, ==, strlen ("Host"));
  g_assert_cmpstr (head->headers[0].value, ==, "localhost:7681");
  g_assert_cmpuint (head->headers[0].value_length, ==, strlen ("localhost:7681"));
  g_assert_cmpstr (head->headers[14].name, ==, "Upgrade");
  g_assert_cmpstr (wire_head_get (head, "sec-websocket-KEY"), ==, "dGhlIHNhbXBsZSBub25jZQ==");
  g_assert_null (wire_head_get (head, "Sec-WebSocket-Ke"));
  g_assert_true (wire_head_has_token (head, "connection", "upgrade"));
  g_assert_true (wire_head_has_token (head, "Connection", "keep-alive"));
  g_assert_false (wire_head_has_token (head, "Connection", "keep"));
  g_assert_true (wire_head_keeps_alive (head));
  head_reading_clear (&reading);
}

static void
test_values_are_trimmed (void)
{
  const char *text = GET HOST "A: \t b  c \t \r\nB:\r\nC: \t \r\na: d\r\n" END;
  HeadReading reading;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, text, strlen (text));
  g_assert_true (reading.parsed);
  g_assert_cmpstr (wire_head_get (&reading.head, "A"), ==, "b  c");
  g_assert_cmpstr (wire_head_get (&reading.head, "B"), ==, "");
  g_assert_cmpstr (wire_head_get (&reading.head, "C"), ==, "");
  g_assert_cmpuint (reading.head.headers[3].value_length, ==, 0);
  g_assert_cmpuint (wire_head_find (&reading.head, "A", 0), ==, 1);
  g_assert_cmpuint (wire_head_find (&reading.head, "A", 2), ==, 4);
  g_assert_cmpuint (wire_head_find (&reading.head, "A", 5), ==, reading.head.n_headers);
  head_reading_clear (&reading);
}

/* --- targets and hosts */

static const char *const good_targets[] = {
  "/", "//", "/a/b/", "/?", "/?q=/../..", "/?100%", "/?q=\\", "/a%20b", "/%41", "/a%2Fb", "/...", "/..a", "/a..",
  "/a./b", "/.well-known/x", "/%2e%2e%2e", "/%2ehidden", "/a|b^{c}", "http://a", "http://a?b", "HTTPS://a/b",
  "wss://a/b?c",
};

/* The absolute form and the header Host: the same, or nobody knows what is meant. */
static const struct {
  const char *target;
  const char *host;
  guint status;
} absolute_targets[] = {
  { "http://example.com", "example.com", 0 },
  { "http://example.com?a", "EXAMPLE.com", 0 },
  { "HTTPS://Example.com:8080/a", "example.com:8080", 0 },
  { "ws://[::1]:80/", "[::1]:80", 0 },
  { "http://example.com/", "example.org", 400 },
  { "http://example.com/", "example.com:80", 400 },
  { "http://example.com:80/", "example.com", 400 },
  { "http://example.com/", "example.co", 400 },
  { "http://example.com/", "example.com.org", 400 },
  { "http://example.com/", "", 400 },
};

static const char *const bad_targets[] = {
  "a", "*", "?", "example.com:80", "ftp://a/", "http:/", "http://", "http:///a", "http://u@a/", "http://a:b/",
  "http://a b/", "ws://a/../b", "/#", "/a#b", "/?a#b", "/.", "/..", "/./", "/../", "/a/..", "/a/../b", "/a/./b",
  "/..?a", "/%2e%2e/", "/%2E%2e", "/.%2e/a", "/a/%2e./b", "/%2e", "/..%2fa", "/a%2f..", "/a%2F..%2Fb", "/a\\b",
  "/..\\", "/a%5cb", "/%5C", "/%00", "/a%00.png", "/%", "/%4", "/%4?", "/%zz", "/%4g", "/%%41", "/a%",
};

static const char *const good_hosts[] = {
  "a", "example.com", "example.com:", "example.com:0", "example.com:65535", "127.0.0.1:80", "a_b-c.d~e", "%41",
  "[::1]", "[::1]:80", "[::ffff:1.2.3.4]", "[2001:DB8::1]:",
};

static const char *const bad_hosts[] = {
  "a b", "a/b", "a@b", "a,b", "a:b", "a:80:80", "a:65536", "a:99999999999999999999", "a:-1", "a:+1", ":80", "a?b",
  "a#b", "a\\b", "caf\xe9", "%4", "%zz", "a%", "<a>", "\"a\"", "[", "[]", "]", "[::1", "::1", "[::1]a", "[::1]80",
  "[1.2.3.4]", "[g::1]", "[::1%eth0]", "[1:2:3]", "[::1]:x", "[[::1]]", "a[::1]",
  "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
};

static void
assert_request (const char *target, const char *host, guint status)
{
  g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host);
  g_autofree char *printable_host = g_strescape (host, NULL);
  g_autofree char *stripped = g_strdup (target);
  HeadReading reading;

  g_test_message ("%s of %s", target, printable_host);
  if (status != 0)
    {
      assert_refused (WIRE_HEAD_REQUEST, text, strlen (text), status);
      return;
    }

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, text, strlen (text));
  g_assert_cmpstr (reading.refusal.text, ==, "");
  g_assert_true (reading.parsed);
  g_assert_cmpstr (reading.head.target, ==, wire_target_strip (stripped));
  g_assert_cmpstr (wire_head_get (&reading.head, "Host"), ==, host);
  head_reading_clear (&reading);
}

static void
test_targets (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_targets); i++)
    assert_request (good_targets[i], "a", 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_targets); i++)
    assert_request (bad_targets[i], "a", 400);
  for (gsize i = 0; i < G_N_ELEMENTS (absolute_targets); i++)
    assert_request (absolute_targets[i].target, absolute_targets[i].host, absolute_targets[i].status);
}

static void
test_paths (void)
{
  static const struct {
    const char *target;
    const char *path;
  } cases[] = {
    { "/", "/" }, { "/a?b=http://c/d", "/a?b=http://c/d" }, { "*", "*" }, { "http://a", "/" }, { "ws://a:80/", "/" },
    { "wss://[::1]/b?c", "/b?c" }, { "http://a/b://c/d", "/b://c/d" }, { "http://a?b", "/?b" }, { "HTTP://a:", "/" },
    { "http://a?/../../etc/passwd", "/?/../../etc/passwd" }, { "ws://a?b/%00", "/?b/%00" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *target = g_strdup (cases[i].target);
      WireRefusal refusal;

      g_test_message ("%s", cases[i].target);
      g_assert_true (wire_target_check ("OPTIONS", cases[i].target, &refusal));
      g_assert_cmpstr (wire_target_strip (target), ==, cases[i].path);
    }
}

static void
test_hosts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_hosts); i++)
    assert_request ("/", good_hosts[i], 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_hosts); i++)
    assert_request ("/", bad_hosts[i], 400);
  g_assert_false (wire_host_is_valid ("", 0));
  g_assert_false (wire_host_is_valid ("a\0b", 3));
  /* Only so many bytes as were said. */
  g_assert_true (wire_host_is_valid ("a:80/b", 4));
  g_assert_true (wire_host_is_valid ("a]:", 1));
}

/* --- responses */

static const struct {
  const char *text;
  guint status;
  const char *reason;
} good_responses[] = {
  { OK END, 200, "OK" },
  { "HTTP/1.0 404 Not Found\r\n" END, 404, "Not Found" },
  { "HTTP/1.1 200 \r\n" END, 200, "" },
  { "HTTP/1.1 200\r\n" END, 200, "" },
  { "HTTP/1.1 999 caf\xe9\t!\r\n" END, 999, "caf\xe9\t!" },
  { OK HOST HOST END, 200, "OK" },
  { OK "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n" END, 200, "OK" },
};

static const BadHead bad_responses[] = {
  { "request", TEXT (GET HOST END), 0 },
  { "empty-line-before", TEXT ("\r\n" OK END), 0 },
  { "other-protocol", TEXT ("SSH-2.0-OpenSSH_9.2\r\n"), 0 },
  { "http-2", TEXT ("HTTP/2 200\r\n" END), 0 },
  { "version-1.2", TEXT ("HTTP/1.2 200 OK\r\n" END), 0 },
  { "no-status", TEXT ("HTTP/1.1\r\n" END), 0 },
  { "two-spaces", TEXT ("HTTP/1.1  200 OK\r\n" END), 0 },
  { "two-digits", TEXT ("HTTP/1.1 20 OK\r\n" END), 0 },
  { "four-digits", TEXT ("HTTP/1.1 2000 OK\r\n" END), 0 },
  { "status-0", TEXT ("HTTP/1.1 000 OK\r\n" END), 0 },
  { "status-no-number", TEXT ("HTTP/1.1 2x0 OK\r\n" END), 0 },
  { "status-with-sign", TEXT ("HTTP/1.1 +20 OK\r\n" END), 0 },
  { "reason-with-nul", TEXT ("HTTP/1.1 200 O\0K\r\n" END), 0 },
  { "reason-with-control", TEXT ("HTTP/1.1 200 O\x1b[31m\r\n" END), 0 },
  { "lone-lf", TEXT ("HTTP/1.1 200 OK\n\n"), 0 },
  { "folded", TEXT (OK "A: b\r\n c\r\n" END), 0 },
  { "space-before-colon", TEXT (OK "A : b\r\n" END), 0 },
  { "accept-twice", TEXT (OK "Sec-WebSocket-Accept: a\r\nSec-WebSocket-Accept: a\r\n" END), 0 },
  { "length-twice", TEXT (OK "Content-Length: 1\r\nContent-Length: 1\r\n" END), 0 },
};

static void
test_good_responses (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_responses); i++)
    {
      HeadReading reading;

      head_reading_run_twins (&reading, WIRE_HEAD_RESPONSE, good_responses[i].text, strlen (good_responses[i].text));
      g_assert_cmpstr (reading.refusal.text, ==, "");
      g_assert_true (reading.parsed);
      g_assert_cmpuint (reading.head.status, ==, good_responses[i].status);
      g_assert_cmpstr (reading.head.reason, ==, good_responses[i].reason);
      head_reading_clear (&reading);
    }
}

static void
test_bad_response (gconstpointer data)
{
  const BadHead *bad = data;

  assert_refused (WIRE_HEAD_RESPONSE, bad->text, bad->length, bad->status);
}

/* The parser must not lean on the scan for what it refuses. */
static void
test_unscanned (void)
{
  assert_table_refused_unscanned (WIRE_HEAD_REQUEST, bad_requests, G_N_ELEMENTS (bad_requests));
  assert_table_refused_unscanned (WIRE_HEAD_RESPONSE, bad_responses, G_N_ELEMENTS (bad_responses));
  assert_refused_unscanned (WIRE_HEAD_REQUEST, TEXT (GET HOST END "A: b\r\n" END), 400);
  assert_refused_unscanned (WIRE_HEAD_RESPONSE, TEXT (OK END "A: b\r\n" END), 0);
}

/* --- the scan */

/* None of these has an end, and none may be waited for. */
static const struct {
  WireHeadKind kind;
  const char *text;
  gsize length;
  gsize place;
} early[] = {
  { WIRE_HEAD_REQUEST, TEXT ("\x16\x03\x01\x02"), 0 },
  { WIRE_HEAD_REQUEST, TEXT ("\x80\x2e"), 0 },
  { WIRE_HEAD_REQUEST, TEXT ("\0"), 0 },
  { WIRE_HEAD_REQUEST, TEXT ("\n"), 0 },
  { WIRE_HEAD_REQUEST, TEXT (" GET"), 0 },
  { WIRE_HEAD_REQUEST, TEXT ("\rG"), 1 },
  { WIRE_HEAD_REQUEST, TEXT ("\r\n\r"), 2 },
  { WIRE_HEAD_REQUEST, TEXT ("\r\n\x16"), 2 },
  { WIRE_HEAD_REQUEST, TEXT ("\r\nGET /\xe9"), 7 },
  { WIRE_HEAD_REQUEST, TEXT ("GET /\xe9"), 5 },
  { WIRE_HEAD_REQUEST, TEXT ("GET /\x01"), 5 },
  { WIRE_HEAD_REQUEST, TEXT ("GET /favicon\xe9"), 12 },
  { WIRE_HEAD_REQUEST, TEXT ("GET /favicon\x7f"), 12 },
  { WIRE_HEAD_REQUEST, TEXT ("GET / HTTP/1.1\n"), 14 },
  { WIRE_HEAD_REQUEST, TEXT ("GET / HTTP/1.1\rA"), 15 },
  { WIRE_HEAD_REQUEST, TEXT (GET "A: b\0"), 20 },
  { WIRE_HEAD_REQUEST, TEXT (GET " b"), 16 },
  { WIRE_HEAD_REQUEST, TEXT (GET "\xe9"), 16 },
  { WIRE_HEAD_RESPONSE, TEXT ("\x15\x03\x03"), 0 },
  { WIRE_HEAD_RESPONSE, TEXT ("220 smtp"), 0 },
  { WIRE_HEAD_RESPONSE, TEXT ("HTTP/2"), 5 },
  { WIRE_HEAD_RESPONSE, TEXT ("HTTP/1.1 200 OK\n"), 15 },
};

static void
test_early (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (early); i++)
    {
      HeadReading reading;

      head_reading_run_twins (&reading, early[i].kind, early[i].text, early[i].length);
      g_assert_cmpint (reading.scan, ==, WIRE_HEAD_ERROR);
      g_assert_cmpuint (reading.scanned, ==, early[i].place);
      g_assert_cmpuint (reading.refusal.status, ==, early[i].kind == WIRE_HEAD_REQUEST ? 400 : 0);
    }
}

static void
test_tls_is_named (void)
{
  HeadReading reading;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, TEXT ("\x16\x03\x01"));
  g_assert_cmpstr (reading.refusal.text, ==, "expected HTTP, got TLS");
}

/* Every beginning of a good head is to be waited for. */
static void
test_incomplete (void)
{
  for (gsize length = 0; length < strlen (head_of_browser); length++)
    {
      HeadReading reading;

      head_reading_run (&reading, WIRE_HEAD_REQUEST, head_of_browser, length, HEAD_READING_WHOLE);
      g_assert_cmpint (reading.scan, ==, WIRE_HEAD_INCOMPLETE);
      g_assert_cmpuint (reading.scanned, ==, length);
    }
}

static void
test_bytes_after_the_head (void)
{
  const char text[] = GET HOST END "\x81\x80\0\0\0\0\r\n\r\n";
  HeadReading reading;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, TEXT (text));
  g_assert_true (reading.parsed);
  g_assert_cmpuint (reading.scanned, ==, strlen (GET HOST END));
  head_reading_clear (&reading);
}

/* What was scanned is not read again: it may even be spoilt. */
static void
test_scan_reads_once (void)
{
  g_autofree char *bytes = g_strdup (head_of_browser);
  gsize length = strlen (bytes);
  gsize scanned = 0;
  WireRefusal refusal;
  WireHeadResult result = WIRE_HEAD_INCOMPLETE;

  for (gsize given = 1; given <= length; given++)
    {
      g_assert_cmpint (result, ==, WIRE_HEAD_INCOMPLETE);
      result = wire_head_scan (WIRE_HEAD_REQUEST, (guint8 *) bytes, given, &scanned, &refusal);
      g_assert_cmpuint (scanned, ==, given);
      if (given > 3)
        bytes[given - 4] = '\0';
    }
  g_assert_cmpint (result, ==, WIRE_HEAD_COMPLETE);
}

/* A head of exactly @size bytes. */
static GString *
sized_head (gsize size)
{
  GString *text = g_string_new (GET HOST "A: ");

  while (text->len < size - strlen ("\r\n\r\n"))
    g_string_append_c (text, 'b');
  g_string_append (text, "\r\n\r\n");

  return text;
}

static void
test_size_limit (void)
{
  g_autoptr (GString) largest = sized_head (WIRE_HEAD_MAX_SIZE);
  g_autoptr (GString) larger = sized_head (WIRE_HEAD_MAX_SIZE + 1);
  g_autofree char *endless = g_strnfill (2 * WIRE_HEAD_MAX_SIZE, 'a');
  HeadReading reading;

  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, largest->str, largest->len);
  g_assert_true (reading.parsed);
  g_assert_cmpuint (reading.scanned, ==, WIRE_HEAD_MAX_SIZE);
  head_reading_clear (&reading);

  assert_refused (WIRE_HEAD_REQUEST, larger->str, larger->len, 431);
  assert_refused (WIRE_HEAD_REQUEST, endless, strlen (endless), 431);
}

static void
assert_n_headers (guint n, gboolean good)
{
  g_autoptr (GString) text = g_string_new (GET HOST);
  HeadReading reading;

  for (guint i = 1; i < n; i++)
    g_string_append (text, "a: b\r\n");
  g_string_append (text, END);

  if (!good)
    {
      assert_refused (WIRE_HEAD_REQUEST, text->str, text->len, 431);
      return;
    }
  head_reading_run_twins (&reading, WIRE_HEAD_REQUEST, text->str, text->len);
  g_assert_true (reading.parsed);
  g_assert_cmpuint (reading.head.n_headers, ==, n);
  head_reading_clear (&reading);
}

static void
test_header_limit (void)
{
  assert_n_headers (WIRE_HEAD_MAX_HEADERS, TRUE);
  assert_n_headers (WIRE_HEAD_MAX_HEADERS + 1, FALSE);
  assert_n_headers (2000, FALSE);
}

static void
test_long_target (void)
{
  g_autofree char *path = g_strnfill (15 * 1024, 'a');
  g_autofree char *target = g_strconcat ("/", path, NULL);

  assert_request (target, "a", 0);
}

/* --- bodies and connections */

static const struct {
  const char *headers;
  gint64 length;
  gboolean chunked;
} good_bodies[] = {
  { GET HOST END, -1, FALSE },
  { GET HOST "Content-Length: 0\r\n" END, 0, FALSE },
  { GET HOST "Content-Length: 007\r\n" END, 7, FALSE },
  { GET HOST "Content-Length: 9223372036854775807\r\n" END, G_MAXINT64, FALSE },
  { GET HOST "Transfer-Encoding: chunked\r\n" END, -1, TRUE },
  { GET HOST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END, -1, TRUE },
};

static const char *const bad_bodies[] = {
  GET HOST "Content-Length:\r\n" END,
  GET HOST "Content-Length: +5\r\n" END,
  GET HOST "Content-Length: -5\r\n" END,
  GET HOST "Content-Length: 5 5\r\n" END,
  GET HOST "Content-Length: 5, 5\r\n" END,
  GET HOST "Content-Length: 0x5\r\n" END,
  GET HOST "Content-Length: 5.0\r\n" END,
  GET HOST "Content-Length: 9223372036854775808\r\n" END,
  GET HOST "Content-Length: 18446744073709551621\r\n" END,
  GET HOST "Content-Length: 99999999999999999999999999\r\n" END,
  GET HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END,
  GET HOST "Transfer-Encoding: identity\r\nContent-Length: 5\r\n" END,
  ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END),
};

static void
test_bodies (void)
{
  HeadReading reading;
  gint64 length;
  gboolean chunked;

  for (gsize i = 0; i < G_N_ELEMENTS (good_bodies); i++)
    {
      head_reading_run (&reading, WIRE_HEAD_REQUEST, good_bodies[i].headers, strlen (good_bodies[i].headers),
                        HEAD_READING_WHOLE);
      g_assert_true (reading.parsed);
      g_assert_true (wire_head_body (&reading.head, &length, &chunked, &reading.refusal));
      g_assert_cmpint (length, ==, good_bodies[i].length);
      g_assert_cmpint (chunked, ==, good_bodies[i].chunked);
      head_reading_clear (&reading);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (bad_bodies); i++)
    {
      head_reading_run (&reading, WIRE_HEAD_REQUEST, bad_bodies[i], strlen (bad_bodies[i]), HEAD_READING_WHOLE);
      g_assert_true (reading.parsed);
      g_assert_false (wire_head_body (&reading.head, &length, &chunked, &reading.refusal));
      g_assert_cmpuint (reading.refusal.status, ==, 400);
      head_reading_clear (&reading);
    }
}

static const struct {
  const char *text;
  gboolean keeps_alive;
} connections[] = {
  { GET HOST END, TRUE },
  { GET HOST "Connection: close\r\n" END, FALSE },
  { GET HOST "Connection: Upgrade, CLOSE\r\n" END, FALSE },
  { GET HOST "Connection: Upgrade\r\nConnection: close\r\n" END, FALSE },
  { GET HOST "Connection: closed\r\n" END, TRUE },
  { "GET / HTTP/1.0\r\n" END, FALSE },
  { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" END, TRUE },
  { "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n" END, FALSE },
};

static void
test_keeps_alive (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (connections); i++)
    {
      HeadReading reading;

      head_reading_run (&reading, WIRE_HEAD_REQUEST, connections[i].text, strlen (connections[i].text),
                        HEAD_READING_WHOLE);
      g_assert_true (reading.parsed);
      g_assert_cmpint (wire_head_keeps_alive (&reading.head), ==, connections[i].keeps_alive);
      head_reading_clear (&reading);
    }
}

/* --- mutated heads */

static void
assert_sound (const WireHead *head)
{
  const char *host = wire_head_get (head, "Host");

  if (head->kind == WIRE_HEAD_REQUEST)
    {
      g_assert_true (wire_is_token (head->method, strlen (head->method)));
      g_assert_true (wire_is_visible (head->target));
      g_assert_true (host != NULL || head->minor_version == 0);
    }
  else
    {
      g_assert_cmpuint (head->status, >=, 100);
      g_assert_true (wire_is_field_value (head->reason));
    }

  for (guint i = 0; i < head->n_headers; i++)
    {
      const WireHeader *header = &head->headers[i];

      g_assert_cmpuint (strlen (header->name), ==, header->name_length);
      g_assert_cmpuint (strlen (header->value), ==, header->value_length);
      g_assert_true (wire_is_token (header->name, header->name_length));
      g_assert_true (wire_is_field_value (header->value));
    }
}

static void
mutate_and_read (WireHeadKind kind, const char *text)
{
  g_autoptr (GByteArray) bytes = head_mutate (text);
  HeadReading reading;
  gint64 length;
  gboolean chunked;

  head_reading_run_twins (&reading, kind, (const char *) bytes->data, bytes->len);
  if (reading.parsed)
    {
      assert_sound (&reading.head);
      wire_head_body (&reading.head, &length, &chunked, &reading.refusal);
      wire_head_keeps_alive (&reading.head);
    }
  else if (reading.scan != WIRE_HEAD_INCOMPLETE)
    g_assert_cmpstr (reading.refusal.text, !=, "");
  head_reading_clear (&reading);
}

static void
test_mutated (void)
{
  const char *request = "GET /a/b%20c?d HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 12\r\nConnection: a, b\r\n\r\n";
  const char *response = "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nConnection: close\r\n\r\n";

  for (guint i = 0; i < MUTATED_HEADS; i++)
    {
      mutate_and_read (WIRE_HEAD_REQUEST, request);
      mutate_and_read (WIRE_HEAD_RESPONSE, response);
    }
}

static void
add_table (const char *prefix, const BadHead *table, gsize n, GTestDataFunc test)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = g_strconcat (prefix, table[i].name, NULL);

      g_test_add_data_func (path, &table[i], test);
    }
}

/* Whatever else is wrong with a request, its method tells whether the answer has a body. */
static void
test_no_body (void)
{
  static const struct {
    const char *text;
    gboolean without;
  } cases[] = {
    { "HEAD /", TRUE }, { "HEAD ", TRUE }, { "\r\nHEAD /", TRUE }, { "HEAD", FALSE }, { "HEADS /", FALSE },
    { "head /", FALSE }, { "GET /HEAD ", FALSE }, { "", FALSE }, { "\r\n", FALSE }, { "\r", FALSE },
    { "\r\n\r\nHEAD /", FALSE }, { "HEAD\t/", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      /* Nothing is read beyond the end. */
      g_autofree guint8 *bytes = g_memdup2 (cases[i].text, strlen (cases[i].text));

      g_assert_cmpint (wire_head_wants_no_body (bytes, strlen (cases[i].text)), ==, cases[i].without);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (good_requests); i++)
    {
      g_autofree char *path = g_strconcat ("/http-head/request/good/", good_requests[i].name, NULL);

      g_test_add_data_func (path, &good_requests[i], test_good_request);
    }
  add_table ("/http-head/request/bad/", bad_requests, G_N_ELEMENTS (bad_requests), test_bad_request);
  add_table ("/http-head/response/bad/", bad_responses, G_N_ELEMENTS (bad_responses), test_bad_response);
  g_test_add_func ("/http-head/unscanned", test_unscanned);
  g_test_add_func ("/http-head/request/browser", test_browser);
  g_test_add_func ("/http-head/request/values-are-trimmed", test_values_are_trimmed);
  g_test_add_func ("/http-head/request/targets", test_targets);
  g_test_add_func ("/http-head/request/paths", test_paths);
  g_test_add_func ("/http-head/request/hosts", test_hosts);
  g_test_add_func ("/http-head/request/long-target", test_long_target);
  g_test_add_func ("/http-head/response/good", test_good_responses);
  g_test_add_func ("/http-head/scan/early", test_early);
  g_test_add_func ("/http-head/scan/tls-is-named", test_tls_is_named);
  g_test_add_func ("/http-head/scan/incomplete", test_incomplete);
  g_test_add_func ("/http-head/scan/bytes-after-the-head", test_bytes_after_the_head);
  g_test_add_func ("/http-head/scan/reads-once", test_scan_reads_once);
  g_test_add_func ("/http-head/limit/size", test_size_limit);
  g_test_add_func ("/http-head/limit/headers", test_header_limit);
  g_test_add_func ("/http-head/body", test_bodies);
  g_test_add_func ("/http-head/keeps-alive", test_keeps_alive);
  g_test_add_func ("/http-head/mutated", test_mutated);
  g_test_add_func ("/http-head/no-body", test_no_body);

  return g_test_run ();
}
