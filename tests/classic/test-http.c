/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* LWS_CALLBACK_HTTP, libwebsockets_serve_http_file() and LWS_WRITE_HTTP. */

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static char *folder;
static char *target;            /* of the last request */
static size_t target_length;
static guint requests;
static guint others;
static int served;              /* what serve_http_file() said */

static int
response (struct libwebsocket *wsi, const char *text)
{
  return stage_write (wsi, text, strlen (text), LWS_WRITE_HTTP);
}

static int
serve (struct libwebsocket *wsi, const char *name, const char *content_type)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  served = libwebsockets_serve_http_file (wsi, path, content_type);

  return 0;
}

/* By halves, the second when it is writable. */
static int
response_in_parts (struct libwebsocket *wsi)
{
  g_assert_cmpint (response (wsi, "HTTP/1.1 200 OK\r\nContent-Le"), ==, 0);
  g_assert_cmpint (response (wsi, "ngth: 10\r\n\r\n01234"), ==, 0);

  return libwebsocket_callback_on_writable (wsi);
}

static int
answer (struct libwebsocket *wsi, const char *path)
{
  if (g_str_has_prefix (path, "/file/"))
    return serve (wsi, path + strlen ("/file/"), "text/plain");
  if (g_str_equal (path, "/untyped"))
    return serve (wsi, "small", NULL);
  if (g_str_equal (path, "/bad-type"))
    return serve (wsi, "small", "text/plain\r\nInjected: 1");
  if (g_str_equal (path, "/twice"))
    {
      serve (wsi, "small", "text/plain");
      g_assert_cmpint (libwebsockets_serve_http_file (wsi, folder, NULL), !=, 0);
      g_assert_cmpint (response (wsi, "HTTP/1.1 200 OK\r\n\r\n"), ==, -1);
      return 0;
    }
  if (g_str_equal (path, "/length"))
    return response (wsi, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  if (g_str_equal (path, "/no-length"))
    return response (wsi, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
  if (g_str_equal (path, "/old"))
    return response (wsi, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  if (g_str_equal (path, "/close"))
    return response (wsi, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  if (g_str_equal (path, "/bare"))
    return response (wsi, "not even HTTP");
  if (g_str_equal (path, "/parts"))
    return response_in_parts (wsi);
  if (g_str_equal (path, "/refuse"))
    return 1;
  if (g_str_equal (path, "/reply-and-refuse"))
    return response (wsi, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno") == 0;
  if (g_str_equal (path, "/text"))
    g_assert_cmpint (stage_write_text (wsi, "not a WebSocket"), ==, -1);

  return 0;
}

static int
callback_http (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_HTTP:
      g_assert_null (user);
      g_assert_cmpuint (strlen (in), ==, len);
      requests++;
      g_free (target);
      target = g_strdup (in);
      target_length = len;
      return answer (wsi, in);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      g_assert_cmpint (response (wsi, "56789"), ==, 0);
      return 0;
    default:
      others++;
      return 0;
    }
}

static int
callback_second (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                 size_t len)
{
  g_assert_cmpint (reason, !=, LWS_CALLBACK_HTTP);

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "http", .callback = callback_http, .per_session_data_size = 8 },
  { .name = "second", .callback = callback_second },
  { .callback = NULL },
};

/* --- a visitor */

typedef struct {
  struct libwebsocket_context *context;
  RawPeer *peer;
} Visit;

static void
visit_begin (Visit *visit)
{
  guint16 port;

  requests = others = 0;
  served = -1000;
  visit->context = stage_listen (protocols, &port);
  visit->peer = raw_peer_connect (visit->context, port);
}

static void
visit_end (Visit *visit)
{
  libwebsocket_context_destroy (visit->context);
  raw_peer_free (visit->peer);
  g_assert_cmpuint (others, ==, 0);
}

/* Sends @request; the answer has this status and body. */
static char *
visit_ask (Visit *visit, const char *request, guint status, const char *body, gsize length)
{
  g_autofree char *head = NULL;
  g_autofree char *start = g_strdup_printf ("HTTP/1.1 %u ", status);

  raw_peer_send_text (visit->peer, request);
  head = raw_peer_read_head (visit->peer);
  g_assert_true (g_str_has_prefix (head, start));
  g_assert_true (raw_peer_await (visit->peer, length) || length == 0);
  g_assert_cmpmem (visit->peer->input->data, length, body, length);
  if (length > 0)
    g_byte_array_remove_range (visit->peer->input, 0, (guint) length);

  return g_steal_pointer (&head);
}

static void
assert_field (const char *head, const char *name, const char *expected)
{
  g_autofree char *value = raw_head_value (head, name);

  g_assert_cmpstr (value, ==, expected);
}

/* The connection is still good for another request. */
static void
assert_kept_alive (Visit *visit)
{
  g_autofree char *head = visit_ask (visit, GET ("/length"), 200, "hello", 5);

  g_assert_cmpuint (visit->peer->input->len, ==, 0);
}

static void
assert_ends (Visit *visit)
{
  raw_peer_await_end (visit->peer);
  g_assert_cmpuint (visit->peer->input->len, ==, 0);
  g_assert_false (visit->peer->reset);
}

/* --- files */

static char *
write_file (const char *name, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *bytes = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (char) (i * 11 + (i >> 8));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));

  return bytes;
}

static void
test_file_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 4096, 12287, 12288, 12289, 100000, 1024 * 1024, 1024 * 1024 + 1,
                                 20 * 1024 * 1024 };
  Visit visit;

  visit_begin (&visit);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *bytes = write_file ("sized", sizes[i]);
      g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT, sizes[i]);
      g_autofree char *head = visit_ask (&visit, GET ("/file/sized"), 200, bytes, sizes[i]);

      g_assert_cmpint (served, ==, 0);
      assert_field (head, "Content-Length", length);
      assert_field (head, "Content-Type", "text/plain");
      assert_field (head, "X-Content-Type-Options", "nosniff");
      assert_kept_alive (&visit);
    }
  visit_end (&visit);
}

