/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <string.h>

/* LwsgProtocol::accept, and what a client is told of its decision. */

#define KNOCK                                                                                                      \
  "GET /room HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                          \
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* What a handler does. */
typedef struct {
  const char *name;
  const char *header[2][2];     /* that it adds: name, value; or NULL */
  guint refusal;                /* the status that it gives to lwsg_request_refuse(), or 0 */
  gboolean returns;
  guint status;                 /* that the client gets */
} Decision;

static const Decision decisions[] = {
  { "cookie-with-101", { { "Set-Cookie", "sid=1" }, { "Set-Cookie", "theme=dark" } }, 0, TRUE, 101 },
  { "nothing-with-101", { { NULL } }, 0, TRUE, 101 },
  { "cookie-with-403", { { "Set-Cookie", "sid=; Max-Age=0" } }, 0, FALSE, 403 },
  { "challenge", { { "WWW-Authenticate", "Basic realm=\"here\"" } }, 401, FALSE, 401 },
  { "retry-after", { { "Retry-After", "120" }, { "Cache-Control", "no-store" } }, 503, FALSE, 503 },
  { "refused-but-returns-true", { { "WWW-Authenticate", "Basic realm=\"here\"" } }, 401, TRUE, 401 },
};

static gboolean
decide (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  const Decision *decision = user_data;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2 && decision->header[i][0] != NULL; i++)
    {
      g_assert_true (
        lwsg_request_add_response_header (request, decision->header[i][0], decision->header[i][1], &error));
      g_assert_no_error (error);
    }
  if (decision->refusal != 0)
    {
      g_assert_true (lwsg_request_refuse (request, decision->refusal, &error));
      g_assert_no_error (error);
    }

  return decision->returns;
}

/* What is sent after the head that it belongs to would be taken for frames. */
static void
expect_talk (Duo *duo, RawPeer *peer)
{
  DUO_UNTIL (duo->accepted != NULL);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "hi", 2);
  duo_expect (duo->accepted, "hi");
}

static void
test_decisions (Duo *duo, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (decisions); i++)
    {
      const Decision *decision = &decisions[i];
      g_autoptr (RawPeer) peer = http_connect (duo->port);
      g_auto (HttpReply) response = { 0 };
      gulong handler =
        g_signal_connect (duo->protocol, "accept", G_CALLBACK (decide), (gpointer) decision);

      g_test_message ("%s", decision->name);
      http_ask (peer, KNOCK, &response);
      g_assert_cmpuint (response.status, ==, decision->status);
      for (guint j = 0; j < 2 && decision->header[j][0] != NULL; j++)
        {
          g_autofree char *line =
            g_strdup_printf ("\r\n%s: %s\r\n", decision->header[j][0], decision->header[j][1]);

          g_assert_nonnull (strstr (response.head, line));
        }
      if (decision->status == 101)
        expect_talk (duo, peer);
      else
        raw_peer_expect_end (peer);
      g_clear_object (&duo->accepted);
      g_signal_handler_disconnect (duo->protocol, handler);
    }
}

/* What another handler adds goes with the decision of the one that refuses. */
static void
test_several_handlers (Duo *duo, gconstpointer data)
{
  g_auto (HttpReply) response = { 0 };
  g_autoptr (RawPeer) peer = http_connect (duo->port);

  for (guint i = 0; i < G_N_ELEMENTS (decisions); i++)
    g_signal_connect (duo->protocol, "accept", G_CALLBACK (decide), (gpointer) &decisions[i]);
  http_ask (peer, KNOCK, &response);
  g_assert_cmpuint (response.status, ==, 403);
  g_assert_nonnull (strstr (response.head, "\r\nSet-Cookie: sid=1\r\n"));
  g_assert_nonnull (strstr (response.head, "\r\nSet-Cookie: sid=; Max-Age=0\r\n"));
  g_assert_null (strstr (response.head, "WWW-Authenticate"));
  raw_peer_expect_end (peer);
}

static gboolean
add_impossible (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  static const char *const names[] = {
    "Sec-WebSocket-Accept", "sec-websocket-protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Made-Up", "Connection",
    "UPGRADE", "Content-Length", "Content-Type", "Transfer-Encoding", "Trailer", "TE", "Keep-Alive", "Date",
    "X-Content-Type-Options",
  };
  guint *tried = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (lwsg_request_add_response_header (request, names[i], "1", &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, names[i]));
      ++*tried;
    }

  return TRUE;
}

static void
test_impossible_headers (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  guint tried = 0;

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (add_impossible), &tried);
  http_ask (peer, KNOCK, &response);
  g_assert_cmpuint (response.status, ==, 101);
  g_assert_cmpuint (tried, ==, 14);
  g_assert_null (strstr (response.head, "Made-Up"));
  expect_talk (duo, peer);
}

static gboolean
answer_otherwise (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/dev/null");
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_redirect (request, 302, "/", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_respond_file (request, file, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_FAILED);
  g_set_object ((LwsgRequest **) user_data, request);

  return TRUE;
}

static void
expect_closed (LwsgRequest *request)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_request_refuse (request, 403, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_add_response_header (request, "Set-Cookie", "late=1", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* Who was let in, or was not, can't be told anything else later. */
static void
test_decided (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgRequest) request = NULL;
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (RawPeer) refused = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (answer_otherwise), &request);
  http_ask (peer, KNOCK, &response);
  g_assert_cmpuint (response.status, ==, 101);
  expect_talk (duo, peer);
  expect_closed (request);

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (decide), (gpointer) &decisions[3]);
  http_ask (refused, KNOCK, &response);
  g_assert_cmpuint (response.status, ==, 401);
  raw_peer_expect_end (refused);
  expect_closed (request);
}

static gboolean
tell_target (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s", lwsg_request_get_path (request), lwsg_request_get_query (request));

  return TRUE;
}

/* A target that is a whole URI: what is left of it is the same for requests and connections. */
static void
test_absolute_target (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *target;
    const char *path_and_query;
    const char *stripped;
  } cases[] = {
    { "/room?name=a%20b", "/room name=a%20b", "/room?name=a%20b" },
    { "/room", "/room (null)", "/room" },
    { "http://localhost/room?name=a", "/room name=a", "/room?name=a" },
    { "ws://localhost?name=a", "/ name=a", "/?name=a" },
    { "WSS://localhost", "/ (null)", "/" },
  };
  g_autoptr (GString) told = g_string_new (NULL);

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (tell_target), told);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = http_connect (duo->port);
      g_autofree char *request = g_strdup_printf ("GET %s%s", cases[i].target, strstr (KNOCK, " HTTP/1.1"));
      g_auto (HttpReply) response = { 0 };

      g_string_truncate (told, 0);
      http_ask (peer, request, &response);
      g_assert_cmpuint (response.status, ==, 101);
      expect_talk (duo, peer);
      g_assert_cmpstr (told->str, ==, cases[i].path_and_query);
      g_assert_cmpstr (lwsg_connection_get_target (duo->accepted), ==, cases[i].stripped);
      g_clear_object (&duo->accepted);
    }
}

static void
add_test (const char *path, DuoFunc func)
{
  g_test_add (path, Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, func, duo_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("/object/accept/decisions", test_decisions);
  add_test ("/object/accept/several-handlers", test_several_handlers);
  add_test ("/object/accept/impossible-headers", test_impossible_headers);
  add_test ("/object/accept/decided", test_decided);
  add_test ("/object/accept/absolute-target", test_absolute_target);

  return g_test_run ();
}
