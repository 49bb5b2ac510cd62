/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-reader.h"

#include "wire/handshake-private.h"

#include <string.h>

/* The example of RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define GET "GET /chat HTTP/1.1\r\n"
#define HOST "Host: server.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY_HEADER "Sec-WebSocket-Key: " KEY "\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define ASK GET HOST UPGRADE CONNECTION KEY_HEADER
#define END "\r\n"

#define STATUS "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPT_HEADER "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define ANSWER STATUS UPGRADE CONNECTION ACCEPT_HEADER

#define MUTATED_HEADS 3000
#define ASKED "chat, superchat"

/* --- server */

static void
read_request (HeadReading *reading, const char *text)
{
  head_reading_run_twins (reading, WIRE_HEAD_REQUEST, text, strlen (text));
  g_assert_cmpstr (reading->refusal.text, ==, "");
  g_assert_true (reading->parsed);
}

/* What is offered, with '|' between the names. */
static char *
list_offers (const WireHead *head)
{
  GString *names = g_string_new (NULL);
  WireOfferIter iter = { 0 };
  const char *name;
  gsize length;

  while (wire_offer_next (head, &iter, &name, &length))
    {
      if (names->len > 0)
        g_string_append_c (names, '|');
      g_string_append_len (names, name, length);
    }
  g_assert_false (wire_offer_next (head, &iter, &name, &length));

  return g_string_free (names, FALSE);
}

static void
test_accept_for_key (void)
{
  char accept[WIRE_ACCEPT_SIZE + 1];

  wire_accept_for_key (accept, KEY);
  g_assert_cmpstr (accept, ==, ACCEPT);
  /* What openssl makes of another key. */
  wire_accept_for_key (accept, "AAAAAAAAAAAAAAAAAAAAAA==");
  g_assert_cmpstr (accept, ==, "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
}

static const char *const bad_keys[] = {
  "", "==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
  "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZP==", "dGhlIHNhbXBsZSBub25jZQ==A", "dGhlIHNhbXBsZSBub25jZQ=A",
  "dGhlIHNhbXBsZSBub25j=Q==", "dGhlIHNhbXBsZSBub25j-Q==", "dGhlIHNhbXBsZSBub25j_Q==", "dGhlIHNhbXBsZSBub25j Q==",
  "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25=", "dGhlIHNhbXBsZSBub25jZXM=", "dGhlIHNhbXBsZSBub25jZXNzYWdlMDA=",
};

static void
test_keys (void)
{
  g_assert_true (wire_key_is_valid (KEY));
  g_assert_true (wire_key_is_valid ("+/09azAZ+/09azAZ+/09aw=="));
  for (gsize i = 0; i < G_N_ELEMENTS (bad_keys); i++)
    {
      g_test_message ("%s", bad_keys[i]);
      g_assert_false (wire_key_is_valid (bad_keys[i]));
    }
}

static void
test_browser (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  HeadReading reading;
  WireServerHandshake handshake;
  WireRefusal refusal;
  g_autofree char *offers = NULL;

  read_request (&reading, head_of_browser);
  g_assert_true (wire_head_wants_upgrade (&reading.head));
  g_assert_true (wire_server_handshake_check (&reading.head, &handshake, &refusal));
  g_assert_cmpuint (handshake.version, ==, 13);
  g_assert_cmpstr (handshake.target, ==, "/chat?room=3");
  g_assert_cmpstr (handshake.host, ==, "localhost:7681");
  g_assert_cmpstr (handshake.origin, ==, "http://localhost:7681");
  offers = list_offers (&reading.head);
  g_assert_cmpstr (offers, ==, "dumb-increment-protocol|lws-mirror-protocol");

  wire_server_handshake_accept (out, &handshake, "lws-mirror-protocol", NULL);
  g_assert_cmpstr (out->str, ==, ANSWER "Sec-WebSocket-Protocol: lws-mirror-protocol\r\n" END);
  g_string_truncate (out, 0);
  wire_server_handshake_accept (out, &handshake, NULL, NULL);
  g_assert_cmpstr (out->str, ==, ANSWER END);
  head_reading_clear (&reading);
}

static const struct {
  const char *text;
  guint version;
  const char *origin;
  const char *offers;
} good_requests[] = {
  { ASK VERSION END, 13, NULL, "" },
  { ASK VERSION "Origin: null\r\nSec-WebSocket-Origin: a\r\n" END, 13, "null", "" },
  { ASK "Sec-WebSocket-Version: 8\r\nOrigin: a\r\nSec-WebSocket-Origin: b\r\n" END, 8, "b", "" },
  { ASK "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Origin: b\r\n" END, 7, "b", "" },
  { ASK VERSION "Content-Length: 0\r\n" END, 13, NULL, "" },
  { GET HOST "UPGRADE: h2c, WebSocket\r\nConnection: keep-alive\r\nconnection: ,, upgrade\r\n" KEY_HEADER VERSION END,
    13, NULL, "" },
  { ASK VERSION "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: , b ,\tc,\r\n" END, 13, NULL, "a|b|c" },
  { ASK VERSION "Sec-WebSocket-Protocol: a, A, a-b\r\n" END, 13, NULL, "a|A|a-b" },
  { ASK VERSION "Sec-WebSocket-Protocol:\r\n" END, 13, NULL, "" },
};

static void
test_good_requests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_requests); i++)
    {
      HeadReading reading;
      WireServerHandshake handshake;
      WireRefusal refusal = { 0 };
      gboolean accepted;
      g_autofree char *offers = NULL;

      read_request (&reading, good_requests[i].text);
      accepted = wire_server_handshake_check (&reading.head, &handshake, &refusal);
      g_assert_cmpstr (refusal.text, ==, "");
      g_assert_true (accepted);
      g_assert_cmpuint (handshake.version, ==, good_requests[i].version);
      g_assert_cmpstr (handshake.origin, ==, good_requests[i].origin);
      g_assert_cmpstr (handshake.accept, ==, ACCEPT);
      offers = list_offers (&reading.head);
      g_assert_cmpstr (offers, ==, good_requests[i].offers);
      head_reading_clear (&reading);
    }
}

