/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of directories, and whose pages may connect. */

/* --- directories */

typedef struct {
  LwsgContext *context;
  guint port;
  char *root;
} Site;

typedef void (*SiteFunc) (Site *site, gconstpointer flags);

static void
site_write (Site *site, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (site->root, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
site_link (Site *site, const char *name, const char *to)
{
  g_autofree char *path = g_build_filename (site->root, name, NULL);

  g_assert_cmpint (symlink (to, path), ==, 0);
}

static void
site_make_directory (Site *site, const char *name)
{
  g_autofree char *path = g_build_filename (site->root, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
site_serve (Site *site, LwsgDirectoryFlags flags, const char *const *headers)
{
  g_autoptr (GFile) directory = g_file_new_for_path (site->root);
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_context_serve_directory_full (site->context, "/", directory, flags, headers, &error));
  g_assert_no_error (error);
}

static void
site_set_up (Site *site, gconstpointer data)
{
  site->root = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_assert_nonnull (site->root);
  site_write (site, "index.html", "<p>start</p>");
  site_make_directory (site, "sub");
  site_write (site, "sub/index.html", "<p>sub</p>");
  site->context = lwsg_context_new ();
  site->port = lwsg_context_listen (site->context, "127.0.0.1", 0, NULL);
  g_assert_cmpuint (site->port, !=, 0);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) directory = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
site_tear_down (Site *site, gconstpointer data)
{
  g_object_unref (site->context);
  remove_all (site->root);
  g_free (site->root);
}

static void
expect (Site *site, const char *target, guint status, const char *body)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *nosniff = NULL;

  http_get (site->port, target, &response);
  if (response.status != status)
    g_error ("%s: %u instead of %u", target, response.status, status);
  if (body != NULL)
    g_assert_cmpstr (response.body, ==, body);
  nosniff = http_header (&response, "X-Content-Type-Options");
  g_assert_cmpstr (nosniff, ==, "nosniff");
}

static void
expect_header (Site *site, const char *target, const char *name, const char *value)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *got = NULL;

  http_get (site->port, target, &response);
  g_assert_cmpuint (response.status, ==, 200);
  got = http_header (&response, name);
  g_assert_cmpstr (got, ==, value);
}

static void
test_types (Site *site, gconstpointer data)
{
  static const char *const types[][2] = {
    { "a.html", "text/html; charset=utf-8" },
    { "a.HTM", "text/html; charset=utf-8" },
    { "a.css", "text/css; charset=utf-8" },
    { "a.js", "text/javascript; charset=utf-8" },
    { "a.mjs", "text/javascript; charset=utf-8" },
    { "a.min.js", "text/javascript; charset=utf-8" },
    { "a.txt", "text/plain; charset=utf-8" },
    { "a.json", "application/json" },
    { "a.svg", "image/svg+xml" },
    { "a.png", "image/png" },
    { "a.wasm", "application/wasm" },
    { "a.unheardof", "application/octet-stream" },
  };

  site_serve (site, LWSG_DIRECTORY_NONE, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *target = g_strconcat ("/", types[i][0], NULL);

      site_write (site, types[i][0], "x");
      expect_header (site, target, "Content-Type", types[i][1]);
    }
}

static void
test_headers (Site *site, gconstpointer data)
{
  static const char *const headers[] = {
    "Content-Security-Policy: default-src 'self'", "Cache-Control:no-cache", NULL
  };
  g_autoptr (RawPeer) peer = http_connect (site->port);
  g_auto (HttpReply) response = { 0 };

  site_serve (site, LWSG_DIRECTORY_NONE, headers);
  expect_header (site, "/", "Content-Security-Policy", "default-src 'self'");
  expect_header (site, "/sub/", "Cache-Control", "no-cache");
  http_ask (peer, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_nonnull (strstr (response.head, "\r\nContent-Security-Policy: default-src 'self'\r\n"));
  g_assert_nonnull (strstr (response.head, "\r\nContent-Length: 12\r\n"));
  /* Nothing follows a HEAD's head. */
  http_ask (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "<p>start</p>");
}

static void
test_bad_headers (Site *site, gconstpointer data)
{
  static const char *const bad[] = {
    "", "X", ": a", "X : a", "X Y: a", "X: a\r\nY: b", "X\r\nY: b", "X: a\nb", "X: \x01", "Content-Length: 5",
    "content-type: text/html", "Transfer-Encoding: chunked", "Connection: close", "X-Content-Type-Options: sniff",
  };
  g_autoptr (GFile) directory = g_file_new_for_path (site->root);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const headers[] = { "A: good", bad[i], NULL };
      g_autoptr (GError) error = NULL;

      if (lwsg_context_serve_directory_full (site->context, "/", directory, LWSG_DIRECTORY_NONE, headers, &error))
        g_error ("The header \"%s\" was taken", bad[i]);
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
    }
  expect (site, "/", 404, NULL);
}

static void
test_links (Site *site, gconstpointer data)
{
  gboolean follow = data == NULL;
  guint found = follow ? 200 : 404;

  site_serve (site, follow ? LWSG_DIRECTORY_NONE : LWSG_DIRECTORY_NO_SYMLINKS, NULL);
  site_link (site, "link.html", "index.html");
  site_link (site, "linked", "sub");
  site_link (site, "sub/up.html", "../index.html");
  site_link (site, "passwd", "/etc/passwd");
  site_link (site, "top", "/");
  site_link (site, "above", "..");
  site_make_directory (site, "index-is-link");
  site_link (site, "index-is-link/index.html", "/etc/passwd");

  expect (site, "/index.html", 200, NULL);
  expect (site, "/link.html", found, NULL);
  expect (site, "/linked/", found, NULL);
  expect (site, "/sub/up.html", found, NULL);
  expect (site, "/passwd", 404, NULL);
  expect (site, "/top/etc/passwd", 404, NULL);
  expect (site, "/above/", 404, NULL);
  expect (site, "/index-is-link/", 404, NULL);
}

/* Neither a FIFO nor anything else may make the server wait. */
static void
test_special (Site *site, gconstpointer data)
{
  g_autofree char *fifo = g_build_filename (site->root, "fifo", NULL);
  g_autofree char *secret = g_build_filename (site->root, "secret", NULL);

  site_serve (site, LWSG_DIRECTORY_NONE, NULL);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  site_make_directory (site, "odd");
  site_make_directory (site, "odd/index.html");
  site_write (site, "secret", "secret");
  g_assert_cmpint (g_chmod (secret, 0), ==, 0);

  expect (site, "/fifo", 403, NULL);
  expect (site, "/odd/", 403, NULL);
  /* root reads all. */
  if (geteuid () != 0)
    expect (site, "/secret", 403, NULL);
}

static void
test_targets (Site *site, gconstpointer data)
{
  static const struct {
    const char *target;
    guint status;
  } cases[] = {
    { "/..", 400 },
    { "/../etc/passwd", 400 },
    { "/sub/../index.html", 400 },
    { "/%2e%2e/etc/passwd", 400 },
    { "/.%2E/etc/passwd", 400 },
    { "/sub%2f..%2f..%2fetc%2fpasswd", 400 },
    { "/%2e%2e%2fetc/passwd", 400 },
    { "/..%5cetc", 400 },
    { "/..\\etc", 400 },
    { "/index.html%00", 400 },
    { "/%00", 400 },
    { "/index.html%00.png", 400 },
    { "/%zz", 400 },
    { "/%252e%252e/etc/passwd", 404 },
    { "/%C0%AE%C0%AE/etc/passwd", 404 },
    { "//etc/passwd", 301 },
    { "/%2fetc/passwd", 301 },
    { "/sub%2findex.html", 301 },
    { "/sub/index.html", 200 },
    { "/index.html?../../etc/passwd", 200 },
    { "/index.html/", 404 },
    { "/index.html/..%00", 400 },
    { "/...", 404 },
  };

  site_serve (site, LWSG_DIRECTORY_NONE, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (site, cases[i].target, cases[i].status, NULL);
}

/* A handler that has answered, though it says that it has not. */
static gboolean
answer_but_deny (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_assert_true (lwsg_request_respond (request, 200, NULL, NULL, NULL));

  return FALSE;
}

static void
test_answered_before (Site *site, gconstpointer data)
{
  site_serve (site, LWSG_DIRECTORY_NONE, NULL);
  g_signal_connect (site->context, "http-request", G_CALLBACK (answer_but_deny), NULL);
  expect (site, "/index.html", 200, "");
  expect (site, "/missing", 200, "");
}

/* A new version of a site takes the place of the old one. */
static void
test_replaced (Site *site, gconstpointer data)
{
  g_autofree char *old = g_strconcat (site->root, "-old", NULL);

  site_serve (site, LWSG_DIRECTORY_NONE, NULL);
  expect (site, "/", 200, "<p>start</p>");
  g_assert_cmpint (g_rename (site->root, old), ==, 0);
  expect (site, "/", 404, NULL);
  g_assert_cmpint (g_mkdir (site->root, 0700), ==, 0);
  site_write (site, "index.html", "<p>new</p>");
  expect (site, "/", 200, "<p>new</p>");
  remove_all (old);
}

/* --- what the program adds to a file */

static gboolean
respond_with_header (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (user_data);

  g_assert_true (lwsg_request_add_response_header (request, "Content-Security-Policy", "default-src 'none'", NULL));
  g_assert_true (lwsg_request_respond_file (request, file, NULL, NULL));

  return TRUE;
}

static void
test_file_headers (Site *site, gconstpointer data)
{
  g_autofree char *path = g_build_filename (site->root, "index.html", NULL);

  g_signal_connect (site->context, "http-request", G_CALLBACK (respond_with_header), path);
  expect (site, "/whatever", 200, "<p>start</p>");
  expect_header (site, "/whatever", "Content-Security-Policy", "default-src 'none'");
  expect_header (site, "/whatever", "Content-Type", "text/html; charset=utf-8");
}

/* --- origins */

/* The status that a handshake with these headers is answered with. */
static guint
knock (Site *site, const char *host, const char *headers)
{
  g_autoptr (RawPeer) peer = http_connect (site->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", host, headers);

  http_ask (peer, request, &response);
  if (response.status == 403)
    {
      g_assert_cmpstr (response.body, ==, "403 Forbidden\n");
      g_assert_null (strstr (response.head, "evil"));
      raw_peer_expect_end (peer);
    }

  return response.status;
}

static void
allow (Site *site, const char *const *origins)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_context_set_allowed_origins (site->context, origins, &error));
  g_assert_no_error (error);
}

static void
test_origins (Site *site, gconstpointer data)
{
  static const char *const list[] = { "https://Example.org", "http://[::1]:8080", "https://*.example.com", NULL };
  static const struct {
    const char *headers;
    guint status;
  } cases[] = {
    { "", 101 },
    { "Origin: https://example.org\r\n", 101 },
    { "origin: HTTPS://EXAMPLE.ORG:443\r\n", 101 },
    { "Origin: http://[0:0::1]:8080\r\n", 101 },
    { "Origin: https://www.example.com\r\n", 101 },
    { "Origin: https://example.com\r\n", 403 },
    { "Origin: https://evilexample.com\r\n", 403 },
    { "Origin: http://example.org\r\n", 403 },
    { "Origin: https://example.org:8443\r\n", 403 },
    { "Origin: https://example.org.evil.net\r\n", 403 },
    { "Origin: https://evil.net/https://example.org\r\n", 403 },
    { "Origin: https://evil.net#https://example.org\r\n", 403 },
    { "Origin: https://example.org@evil.net\r\n", 403 },
    { "Origin: https://example.org/\r\n", 403 },
    { "Origin: https://example.org https://evil.net\r\n", 403 },
    { "Origin: null\r\n", 403 },
    { "Origin:\r\n", 403 },
    { "Origin: *\r\n", 403 },
    { "Origin: \xff\xfe\r\n", 403 },
    { "Origin: https://example.org\r\nOrigin: https://example.org\r\n", 400 },
    { "Origin: https://example.org\r\nOrigin: https://evil.net\r\n", 400 },
  };

  g_assert_nonnull (lwsg_context_add_protocol (site->context, NULL, NULL));
  g_assert_cmpuint (knock (site, "a", "Origin: https://evil.net\r\n"), ==, 101);
  allow (site, list);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint status = knock (site, "a", cases[i].headers);

      if (status != cases[i].status)
        g_error ("%s: %u instead of %u", cases[i].headers, status, cases[i].status);
    }
  allow (site, NULL);
  g_assert_cmpuint (knock (site, "a", "Origin: https://evil.net\r\n"), ==, 101);
}

