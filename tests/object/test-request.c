/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <glib/gstdio.h>
#include <string.h>

/* LwsgContext::http-request, and the answers to it. */

typedef gboolean (*Handler) (LwsgContext *context, LwsgRequest *request, gpointer user_data);

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void
respond_text (LwsgRequest *request, guint status, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_request_respond (request, status, "text/plain", body, &error));
  g_assert_no_error (error);
}

static void
handle (Duo *duo, Handler handler, gpointer user_data)
{
  g_signal_connect (duo->server, "http-request", G_CALLBACK (handler), user_data);
}

/* --- what is asked for */

static gboolean
tell_all (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_auto (GStrv) names = lwsg_request_list_headers (request);
  g_autofree char *listed = g_strjoinv (" ", names);
  GInetSocketAddress *address = G_INET_SOCKET_ADDRESS (lwsg_request_get_remote_address (request));
  g_autofree char *ip = g_inet_address_to_string (g_inet_socket_address_get_address (address));
  g_autofree char *text = g_strdup_printf ("%s|%s|%s|%s|%s|%s|%s", lwsg_request_get_method (request),
                                           lwsg_request_get_path (request), lwsg_request_get_query (request), listed,
                                           lwsg_request_get_header (request, "x-TWICE"),
                                           lwsg_request_get_header (request, "absent"), ip);
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  g_autofree char *query = NULL;
  g_autoptr (GSocketAddress) same = NULL;

  g_object_get (request, "method", &method, "path", &path, "query", &query, "remote-address", &same, NULL);
  g_assert_cmpstr (method, ==, lwsg_request_get_method (request));
  g_assert_cmpstr (path, ==, lwsg_request_get_path (request));
  g_assert_cmpstr (query, ==, lwsg_request_get_query (request));
  g_assert_true (same == G_SOCKET_ADDRESS (address));
  respond_text (request, 200, text);

  return TRUE;
}

static void
test_facts (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *type = NULL;

  handle (duo, tell_all, NULL);
  http_ask (peer, "DELETE /a%20b/c?d=e?f HTTP/1.1\r\nHost: localhost\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 200);
  g_assert_cmpstr (response.body, ==, "DELETE|/a%20b/c|d=e?f|Host X-Twice X-Twice|1|(null)|127.0.0.1");
  type = http_header (&response, "Content-Type");
  g_assert_cmpstr (type, ==, "text/plain");

  /* The absolute form that proxies use. */
  http_ask (peer, "GET http://localhost/path HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "GET|/path|(null)|Host|(null)|(null)|127.0.0.1");
}

/* --- answers */

static gboolean
answer_by_path (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  const char *path = lwsg_request_get_path (request);
  g_autoptr (GFile) file = g_file_new_for_path (user_data);
  g_autoptr (GFile) missing = g_file_new_for_path ("/nonexistent/file");
  g_autoptr (GError) error = NULL;

  if (strcmp (path, "/none") == 0)
    return FALSE;
  if (strcmp (path, "/empty") == 0)
    g_assert_true (lwsg_request_respond (request, 204, NULL, NULL, NULL));
  else if (strcmp (path, "/file") == 0)
    g_assert_true (lwsg_request_respond_file (request, file, NULL, NULL));
  else if (strcmp (path, "/typed") == 0)
    g_assert_true (lwsg_request_respond_file (request, file, "application/x-thing", NULL));
  else if (strcmp (path, "/missing") == 0)
    {
      g_assert_false (lwsg_request_respond_file (request, missing, NULL, &error));
      g_assert_nonnull (error);
    }
  else if (strcmp (path, "/moved") == 0)
    g_assert_true (lwsg_request_redirect (request, 308, "/there?x=1", NULL));
  else if (strcmp (path, "/refused") == 0)
    g_assert_true (lwsg_request_refuse (request, 418, NULL));
  else
    respond_text (request, 200, path);

  return TRUE;
}

static void
expect_reply (Duo *duo, const char *target, guint status, const char *body, const char *header, const char *value)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *got = NULL;

  http_get (duo->port, target, &response);
  g_assert_cmpuint (response.status, ==, status);
  if (body != NULL)
    g_assert_cmpstr (response.body, ==, body);
  if (header == NULL)
    return;
  got = http_header (&response, header);
  g_assert_cmpstr (got, ==, value);
}

static void
test_answers (Duo *duo, gconstpointer data)
{
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("lws-glib-XXXXXX.html", &file, NULL);

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (file, "<p>file</p>", -1, NULL));
  handle (duo, answer_by_path, file);

  expect_reply (duo, "/text", 200, "/text", "Content-Type", "text/plain");
  expect_reply (duo, "/empty", 204, "", NULL, NULL);
  expect_reply (duo, "/file", 200, "<p>file</p>", "Content-Type", "text/html; charset=utf-8");
  expect_reply (duo, "/typed", 200, "<p>file</p>", "Content-Type", "application/x-thing");
  expect_reply (duo, "/missing", 404, NULL, NULL, NULL);
  expect_reply (duo, "/moved", 308, "", "Location", "/there?x=1");
  expect_reply (duo, "/refused", 418, NULL, NULL, NULL);
  expect_reply (duo, "/none", 404, NULL, NULL, NULL);
  g_unlink (file);
}

