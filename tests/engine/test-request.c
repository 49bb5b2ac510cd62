/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/http/http-response-private.h"
#include <string.h>

#include "owner.h"

/* What a plain HTTP request says about its answer. */

#define HOST "Host: localhost\r\n"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
#define ANSWER HEAD "hi"

static void
answer (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_REQUEST)
    g_assert_true (engine_http_response_write (connection, (const guint8 *) ANSWER, strlen (ANSWER), NULL));
}

static void
expect_answer (RawPeer *peer)
{
  guint8 got[sizeof ANSWER - 1];

  raw_peer_read (peer, sizeof got, got);
  g_assert_cmpmem (got, sizeof got, ANSWER, strlen (ANSWER));
}

static const struct {
  const char *name;
  const char *request;          /* all of it */
  guint status;
} refusals[] = {
  { "target", "HEAD /../ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
  { "after-an-empty-line", "\r\nHEAD /../ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
  { "no-host", "HEAD / HTTP/1.1\r\n\r\n", 400 },
  { "byte", "HEAD / HTTP/1.1\r\nHo\001st: a\r\n\r\n", 400 },
  { "two-lengths", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400 },
  { "upgrade", "HEAD / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 405 },
  { "body", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 413 },
  { "version", "HEAD / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
  { "unanswered", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 404 },
};

/* HEAD is answered as GET is, but for the body, whatever it is refused for. */
static void
test_refused_head (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %u ", refusals[index].status);

  raw_peer_send_text (peer, refusals[index].request);
  head = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (head, line));
  g_assert_null (strstr (head, "\r\nContent-Length: 0\r\n"));
  g_assert_nonnull (strstr (head, "\r\nConnection: close\r\n"));
  g_assert_nonnull (strstr (head, "\r\nDate: "));
  raw_peer_expect_end (peer);
}

/* The head that does not come to its end was to be one of HEAD. */
static void
test_late_head (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  raw_peer_send_text (peer, "HEAD / HTTP/1.1\r\n");
  while (owner_n_connections (owner) == 0 || owner->context->first->unread == NULL)
    owner_turn (owner);
  owner_advance (owner, owner->context->limits.handshake_ticks + 1);
  head = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 408 "));
  raw_peer_expect_end (peer);
}

/* A method that knows no body, and then one that does, on the same connection. */
static void
test_head_then_get (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  owner->hook = answer;
  raw_peer_send_text (peer, "HEAD / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST
                            "\r\nPOST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n");
  head = raw_peer_read_head (peer);
  g_assert_cmpstr (head, ==, HEAD);
  expect_answer (peer);
  raw_peer_expect_refusal (peer, 413);
}

/* HTTP/1.0 knows no upgrades (RFC 9110 section 7.8). */
static void
test_upgrade_of_http_1_0 (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->hook = answer;
  raw_peer_send_text (peer, "GET / HTTP/1.0\r\n" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  expect_answer (peer);
  raw_peer_expect_end (peer);
  g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, 1);
  g_assert_cmpuint (owner->counts[OWNER_HANDSHAKE], ==, 0);
}

static void
note_target (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  const WireHead *head = detail;

  if (event == OWNER_REQUEST)
    g_string_append_printf (owner->log, "%s\n", head->target);
}

/* Of a target that is a whole URI nobody sees more than the path and the query. */
static void
test_absolute_target (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->hook = note_target;
  raw_peer_send_text (peer, "GET http://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n");
  raw_peer_expect_refusal (peer, 404);
  g_assert_cmpstr (owner->log->str, ==, "/?b=c\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/request/refused-head/", refusals[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_refused_head);
    }
  g_test_add_func ("/engine/request/late-head", test_late_head);
  g_test_add_func ("/engine/request/head-then-get", test_head_then_get);
  g_test_add_func ("/engine/request/upgrade-of-http-1.0", test_upgrade_of_http_1_0);
  g_test_add_func ("/engine/request/absolute-target", test_absolute_target);

  return g_test_run ();
}