static void
test_same_origin (Site *site, gconstpointer data)
{
  static const char *const same[] = { "same-origin", NULL };
  static const char *const with_null[] = { "same-origin", "null", "app://thing", NULL };
  static const char *const none[] = { NULL };

  g_assert_nonnull (lwsg_context_add_protocol (site->context, NULL, NULL));
  allow (site, same);
  g_assert_cmpuint (knock (site, "example.org:7681", "Origin: http://example.org:7681\r\n"), ==, 101);
  /* A proxy in front may hold the TLS. */
  g_assert_cmpuint (knock (site, "example.org", "Origin: https://example.org\r\n"), ==, 101);
  g_assert_cmpuint (knock (site, "example.org", "Origin: https://evil.net\r\n"), ==, 403);
  g_assert_cmpuint (knock (site, "example.org:7681", "Origin: http://example.org\r\n"), ==, 403);
  g_assert_cmpuint (knock (site, "example.org", "Origin: null\r\n"), ==, 403);
  g_assert_cmpuint (knock (site, "example.org", ""), ==, 101);

  allow (site, with_null);
  g_assert_cmpuint (knock (site, "example.org", "Origin: null\r\n"), ==, 101);
  g_assert_cmpuint (knock (site, "example.org", "Origin: app://thing\r\n"), ==, 101);
  g_assert_cmpuint (knock (site, "example.org", "Origin: app://evil\r\n"), ==, 403);

  allow (site, none);
  g_assert_cmpuint (knock (site, "example.org", "Origin: http://example.org\r\n"), ==, 403);
  g_assert_cmpuint (knock (site, "example.org", ""), ==, 101);
}