/* Each differs from a good one in one thing. */
static const struct {
  const char *name;
  const char *text;
  guint status;
  const char *says;
} bad_requests[] = {
  { "post", "POST /chat HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY_HEADER VERSION END, 405, "POST" },
  { "lower-case-get", "get /chat HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY_HEADER VERSION END, 405, "get" },
  { "http-1.0", "GET /chat HTTP/1.0\r\n" HOST UPGRADE CONNECTION KEY_HEADER VERSION END, 400, "HTTP/1.0" },
  { "empty-host", GET "Host:\r\n" UPGRADE CONNECTION KEY_HEADER VERSION END, 400, "Host" },
  { "no-upgrade", GET HOST CONNECTION KEY_HEADER VERSION END, 400, "Upgrade" },
  { "other-upgrade", GET HOST "Upgrade: websockets\r\n" CONNECTION KEY_HEADER VERSION END, 400, "Upgrade" },
  { "no-connection", GET HOST UPGRADE KEY_HEADER VERSION END, 400, "Connection" },
  { "other-connection", GET HOST UPGRADE "Connection: keep-alive\r\n" KEY_HEADER VERSION END, 400, "Connection" },
  { "no-key", GET HOST UPGRADE CONNECTION VERSION END, 400, "Sec-WebSocket-Key" },
  { "empty-key", GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key:\r\n" VERSION END, 400, "Sec-WebSocket-Key" },
  { "short-key", GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: AAAA\r\n" VERSION END, 400, "Sec-WebSocket-Key" },
  { "no-version", ASK END, 400, "Sec-WebSocket-Version" },
  { "version-no-number", ASK "Sec-WebSocket-Version: x\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-empty", ASK "Sec-WebSocket-Version:\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-with-zero", ASK "Sec-WebSocket-Version: 013\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-with-sign", ASK "Sec-WebSocket-Version: +13\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-list", ASK "Sec-WebSocket-Version: 13, 8\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-256", ASK "Sec-WebSocket-Version: 256\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-13-wrapped", ASK "Sec-WebSocket-Version: 4294967309\r\n" END, 400, "Sec-WebSocket-Version" },
  { "version-0", ASK "Sec-WebSocket-Version: 0\r\n" END, 426, "13" },
  { "version-6", ASK "Sec-WebSocket-Version: 6\r\n" END, 426, "13" },
  { "version-14", ASK "Sec-WebSocket-Version: 14\r\n" END, 426, "13" },
  { "version-255", ASK "Sec-WebSocket-Version: 255\r\n" END, 426, "13" },
  { "body", ASK VERSION "Content-Length: 1\r\n" END, 400, "body" },
  { "chunked-body", ASK VERSION "Transfer-Encoding: chunked\r\n" END, 400, "body" },
  { "bad-length", ASK VERSION "Content-Length: x\r\n" END, 400, "Content-Length" },
  { "subprotocol-no-token", ASK VERSION "Sec-WebSocket-Protocol: a, b c\r\n" END, 400, "\"b c\"" },
  { "subprotocol-quoted", ASK VERSION "Sec-WebSocket-Protocol: \"a\"\r\n" END, 400, "token" },
  { "subprotocol-obs-text", ASK VERSION "Sec-WebSocket-Protocol: caf\xe9\r\n" END, 400, "caf\\xe9" },
  { "subprotocol-twice", ASK VERSION "Sec-WebSocket-Protocol: a, b, a\r\n" END, 400, "twice" },
  { "subprotocol-in-two-headers", ASK VERSION "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n" END, 400,
    "twice" },
};

static void
test_bad_requests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_requests); i++)
    {
      HeadReading reading;
      WireServerHandshake handshake;
      WireRefusal refusal = { 0 };

      g_test_message ("%s", bad_requests[i].name);
      read_request (&reading, bad_requests[i].text);
      g_assert_false (wire_server_handshake_check (&reading.head, &handshake, &refusal));
      g_assert_cmpuint (refusal.status, ==, bad_requests[i].status);
      g_assert_nonnull (strstr (refusal.text, bad_requests[i].says));
      head_reading_clear (&reading);
    }
}

static void
test_wants_upgrade (void)
{
  HeadReading reading;

  read_request (&reading, GET HOST END);
  g_assert_false (wire_head_wants_upgrade (&reading.head));
  head_reading_clear (&reading);
  read_request (&reading, GET HOST "Upgrade: h2c\r\n" END);
  g_assert_false (wire_head_wants_upgrade (&reading.head));
  head_reading_clear (&reading);
  read_request (&reading, GET HOST "Upgrade: h2c\r\nUpgrade: WEBSOCKET\r\n" END);
  g_assert_true (wire_head_wants_upgrade (&reading.head));
  head_reading_clear (&reading);
  read_request (&reading, "GET /chat HTTP/1.0\r\n" HOST UPGRADE CONNECTION END);
  g_assert_false (wire_head_wants_upgrade (&reading.head));
  head_reading_clear (&reading);
}

static void
assert_n_offers (guint n, gboolean good)
{
  g_autoptr (GString) text = g_string_new (ASK VERSION "Sec-WebSocket-Protocol: ");
  HeadReading reading;
  WireServerHandshake handshake;
  WireRefusal refusal;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "p%u,", i);
  g_string_append (text, END END);

  read_request (&reading, text->str);
  g_assert_cmpint (wire_server_handshake_check (&reading.head, &handshake, &refusal), ==, good);
  if (!good)
    g_assert_cmpuint (refusal.status, ==, 400);
  head_reading_clear (&reading);
}