static void
test_head (void)
{
  g_autofree char *bytes = write_file ("large", 100000);
  Visit visit;
  g_autofree char *head = NULL;

  visit_begin (&visit);
  head = visit_ask (&visit, "HEAD /file/large HTTP/1.1\r\nHost: a\r\n\r\n", 200, "", 0);
  assert_field (head, "Content-Length", "100000");
  assert_kept_alive (&visit);
  visit_end (&visit);
}

static void
test_last_modified (void)
{
  g_autofree char *bytes = write_file ("dated", 10);
  g_autofree char *path = g_build_filename (folder, "dated", NULL);
  /* The example of RFC 9110 section 5.6.7. */
  const struct timespec times[2] = { { .tv_sec = 784111777 }, { .tv_sec = 784111777 } };
  Visit visit;
  g_autofree char *head = NULL;

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  visit_begin (&visit);
  head = visit_ask (&visit, GET ("/file/dated"), 200, bytes, 10);
  assert_field (head, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  visit_end (&visit);
}

static void
test_untyped (void)
{
  g_autofree char *bytes = write_file ("small", 10);
  Visit visit;
  g_autofree char *head = NULL;

  visit_begin (&visit);
  head = visit_ask (&visit, GET ("/untyped"), 200, bytes, 10);
  assert_field (head, "Content-Type", "application/octet-stream");
  visit_end (&visit);
}

/* What a client brings about is information, what the program did wrong a message. */
static void
fail_with (const char *path, guint status, GLogLevelFlags level, const char *pattern)
{
  g_autofree char *request = g_strdup_printf (GET ("%s"), path);
  Visit visit;
  g_autofree char *head = NULL;
  g_autofree char *length = NULL;

  visit_begin (&visit);
  g_test_expect_message (STAGE_LOG_DOMAIN, level, pattern);
  head = visit_ask (&visit, request, status, "", 0);
  g_test_assert_expected_messages ();
  g_assert_cmpint (served, !=, 0);
  g_assert_cmpint (served, !=, -1000);
  g_assert_null (strstr (head, "Injected"));
  length = raw_head_value (head, "Content-Length");
  g_assert_true (raw_peer_await (visit.peer, (gsize) g_ascii_strtoull (length, NULL, 10)));
  visit_end (&visit);
}

static void
test_file_errors (void)
{
  g_autofree char *bytes = write_file ("small", 10);
  g_autofree char *fifo = g_build_filename (folder, "fifo", NULL);
  g_autofree char *subfolder = g_build_filename (folder, "folder", NULL);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (g_mkdir (subfolder, 0700), ==, 0);
  fail_with ("/file/missing", 404, G_LOG_LEVEL_INFO, "libwebsockets_serve_http_file: *missing*No such file*");
  fail_with ("/file/small/below", 404, G_LOG_LEVEL_INFO, "*Not a directory*");
  fail_with ("/file/folder", 403, G_LOG_LEVEL_INFO, "*not a regular file*");
  fail_with ("/file/fifo", 403, G_LOG_LEVEL_INFO, "*not a regular file*");
  fail_with ("/bad-type", 500, G_LOG_LEVEL_MESSAGE, "*content type*");
  g_assert_cmpint (g_unlink (fifo), ==, 0);
  g_assert_cmpint (g_rmdir (subfolder), ==, 0);
}

static void
test_unreadable_file (void)
{
  g_autofree char *bytes = write_file ("secret", 10);
  g_autofree char *path = g_build_filename (folder, "secret", NULL);

  if (geteuid () == 0)
    {
      g_test_skip ("root may read everything");
      return;
    }
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  fail_with ("/file/secret", 403, G_LOG_LEVEL_INFO, "*Permission denied*");
}

static void
test_only_one_answer (void)
{
  g_autofree char *bytes = write_file ("small", 10);
  Visit visit;
  g_autofree char *head = NULL;

  visit_begin (&visit);
  head = visit_ask (&visit, GET ("/twice"), 200, bytes, 10);
  assert_kept_alive (&visit);
  visit_end (&visit);
}

/* What was promised can't be kept: the connection is cut, not filled up. */
static void
test_file_shrinks (void)
{
  g_autofree char *bytes = write_file ("shrinking", 40 * 1024 * 1024);
  g_autofree char *path = g_build_filename (folder, "shrinking", NULL);
  Visit visit;
  g_autofree char *head = NULL;

  visit_begin (&visit);
  raw_peer_send_text (visit.peer, GET ("/file/shrinking"));
  head = raw_peer_read_head (visit.peer);
  g_assert_cmpint (truncate (path, 100), ==, 0);
  raw_peer_await_end (visit.peer);
  g_assert_cmpuint (visit.peer->input->len, <, 40 * 1024 * 1024);
  visit_end (&visit);
}

/* --- raw replies */

static void
test_written_replies (void)
{
  Visit visit;
  g_autofree char *length = NULL;
  g_autofree char *parts = NULL;
  g_autofree char *rest = NULL;

  visit_begin (&visit);
  length = visit_ask (&visit, GET ("/length"), 200, "hello", 5);
  parts = visit_ask (&visit, GET ("/parts"), 200, "0123456789", 10);
  rest = visit_ask (&visit, GET ("/no-length"), 200, "until the end", 13);
  assert_ends (&visit);
  g_assert_cmpuint (requests, ==, 3);
  visit_end (&visit);
}

/* Each of these is answered, and then there is an end. */
static void
test_no_keep_alive (void)
{
  static const char *const requests_that_end[] = {
    GET ("/close"),
    "GET /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /length HTTP/1.0\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests_that_end); i++)
    {
      Visit visit;
      g_autofree char *head = NULL;

      visit_begin (&visit);
      head = visit_ask (&visit, requests_that_end[i], 200, "hello", 5);
      assert_ends (&visit);
      visit_end (&visit);
    }
}

static void
expect_raw (const char *request, const char *expected)
{
  Visit visit;

  visit_begin (&visit);
  raw_peer_send_text (visit.peer, request);
  raw_peer_await_end (visit.peer);
  g_assert_cmpmem (visit.peer->input->data, visit.peer->input->len, expected, strlen (expected));
  visit_end (&visit);
}

/* The bytes are the program's own, and leave as they are. */
static void
test_as_written (void)
{
  expect_raw (GET ("/bare"), "not even HTTP");
  expect_raw (GET ("/old"), "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  expect_raw (GET ("/refuse"), "");
  expect_raw (GET ("/reply-and-refuse"), "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
}

static void
test_unanswered (void)
{
  static const char *const paths[] = { GET ("/"), GET ("/text") };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      Visit visit;
      g_autofree char *head = NULL;

      visit_begin (&visit);
      head = visit_ask (&visit, paths[i], 404, "", 0);
      g_assert_cmpuint (requests, ==, 1);
      visit_end (&visit);
    }
}

/* --- requests */

static void
test_targets (void)
{
  static const struct {
    const char *request;
    const char *target;
  } targets[] = {
    { GET ("/"), "/" },
    { GET ("/a/b.html?c=d&e"), "/a/b.html?c=d&e" },
    { GET ("/%41%20b"), "/%41%20b" },
    { GET ("http://a/path"), "/path" },
    { GET ("http://a"), "/" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      Visit visit;
      g_autofree char *head = NULL;

      visit_begin (&visit);
      head = visit_ask (&visit, targets[i].request, 404, "", 0);
      g_assert_cmpstr (target, ==, targets[i].target);
      g_assert_cmpuint (target_length, ==, strlen (targets[i].target));
      visit_end (&visit);
    }
}

/* None of these reaches the program. */
static void
test_refused_requests (void)
{
  static const struct {
    const char *request;
    guint status;
  } refused[] = {
    { GET ("/../etc/passwd"), 400 },
    { GET ("/a/%2e%2e/b"), 400 },
    { GET ("/%00"), 400 },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405 },
    { "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413 },
    { "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413 },
    { "GET / HTTP/1.1\r\n\r\n", 400 },
    { "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505 },
    { "GET / HTTP/1.1\nHost: a\n\n", 400 },
    { "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426 },
    { "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
      400 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      Visit visit;
      g_autofree char *head = NULL;

      visit_begin (&visit);
      head = visit_ask (&visit, refused[i].request, refused[i].status, "", 0);
      raw_peer_await_end (visit.peer);
      g_assert_cmpuint (requests, ==, 0);
      visit_end (&visit);
    }
}

/* One after the other, though they came together. */
static void
test_pipelined (void)
{
  g_autofree char *bytes = write_file ("middle", 200000);
  Visit visit;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  visit_begin (&visit);
  first = visit_ask (&visit, GET ("/length") GET ("/file/middle") GET ("/parts"), 200, "hello", 5);
  second = visit_ask (&visit, "", 200, bytes, 200000);
  third = visit_ask (&visit, "", 200, "0123456789", 10);
  visit_end (&visit);
}

/* From a file to a WebSocket on one connection. */
static void
test_upgrade_after_file (void)
{
  g_autofree char *bytes = write_file ("small", 10);
  Visit visit;
  g_autofree char *head = NULL;
  g_autofree char *upgrade = NULL;

  visit_begin (&visit);
  head = visit_ask (&visit, GET ("/file/small"), 200, bytes, 10);
  raw_peer_send_handshake (visit.peer, "second");
  upgrade = raw_peer_read_head (visit.peer);
  g_assert_true (g_str_has_prefix (upgrade, "HTTP/1.1 101 "));
  raw_peer_say_goodbye (visit.peer);
  visit_end (&visit);
}

static void
test_byte_by_byte (void)
{
  const char *request = GET ("/length");
  Visit visit;
  g_autofree char *head = NULL;

  visit_begin (&visit);
  for (gsize i = 0; i < strlen (request) - 1; i++)
    {
      raw_peer_send (visit.peer, request + i, 1);
      stage_serve_turns (visit.context, 1);
      g_assert_cmpuint (requests, ==, 0);
    }
  head = visit_ask (&visit, "\n", 200, "hello", 5);
  visit_end (&visit);
}

/* Gone in the middle of a large file; others are served. */
static void
test_visitor_leaves (void)
{
  g_autofree char *bytes = write_file ("huge", 40 * 1024 * 1024);
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  RawPeer *leaver = raw_peer_connect (context, port);
  g_autoptr (RawPeer) other = raw_peer_connect (context, port);
  g_autofree char *head = NULL;

  raw_peer_send_text (leaver, GET ("/file/huge"));
  g_assert_true (raw_peer_await (leaver, 100000));
  raw_peer_reset (leaver);
  raw_peer_free (leaver);
  raw_peer_send_text (other, GET ("/length"));
  head = raw_peer_read_head (other);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));

  libwebsocket_context_destroy (context);
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("lws-glib-http-XXXXXX", NULL);
  g_assert_nonnull (folder);

  g_test_add_func ("/classic/http/file/sizes", test_file_sizes);
  g_test_add_func ("/classic/http/file/head", test_head);
  g_test_add_func ("/classic/http/file/last-modified", test_last_modified);
  g_test_add_func ("/classic/http/file/untyped", test_untyped);
  g_test_add_func ("/classic/http/file/errors", test_file_errors);
  g_test_add_func ("/classic/http/file/unreadable", test_unreadable_file);
  g_test_add_func ("/classic/http/file/only-one-answer", test_only_one_answer);
  g_test_add_func ("/classic/http/file/shrinks", test_file_shrinks);
  g_test_add_func ("/classic/http/written-replies", test_written_replies);
  g_test_add_func ("/classic/http/no-keep-alive", test_no_keep_alive);
  g_test_add_func ("/classic/http/as-written", test_as_written);
  g_test_add_func ("/classic/http/unanswered", test_unanswered);
  g_test_add_func ("/classic/http/targets", test_targets);
  g_test_add_func ("/classic/http/refused-requests", test_refused_requests);
  g_test_add_func ("/classic/http/pipelined", test_pipelined);
  g_test_add_func ("/classic/http/upgrade-after-file", test_upgrade_after_file);
  g_test_add_func ("/classic/http/byte-by-byte", test_byte_by_byte);
  g_test_add_func ("/classic/http/visitor-leaves", test_visitor_leaves);

  result = g_test_run ();
  remove_folder ();
  g_free (target);

  return result;
}