/* A file of another place than the file system is loaded first. */
static gboolean
answer_resource (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_autofree char *uri = g_strconcat ("resource:///lws-glib", lwsg_request_get_path (request), NULL);
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  g_assert_true (lwsg_request_respond_file (request, file, NULL, NULL));
  /* That was the answer, which is on its way. */
  g_assert_false (lwsg_request_refuse (request, 500, NULL));

  return TRUE;
}

static void
test_resource (Duo *duo, gconstpointer data)
{
  handle (duo, answer_resource, NULL);
  expect_reply (duo, "/page.txt", 200, "A page in the program.\n", "Content-Type", "text/plain; charset=utf-8");
  expect_reply (duo, "/missing.txt", 404, NULL, NULL, NULL);
}

static void
test_head (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *length = NULL;

  handle (duo, answer_by_path, (gpointer) "/nonexistent");
  http_ask (peer, "HEAD /12345 HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 200);
  length = http_header (&response, "Content-Length");
  g_assert_cmpstr (length, ==, "6");
  /* No body is in the way of the next one, and the connection is kept. */
  http_ask (peer, "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "/next");
}

static gboolean
decorate (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  static const char *const bad[][2] = {
    { "X", "a\r\nInjected: 1" }, { "X", "a\nb" }, { "X\r\nInjected", "1" }, { "X Y", "1" }, { "", "1" },
    { "content-length", "5" }, { "Content-Type", "text/html" }, { "Transfer-Encoding", "chunked" },
    { "Connection", "close" },
  };
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_request_add_response_header (request, "Set-Cookie", "a=1", NULL));
  g_assert_true (lwsg_request_add_response_header (request, "Cache-Control", "no-store", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (lwsg_request_add_response_header (request, bad[i][0], bad[i][1], &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_false (lwsg_request_respond (request, 200, "text/html\r\nInjected: 1", NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (lwsg_request_redirect (request, 302, "/a\r\nInjected: 1", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  respond_text (request, 200, "x");

  return TRUE;
}

static void
test_headers (Duo *duo, gconstpointer data)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *cookie = NULL;
  g_autofree char *cache = NULL;

  handle (duo, decorate, NULL);
  http_get (duo->port, "/", &response);
  cookie = http_header (&response, "Set-Cookie");
  cache = http_header (&response, "Cache-Control");
  g_assert_cmpstr (cookie, ==, "a=1");
  g_assert_cmpstr (cache, ==, "no-store");
  g_assert_null (strstr (response.head, "Injected"));
}

static gboolean
answer_badly (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  static const guint no_answers[] = { 0, 100, 101, 199, 600, G_MAXUINT };
  static const guint no_redirections[] = { 200, 304, 404 };
  static const guint no_refusals[] = { 0, 200, 399, 600 };
  g_autoptr (GBytes) body = g_bytes_new_static ("second", 6);
  g_autoptr (GFile) file = g_file_new_for_path ("/dev/null");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (no_answers); i++)
    g_assert_false (lwsg_request_respond (request, no_answers[i], NULL, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (no_redirections); i++)
    g_assert_false (lwsg_request_redirect (request, no_redirections[i], "/", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (no_refusals); i++)
    g_assert_false (lwsg_request_refuse (request, no_refusals[i], NULL));
  respond_text (request, 200, "first");

  /* Once is enough. */
  g_assert_false (lwsg_request_respond (request, 200, NULL, body, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_respond_file (request, file, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_redirect (request, 302, "/", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_refuse (request, 404, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);

  return TRUE;
}

static void
test_bad_answers (Duo *duo, gconstpointer data)
{
  handle (duo, answer_badly, NULL);
  expect_reply (duo, "/", 200, "first", NULL, NULL);
}

/* --- later */

static gboolean
keep (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  LwsgRequest **kept = user_data;

  g_set_object (kept, request);

  return TRUE;
}

static void
test_later (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (LwsgRequest) first = NULL;
  g_autoptr (LwsgRequest) request = NULL;
  g_auto (HttpReply) response = { 0 };

  handle (duo, keep, &request);
  raw_peer_send_text (peer, GET);
  DUO_UNTIL (request != NULL);
  duo_let_pass (duo);
  g_assert_cmpuint (peer->input->len, ==, 0);
  respond_text (request, 200, "later");
  http_ask (peer, NULL, &response);
  g_assert_cmpstr (response.body, ==, "later");

  /* The next one on the same connection, while the first one is held. */
  first = g_steal_pointer (&request);
  raw_peer_send_text (peer, GET);
  DUO_UNTIL (request != NULL);
  g_clear_object (&first);
  g_assert_true (lwsg_request_redirect (request, 302, "/elsewhere", NULL));
  http_ask (peer, NULL, &response);
  g_assert_cmpuint (response.status, ==, 302);

  /* Refusing ends the connection, but not before it was told why. */
  g_clear_object (&request);
  raw_peer_send_text (peer, GET);
  DUO_UNTIL (request != NULL);
  g_assert_true (lwsg_request_refuse (request, 503, NULL));
  raw_peer_expect_refusal (peer, 503);
}

static void
test_dropped (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (LwsgRequest) request = NULL;

  handle (duo, keep, &request);
  raw_peer_send_text (peer, GET);
  DUO_UNTIL (request != NULL);
  g_clear_object (&request);
  raw_peer_expect_refusal (peer, 500);
}

static gboolean
forget (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  return TRUE;
}

static void
test_forgotten (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);

  handle (duo, forget, NULL);
  raw_peer_send_text (peer, GET);
  raw_peer_expect_refusal (peer, 500);
}

static gboolean
keep_but_leave (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  keep (context, request, user_data);

  return FALSE;
}

/* Who keeps a request that he left to others can't answer it any more. */
static void
test_left (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (LwsgRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  handle (duo, keep_but_leave, &request);
  raw_peer_send_text (peer, GET);
  raw_peer_expect_refusal (peer, 404);
  g_assert_false (lwsg_request_refuse (request, 403, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* The client, or the context, goes before the answer. */
static void
test_gone (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  RawPeer *peer;

  handle (duo, keep, &request);
  for (guint i = 0; i < 2; i++)
    {
      peer = http_connect (duo->port);
      raw_peer_send_text (peer, GET);
      DUO_UNTIL (request != NULL);
      if (i == 0)
        raw_peer_reset (peer);
      else
        lwsg_context_close (duo->server);
      raw_peer_free (peer);
      DUO_UNTIL (!lwsg_request_respond (request, 200, NULL, NULL, &error) || i == 0);
      g_clear_object (&request);
      if (i == 1)
        g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
      g_clear_error (&error);
    }
}

/* --- one connection */

static void
test_keep_alive (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };

  handle (duo, answer_by_path, (gpointer) "/nonexistent");
  for (guint i = 0; i < 5; i++)
    {
      http_ask (peer, "GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
      g_assert_cmpstr (response.body, ==, "/again");
    }
  /* Without waiting for the answers. */
  raw_peer_send_text (peer, "GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            "GET /two HTTP/1.1\r\nHost: localhost\r\n\r\n");
  http_ask (peer, NULL, &response);
  g_assert_cmpstr (response.body, ==, "/one");
  http_ask (peer, NULL, &response);
  g_assert_cmpstr (response.body, ==, "/two");
  http_ask (peer, "GET /last HTTP/1.0\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "/last");
  raw_peer_expect_end (peer);
}

static void
test_then_websocket (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };

  handle (duo, answer_by_path, (gpointer) "/nonexistent");
  http_ask (peer, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  raw_peer_upgrade (peer);
  DUO_UNTIL (duo->accepted != NULL);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "hi", 2);
  duo_expect (duo->accepted, "hi");
}

static gboolean
answer_large (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_assert_true (lwsg_request_respond (request, 200, NULL, user_data, NULL));

  return TRUE;
}

static void
test_large (Duo *duo, gconstpointer data)
{
  const gsize size = 8 * 1024 * 1024;
  guint8 *content = g_malloc (size);
  g_autoptr (GBytes) body = NULL;
  g_auto (HttpReply) response = { 0 };

  for (gsize i = 0; i < size; i++)
    content[i] = (guint8) (i * 7);
  body = g_bytes_new_take (content, size);
  handle (duo, answer_large, body);
  http_get (duo->port, "/", &response);
  g_assert_cmpmem (response.body, response.length, content, size);
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

  add_test ("/object/request/facts", test_facts);
  add_test ("/object/request/answers", test_answers);
  add_test ("/object/request/resource", test_resource);
  add_test ("/object/request/head", test_head);
  add_test ("/object/request/headers", test_headers);
  add_test ("/object/request/bad-answers", test_bad_answers);
  add_test ("/object/request/later", test_later);
  add_test ("/object/request/dropped", test_dropped);
  add_test ("/object/request/forgotten", test_forgotten);
  add_test ("/object/request/left", test_left);
  add_test ("/object/request/gone", test_gone);
  add_test ("/object/request/keep-alive", test_keep_alive);
  add_test ("/object/request/then-websocket", test_then_websocket);
  add_test ("/object/request/large", test_large);

  return g_test_run ();
}