static void
test_many_offers (void)
{
  assert_n_offers (100, TRUE);
  assert_n_offers (101, FALSE);
  assert_n_offers (2500, FALSE);
}

/* --- client: the request */

static WireClientHandshake
example_handshake (void)
{
  WireClientHandshake handshake = { .target = "/chat", .host = "server.example.com" };

  wire_client_handshake_set_key (&handshake, (const guint8 *) "the sample nonce");

  return handshake;
}

static void
test_set_key (void)
{
  WireClientHandshake handshake = example_handshake ();
  guint8 nonce[WIRE_NONCE_SIZE];

  g_assert_cmpstr (handshake.key, ==, KEY);

  memset (nonce, 0xff, sizeof nonce);
  wire_client_handshake_set_key (&handshake, nonce);
  g_assert_cmpstr (handshake.key, ==, "/////////////////////w==");
  g_assert_true (wire_key_is_valid (handshake.key));
}

static void
test_request (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  WireClientHandshake handshake = example_handshake ();
  WireRefusal refusal;

  g_assert_true (wire_client_handshake_request (out, &handshake, &refusal));
  g_assert_cmpstr (out->str, ==, ASK VERSION END);

  handshake.host = "[::1]:7681";
  handshake.target = "/a?b=%20&c";
  handshake.origin = "http://example.com";
  handshake.subprotocols = " superchat,,chat\t,";
  g_string_truncate (out, 0);
  g_assert_true (wire_client_handshake_request (out, &handshake, &refusal));
  g_assert_cmpstr (out->str, ==,
                   "GET /a?b=%20&c HTTP/1.1\r\nHost: [::1]:7681\r\n" UPGRADE CONNECTION KEY_HEADER VERSION
                   "Origin: http://example.com\r\nSec-WebSocket-Protocol: superchat, chat\r\n" END);

  handshake.origin = NULL;
  handshake.subprotocols = "";
  g_string_truncate (out, 0);
  g_assert_true (wire_client_handshake_request (out, &handshake, &refusal));
  g_assert_null (strstr (out->str, "Sec-WebSocket-Protocol"));
}