/* Drafts had another name for the header; neither hides an origin. */
static void
test_origin_of_drafts (Site *site, gconstpointer data)
{
  static const char *const list[] = { "https://example.org", NULL };
  static const struct {
    const char *header;
    guint status;
  } cases[] = {
    { "Sec-WebSocket-Origin: https://example.org\r\n", 101 },
    { "Sec-WebSocket-Origin: https://evil.net\r\n", 403 },
    { "Origin: https://evil.net\r\n", 403 },
    { "", 101 },
  };

  g_assert_nonnull (lwsg_context_add_protocol (site->context, NULL, NULL));
  allow (site, list);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = http_connect (site->port);
      g_auto (HttpReply) response = { 0 };
      g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                                                  cases[i].header);

      http_ask (peer, request, &response);
      g_assert_cmpuint (response.status, ==, cases[i].status);
    }
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_bad_origins (Site *site, gconstpointer data)
{
  static const char *const bad[] = { "", "*", "example.org", "https://example.org/", "same-Origin", "https://a b",
                                     "wss://example.org", "https://*", "https://a.*.org", "http://a:0" };
  static const char *const good[] = { "https://example.org", "same-origin", NULL };
  g_auto (GStrv) got = NULL;
  guint notified = 0;

  g_signal_connect (site->context, "notify::allowed-origins", G_CALLBACK (count_notify), &notified);
  g_assert_null (lwsg_context_get_allowed_origins (site->context));
  allow (site, good);
  g_assert_cmpuint (notified, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const list[] = { "https://example.com", bad[i], NULL };
      g_autoptr (GError) error = NULL;

      if (lwsg_context_set_allowed_origins (site->context, list, &error))
        g_error ("\"%s\" was taken for an origin", bad[i]);
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
    }
  /* Nothing has changed. */
  g_object_get (site->context, "allowed-origins", &got, NULL);
  g_assert_cmpstrv (got, good);
  g_assert_cmpstrv (lwsg_context_get_allowed_origins (site->context), good);
  g_assert_cmpuint (notified, ==, 1);
}

