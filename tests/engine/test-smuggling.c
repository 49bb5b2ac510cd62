/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/events-private.h"
#include "engine/http/http-response-private.h"
#include <string.h>

#include "owner.h"

/* Requests that a proxy and a server may read differently: they are refused, the
 * connection ends, and what stands behind them is never taken for a request. */

typedef struct {
  const char *name;
  const char *bytes;
  gsize length;
  guint status;
} Shape;

#define SHAPE(name, bytes, status) { name, bytes, sizeof (bytes) - 1, status }

#define POST "POST /first HTTP/1.1\r\nHost: a\r\n"
#define UPGRADE                                                                                                     \
  "GET /first HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                                 \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define END "\r\n"

static const Shape shapes[] = {
  /* which of the two? */
  SHAPE ("te-and-length", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" END "0\r\n\r\n", 400),
  SHAPE ("length-and-te", POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
  SHAPE ("length-0-and-te", POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
  SHAPE ("two-lengths", POST "Content-Length: 0\r\nContent-Length: 5\r\n" END, 400),
  SHAPE ("two-equal-lengths", POST "Content-Length: 0\r\nContent-Length: 0\r\n" END, 400),
  SHAPE ("length-list", POST "Content-Length: 0, 0\r\n" END, 400),
  SHAPE ("length-signed", POST "Content-Length: +0\r\n" END, 400),
  SHAPE ("length-negative", POST "Content-Length: -1\r\n" END, 400),
  SHAPE ("length-hexadecimal", POST "Content-Length: 0x0\r\n" END, 400),
  SHAPE ("length-empty", POST "Content-Length:\r\n" END, 400),
  SHAPE ("length-too-long", POST "Content-Length: 18446744073709551616\r\n" END, 400),
  SHAPE ("length-with-space", POST "Content-Length: 0 0\r\n" END, 400),
  SHAPE ("two-hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n" END, 400),
  SHAPE ("no-host", "GET / HTTP/1.1\r\n" END, 400),
  SHAPE ("host-and-target-differ", "GET http://b/ HTTP/1.1\r\nHost: a\r\n" END, 400),
  SHAPE ("te-in-1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),

  /* where does a line end? */
  SHAPE ("bare-lf", "GET / HTTP/1.1\nHost: a\n\n", 400),
  SHAPE ("bare-lf-between", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n" END, 400),
  SHAPE ("bare-lf-at-the-end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
  SHAPE ("bare-cr-in-value", POST "X: a\rContent-Length: 9\r\n" END, 400),
  SHAPE ("bare-cr-in-name", POST "X\r: a\r\n" END, 400),
  SHAPE ("cr-cr-lf", "GET / HTTP/1.1\r\r\nHost: a\r\n" END, 400),
  SHAPE ("folded-value", POST "X: a\r\n Content-Length: 9\r\n" END, 400),
  SHAPE ("folded-with-tab", POST "Transfer-Encoding:\r\n\tchunked\r\n" END, 400),
  SHAPE ("folded-first", "GET / HTTP/1.1\r\n Host: a\r\n" END, 400),

  /* what is the name of a header? */
  SHAPE ("space-before-colon", POST "Content-Length : 5\r\n" END "hello", 400),
  SHAPE ("tab-before-colon", POST "Transfer-Encoding\t: chunked\r\n" END, 400),
  SHAPE ("space-in-name", POST "Content Length: 5\r\n" END, 400),
  SHAPE ("nul-in-name", POST "Content-Length\0: 5\r\n" END, 400),
  SHAPE ("nul-in-value", POST "Content-Length: 0\0\r\n" END, 400),
  SHAPE ("no-colon", POST "Content-Length\r\n" END, 400),
  SHAPE ("no-name", POST ": 5\r\n" END, 400),

  /* what is the request line? */
  SHAPE ("two-spaces", "GET  / HTTP/1.1\r\nHost: a\r\n" END, 400),
  SHAPE ("space-in-target", "GET /a b HTTP/1.1\r\nHost: a\r\n" END, 400),
  SHAPE ("space-at-the-end", "GET / HTTP/1.1 \r\nHost: a\r\n" END, 400),
  SHAPE ("http-0.9", "GET /\r\n" END, 400),
  SHAPE ("http-1.2", "GET / HTTP/1.2\r\nHost: a\r\n" END, 505),
  SHAPE ("connect", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n" END, 400),

  /* bodies: nobody here reads them */
  SHAPE ("chunked", POST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 413),
  SHAPE ("chunked-twice", POST "Transfer-Encoding: chunked, chunked\r\n" END "0\r\n\r\n", 413),
  SHAPE ("chunked-misspelt", POST "Transfer-Encoding: xchunked\r\n" END "0\r\n\r\n", 413),
  SHAPE ("identity", POST "Transfer-Encoding: identity\r\n" END, 413),
  SHAPE ("two-codings", POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 413),
  SHAPE ("length", POST "Content-Length: 5\r\n" END "hello", 413),
  SHAPE ("get-with-body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" END "hello", 413),
  SHAPE ("upgrade-with-body", UPGRADE "Content-Length: 5\r\n" END "hello", 400),
  SHAPE ("upgrade-chunked", UPGRADE "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
  SHAPE ("upgrade-with-both", UPGRADE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
};

#define HIDDEN "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"

static void
count_answers (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  if (event == OWNER_REQUEST)
    engine_http_response_write (connection, (const guint8 *) answer, strlen (answer), NULL);
}

/* A reply of the engine's own, to the last byte: nothing of the request is in it. */
static void
expect_bare_refusal (RawPeer *peer, guint status)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *head = raw_peer_read_head (peer);
  const char *date = strstr (head, "Date: ");
  g_autofree guint8 *got = NULL;
  gsize before;

  g_assert_nonnull (date);
  before = (gsize) (date - head);
  date += strlen ("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  wire_http_error_reply (expected, status, NULL, NULL, FALSE);
  g_assert_cmpmem (head, before, expected->str, before);
  g_assert_cmpmem (date, strlen (date), expected->str + before, strlen (date));
  g_string_erase (expected, 0, (gssize) (before + strlen (date)));
  got = g_malloc (expected->len);
  raw_peer_read (peer, expected->len, got);
  g_assert_cmpmem (got, expected->len, expected->str, expected->len);
  raw_peer_expect_end (peer);
}

static void
smuggle (const Shape *shape, gboolean kept_alive, gboolean bytewise)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  owner->hook = count_answers;
  if (kept_alive)
    {
      g_autofree char *head = NULL;

      raw_peer_send_text (peer, "GET /honest HTTP/1.1\r\nHost: a\r\n\r\n");
      head = raw_peer_read_head (peer);
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
    }
  g_byte_array_append (bytes, (const guint8 *) shape->bytes, (guint) shape->length);
  g_byte_array_append (bytes, (const guint8 *) HIDDEN, strlen (HIDDEN));
  for (guint i = 0; bytewise && i < bytes->len; i++)
    {
      raw_peer_send (peer, bytes->data + i, 1);
      owner_turn (owner);
    }
  if (!bytewise)
    raw_peer_send (peer, bytes->data, bytes->len);

  expect_bare_refusal (peer, shape->status);
  g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, kept_alive ? 1 : 0);
  g_assert_cmpuint (owner->counts[OWNER_OPENED], ==, 0);
}

static void
test_shape (gconstpointer shape)
{
  smuggle (shape, FALSE, FALSE);
  smuggle (shape, FALSE, TRUE);
  smuggle (shape, TRUE, FALSE);
}

/* Whatever a request says, its refusal does not repeat it. */
static void
test_echoes_nothing (void)
{
  static const char *const requests[] = {
    "<script>MARK</script> / HTTP/1.1\r\nHost: a\r\n\r\n",
    "MARK / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    "GET MARK HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /%MARK HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /MARK HTTP/1.1\r\nHost: <MARK>\r\n\r\n",
    "GET /MARK?MARK HTTP/1.1\r\nHost: MARK\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nMARK MARK\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: MARK\r\n\r\n",
    "GET / HTTP/9.MARK\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: MARK\r\n\r\n",
    ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: MARK\r\n\r\n"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (Owner) owner = owner_new ();
      g_autoptr (RawPeer) peer = owner_connect (owner);
      g_autofree char *head = NULL;

      raw_peer_send_text (peer, requests[i]);
      head = raw_peer_read_head (peer);
      while (!peer->ended)
        raw_peer_pump (peer);
      g_byte_array_append (peer->input, (const guint8 *) "", 1);
      g_assert_null (strstr (head, "MARK"));
      g_assert_null (strstr ((const char *) peer->input->data, "MARK"));
      g_assert_nonnull (strstr (head, "\r\nX-Content-Type-Options: nosniff\r\n"));
    }
}

/* Where the owner serves files only, that is the first thing to say about another method. */
static void
test_method_before_body (void)
{
  static const struct {
    const char *request;
    guint status;
  } cases[] = {
    { POST "Content-Length: 5\r\n" END "hello", 405 },
    { POST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 405 },
    { POST "Content-Length: 0\r\n" END, 405 },
    { POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END "hello", 400 },
    { "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" END "hello", 413 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Owner) owner = owner_new ();
      g_autoptr (RawPeer) peer = owner_connect (owner);
      EngineEvents events = *owner->context->events;
      const EngineEvents *usual = owner->context->events;

      events.files_only = TRUE;
      owner->context->events = &events;
      raw_peer_send_text (peer, cases[i].request);
      raw_peer_expect_refusal (peer, cases[i].status);
      g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, 0);
      owner->context->events = usual;
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/engine/smuggling/%s", shapes[i].name);

      g_test_add_data_func (path, &shapes[i], test_shape);
    }
  g_test_add_func ("/engine/smuggling/echoes-nothing", test_echoes_nothing);
  g_test_add_func ("/engine/smuggling/method-before-body", test_method_before_body);

  return g_test_run ();
}