/* One field is spoilt, the others are the example's. */
static const struct {
  const char *target;
  const char *host;
  const char *origin;
  const char *subprotocols;
} bad_fields[] = {
  { .target = "" },
  { .target = "chat" },
  { .target = "http://a/" },
  { .target = "/a b" },
  { .target = "/a\tb" },
  { .target = "/a\r\nEvil: yes" },
  { .target = "/a\n" },
  { .target = "/\x7f" },
  { .target = "/caf\xc3\xa9" },
  { .target = "/a#b" },
  { .host = "" },
  { .host = "a b" },
  { .host = "a\r\nEvil: yes" },
  { .host = "a\n" },
  { .host = "user@a" },
  { .host = "a/b" },
  { .host = "caf\xc3\xa9" },
  { .host = "a:b" },
  { .host = "::1" },
  { .origin = "" },
  { .origin = "http://a\r\nEvil: yes" },
  { .origin = "http://a b" },
  { .origin = "http://caf\xc3\xa9" },
  { .subprotocols = "a b" },
  { .subprotocols = "a,b/c" },
  { .subprotocols = "a, b, a" },
  { .subprotocols = "a\r\nEvil: yes" },
  { .subprotocols = "caf\xc3\xa9" },
};

static void
test_bad_fields (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_fields); i++)
    {
      g_autoptr (GString) out = g_string_new ("before");
      WireClientHandshake handshake = example_handshake ();
      WireRefusal refusal = { .status = 1 };

      handshake.target = bad_fields[i].target != NULL ? bad_fields[i].target : handshake.target;
      handshake.host = bad_fields[i].host != NULL ? bad_fields[i].host : handshake.host;
      handshake.origin = bad_fields[i].origin;
      handshake.subprotocols = bad_fields[i].subprotocols;
      g_assert_false (wire_client_handshake_request (out, &handshake, &refusal));
      g_assert_cmpuint (refusal.status, ==, 0);
      g_assert_cmpstr (refusal.text, !=, "");
      g_assert_cmpstr (out->str, ==, "before");
    }
}