/* --- how many may connect */

static void
test_max_connections (Site *site, gconstpointer data)
{
  gboolean per_peer = data != NULL;
  g_autoptr (RawPeer) first = NULL;
  g_autoptr (RawPeer) second = NULL;
  g_autoptr (RawPeer) third = NULL;
  g_autoptr (RawPeer) fourth = NULL;

  g_assert_nonnull (lwsg_context_add_protocol (site->context, NULL, NULL));
  /* All that a test has are addresses of this machine. */
  site->context->engine->limits.count_loopback = TRUE;
  g_object_set (site->context, per_peer ? "max-connections-per-peer" : "max-connections", 2, NULL);
  first = http_connect (site->port);
  raw_peer_upgrade (first);
  second = http_connect (site->port);
  raw_peer_upgrade (second);
  third = http_connect (site->port);
  raw_peer_expect_end (third);

  raw_peer_reset (second);
  DUO_UNTIL (site->context->engine->admission.count == 1);
  fourth = http_connect (site->port);
  raw_peer_upgrade (fourth);
}

static void
add_test (const char *path, gconstpointer data, SiteFunc func)
{
  g_test_add (path, Site, data, site_set_up, func, site_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("/object/serve/types", NULL, test_types);
  add_test ("/object/serve/headers", NULL, test_headers);
  add_test ("/object/serve/bad-headers", NULL, test_bad_headers);
  add_test ("/object/serve/links/followed", NULL, test_links);
  add_test ("/object/serve/links/refused", GINT_TO_POINTER (TRUE), test_links);
  add_test ("/object/serve/special", NULL, test_special);
  add_test ("/object/serve/targets", NULL, test_targets);
  add_test ("/object/serve/answered-before", NULL, test_answered_before);
  add_test ("/object/serve/replaced", NULL, test_replaced);
  add_test ("/object/serve/file-headers", NULL, test_file_headers);
  add_test ("/object/serve/origins", NULL, test_origins);
  add_test ("/object/serve/same-origin", NULL, test_same_origin);
  add_test ("/object/serve/origin-of-drafts", NULL, test_origin_of_drafts);
  add_test ("/object/serve/bad-origins", NULL, test_bad_origins);
  add_test ("/object/serve/max-connections/in-all", NULL, test_max_connections);
  add_test ("/object/serve/max-connections/per-peer", GINT_TO_POINTER (TRUE), test_max_connections);

  return g_test_run ();
}