static void
test_request_without_key (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  WireClientHandshake handshake = { .target = "/", .host = "a" };
  WireRefusal refusal;

  g_assert_false (wire_client_handshake_request (out, &handshake, &refusal));
  g_assert_cmpuint (out->len, ==, 0);
}

/* --- client: the answer */

static gboolean
check_answer (const char *text, const char *subprotocols, char **chosen, WireRefusal *refusal)
{
  WireClientHandshake handshake = example_handshake ();
  const char *subprotocol = NULL;
  HeadReading reading;
  gboolean accepted;

  handshake.subprotocols = subprotocols;
  head_reading_run_twins (&reading, WIRE_HEAD_RESPONSE, text, strlen (text));
  g_assert_cmpstr (reading.refusal.text, ==, "");
  g_assert_true (reading.parsed);
  accepted = wire_client_handshake_check (&handshake, &reading.head, &subprotocol, refusal);
  *chosen = accepted ? g_strdup (subprotocol) : NULL;
  head_reading_clear (&reading);

  return accepted;
}

static const struct {
  const char *text;
  const char *asked;
  const char *chosen;
} good_answers[] = {
  { ANSWER END, NULL, NULL },
  { ANSWER END, " , ", NULL },
  { ANSWER "Sec-WebSocket-Protocol: chat\r\n" END, ASKED, "chat" },
  { ANSWER "Sec-WebSocket-Protocol: \tsuperchat \r\n" END, ASKED, "superchat" },
  { "HTTP/1.1 101\r\nupgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n" ACCEPT_HEADER END, NULL, NULL },
};

static void
test_good_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_answers); i++)
    {
      WireRefusal refusal = { 0 };
      g_autofree char *chosen = NULL;
      gboolean accepted = check_answer (good_answers[i].text, good_answers[i].asked, &chosen, &refusal);

      g_assert_cmpstr (refusal.text, ==, "");
      g_assert_true (accepted);
      g_assert_cmpstr (chosen, ==, good_answers[i].chosen);
    }
}

/* Each differs from a good one in one thing. */
static const struct {
  const char *text;
  const char *asked;
  guint status;
  const char *says;
} bad_answers[] = {
  { "HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION ACCEPT_HEADER END, NULL, 200,
    "the server answered 200 OK instead of 101 Switching Protocols" },
  { "HTTP/1.1 100 Continue\r\n" END, NULL, 100,
    "the server answered 100 Continue instead of 101 Switching Protocols" },
  { "HTTP/1.1 401 Unauthorized\r\nLocation: /x\r\n" END, NULL, 401,
    "the server answered 401 Unauthorized instead of 101 Switching Protocols" },
  { "HTTP/1.0 403\r\n" END, NULL, 403, "the server answered 403 Forbidden instead of 101 Switching Protocols" },
  { "HTTP/1.1 404 \xe9\x9b\xb6\r\n" END, NULL, 404,
    "the server answered 404 \\xe9\\x9b\\xb6 instead of 101 Switching Protocols" },
  { "HTTP/1.1 301 Moved\r\nLocation: https://a/b\r\n" END, NULL, 301,
    "the server answered 301 Moved instead of 101 Switching Protocols and points to https://a/b" },
  { "HTTP/1.1 302 Found\r\nLocation: /caf\xe9\r\n" END, NULL, 302,
    "the server answered 302 Found instead of 101 Switching Protocols" },
  { "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Version: 7\r\n" END, NULL, 426,
    "the server answered 426 Upgrade Required instead of 101 Switching Protocols" },
  { "HTTP/1.0 101 Switching Protocols\r\n" UPGRADE CONNECTION ACCEPT_HEADER END, NULL, 0,
    "the server answered with HTTP/1.0 instead of HTTP/1.1" },
  { STATUS CONNECTION ACCEPT_HEADER END, NULL, 0, "the server's answer has no header Upgrade" },
  { STATUS "Upgrade: h2c\r\n" CONNECTION ACCEPT_HEADER END, NULL, 0,
    "the server's header Upgrade is \"h2c\" instead of \"websocket\"" },
  { STATUS "Upgrade: websocket, h2c\r\n" CONNECTION ACCEPT_HEADER END, NULL, 0,
    "the server's header Upgrade is \"websocket, h2c\" instead of \"websocket\"" },
  { ANSWER UPGRADE END, NULL, 0, "the server's answer has several headers Upgrade" },
  { STATUS UPGRADE ACCEPT_HEADER END, NULL, 0, "the server's header Connection does not name Upgrade" },
  { STATUS UPGRADE "Connection: keep-alive\r\n" ACCEPT_HEADER END, NULL, 0,
    "the server's header Connection does not name Upgrade" },
  { STATUS UPGRADE CONNECTION END, NULL, 0, "the server's answer has no header Sec-WebSocket-Accept" },
  { STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n" END, NULL, 0,
    "the server's header Sec-WebSocket-Accept is \"\" instead of \"" ACCEPT "\"" },
  { STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" END, NULL, 0,
    "the server's header Sec-WebSocket-Accept is \"S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\" instead of \"" ACCEPT "\"" },
  { STATUS UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\xff\r\n" END, NULL, 0,
    "the server's header Sec-WebSocket-Accept is \"" ACCEPT "\\xff\" instead of \"" ACCEPT "\"" },
  { ANSWER "Sec-WebSocket-Extensions: permessage-deflate\r\n" END, NULL, 0,
    "the server chose the extension \"permessage-deflate\", none was asked for" },
  { ANSWER "Sec-WebSocket-Protocol: chat\r\n" END, NULL, 0,
    "the server chose the subprotocol \"chat\", none was asked for" },
  { ANSWER END, ASKED, 0, "the server chose no subprotocol, asked for were \"" ASKED "\"" },
  { ANSWER "Sec-WebSocket-Protocol:\r\n" END, ASKED, 0,
    "the server chose the subprotocol \"\", asked for were \"" ASKED "\"" },
  { ANSWER "Sec-WebSocket-Protocol: Chat\r\n" END, ASKED, 0,
    "the server chose the subprotocol \"Chat\", asked for were \"" ASKED "\"" },
  { ANSWER "Sec-WebSocket-Protocol: " ASKED "\r\n" END, ASKED, 0,
    "the server chose the subprotocol \"" ASKED "\", asked for were \"" ASKED "\"" },
  { ANSWER "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n" END, ASKED, 0,
    "the server's answer has several headers Sec-WebSocket-Protocol" },
};

static void
test_bad_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_answers); i++)
    {
      WireRefusal refusal = { .status = 1 };
      g_autofree char *chosen = NULL;

      g_assert_false (check_answer (bad_answers[i].text, bad_answers[i].asked, &chosen, &refusal));
      g_assert_cmpstr (refusal.text, ==, bad_answers[i].says);
      g_assert_cmpuint (refusal.status, ==, bad_answers[i].status);
    }
}

/* --- both */

static void
test_round_trip (void)
{
  WireClientHandshake client = example_handshake ();
  WireServerHandshake server;
  WireRefusal refusal = { 0 };
  HeadReading request;
  HeadReading answer;
  const char *subprotocol;
  g_autoptr (GString) out = g_string_new (NULL);
  guint8 nonce[WIRE_NONCE_SIZE];

  for (guint i = 0; i < sizeof nonce; i++)
    nonce[i] = (guint8) g_test_rand_int_range (0, 256);
  wire_client_handshake_set_key (&client, nonce);
  client.origin = "http://example.com";
  client.subprotocols = ASKED;
  g_assert_true (wire_client_handshake_request (out, &client, &refusal));

  read_request (&request, out->str);
  g_assert_true (wire_server_handshake_check (&request.head, &server, &refusal));
  g_assert_cmpstr (server.origin, ==, client.origin);
  g_assert_cmpstr (server.target, ==, client.target);
  g_string_truncate (out, 0);
  wire_server_handshake_accept (out, &server, "superchat", NULL);

  head_reading_run_twins (&answer, WIRE_HEAD_RESPONSE, out->str, out->len);
  g_assert_true (answer.parsed);
  g_assert_true (wire_client_handshake_check (&client, &answer.head, &subprotocol, &refusal));
  g_assert_cmpstr (subprotocol, ==, "superchat");
  head_reading_clear (&request);
  head_reading_clear (&answer);
}

static void
assert_server_sound (const WireHead *head)
{
  WireServerHandshake handshake;
  WireRefusal refusal = { 0 };
  WireOfferIter offers = { 0 };
  const char *name;
  gsize length;

  if (!wire_server_handshake_check (head, &handshake, &refusal))
    {
      g_assert_cmpuint (refusal.status, >=, 400);
      g_assert_cmpstr (refusal.text, !=, "");
      return;
    }

  g_assert_true (wire_head_wants_upgrade (head));
  g_assert_true (wire_key_is_valid (wire_head_get (head, "Sec-WebSocket-Key")));
  g_assert_cmpuint (strlen (handshake.accept), ==, WIRE_ACCEPT_SIZE);
  while (wire_offer_next (head, &offers, &name, &length))
    g_assert_true (wire_is_token (name, length));
}

static void
test_mutated (void)
{
  const char *answer = ANSWER "Sec-WebSocket-Protocol: chat\r\n" END;
  WireClientHandshake client = example_handshake ();

  client.subprotocols = ASKED;
  for (guint i = 0; i < MUTATED_HEADS; i++)
    {
      g_autoptr (GByteArray) request_bytes = head_mutate (head_of_browser);
      g_autoptr (GByteArray) answer_bytes = head_mutate (answer);
      const char *subprotocol;
      HeadReading reading;

      head_reading_run (&reading, WIRE_HEAD_REQUEST, (const char *) request_bytes->data, request_bytes->len,
                        HEAD_READING_WHOLE);
      if (reading.parsed)
        assert_server_sound (&reading.head);
      head_reading_clear (&reading);

      head_reading_run (&reading, WIRE_HEAD_RESPONSE, (const char *) answer_bytes->data, answer_bytes->len,
                        HEAD_READING_WHOLE);
      if (reading.parsed && wire_client_handshake_check (&client, &reading.head, &subprotocol, &reading.refusal))
        {
          g_assert_cmpstr (wire_head_get (&reading.head, "Sec-WebSocket-Accept"), ==, ACCEPT);
          g_assert_true (g_str_equal (subprotocol, "chat") || g_str_equal (subprotocol, "superchat"));
        }
      head_reading_clear (&reading);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/handshake/accept-for-key", test_accept_for_key);
  g_test_add_func ("/handshake/keys", test_keys);
  g_test_add_func ("/handshake/server/browser", test_browser);
  g_test_add_func ("/handshake/server/good", test_good_requests);
  g_test_add_func ("/handshake/server/bad", test_bad_requests);
  g_test_add_func ("/handshake/server/wants-upgrade", test_wants_upgrade);
  g_test_add_func ("/handshake/server/many-offers", test_many_offers);
  g_test_add_func ("/handshake/client/set-key", test_set_key);
  g_test_add_func ("/handshake/client/request", test_request);
  g_test_add_func ("/handshake/client/bad-fields", test_bad_fields);
  g_test_add_func ("/handshake/client/request-without-key", test_request_without_key);
  g_test_add_func ("/handshake/client/good-answers", test_good_answers);
  g_test_add_func ("/handshake/client/bad-answers", test_bad_answers);
  g_test_add_func ("/handshake/round-trip", test_round_trip);
  g_test_add_func ("/handshake/mutated", test_mutated);

  return g_test_run ();
}
