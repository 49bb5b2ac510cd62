/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <glib/gstdio.h>
#include <string.h>

/* Where the files of a directory appear, and directories of resources. */

#define TEXT "A page in the program.\n"

static void
serve (Duo *duo, const char *prefix, const char *uri)
{
  g_autoptr (GFile) directory = g_file_new_for_uri (uri);
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_context_serve_directory (duo->server, prefix, directory, &error));
  g_assert_no_error (error);
}

/* @location: of a redirection, or NULL. */
static void
expect (Duo *duo, const char *target, guint status, const char *location)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *got = NULL;

  g_test_message ("%s", target);
  http_get (duo->port, target, &response);
  g_assert_cmpuint (response.status, ==, status);
  if (status == 200)
    g_assert_cmpstr (response.body, ==, TEXT);
  got = http_header (&response, "Location");
  g_assert_cmpstr (got, ==, location);
}

/* The same of the file system. */
typedef struct {
  char *root;
  char *sub;
  char *index;
  char *page;
} Tree;

static char *
tree_set_up (Tree *tree)
{
  tree->root = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  tree->sub = g_build_filename (tree->root, "sub dir", NULL);
  tree->index = g_build_filename (tree->sub, "index.html", NULL);
  tree->page = g_build_filename (tree->root, "page.txt", NULL);
  g_assert_cmpint (g_mkdir (tree->sub, 0700), ==, 0);
  g_assert_true (g_file_set_contents (tree->index, TEXT, -1, NULL));
  g_assert_true (g_file_set_contents (tree->page, TEXT, -1, NULL));

  return g_filename_to_uri (tree->root, NULL, NULL);
}

static void
tree_clear (Tree *tree)
{
  g_remove (tree->page);
  g_remove (tree->index);
  g_rmdir (tree->sub);
  g_rmdir (tree->root);
  g_free (tree->page);
  g_free (tree->index);
  g_free (tree->sub);
  g_free (tree->root);
}

/* A prefix is what a person reads, and requests have it percent-encoded. */
static void
test_prefixes (Duo *duo, gconstpointer data)
{
  Tree tree;
  g_autofree char *uri = tree_set_up (&tree);

  serve (duo, "/my docs", uri);
  serve (duo, "/\xc3\xbc/", uri);
  serve (duo, "/a&b", uri);
  serve (duo, "/res", "resource:///lws-glib/site");

  expect (duo, "/my%20docs/page.txt", 200, NULL);
  expect (duo, "/%C3%BC/page.txt", 200, NULL);
  expect (duo, "/a&b/page.txt", 200, NULL);
  expect (duo, "/res/page.txt", 200, NULL);

  expect (duo, "/my+docs/page.txt", 404, NULL);
  expect (duo, "/my%2520docs/page.txt", 404, NULL);
  expect (duo, "/%fc/page.txt", 404, NULL);
  expect (duo, "/resource/page.txt", 404, NULL);
  expect (duo, "/my%20docs/%2e%2e/page.txt", 400, NULL);
  tree_clear (&tree);
}

static gboolean
refuse_below_sub_dir (LwsgContext *context, LwsgRequest *request, gpointer data)
{
  return g_str_has_prefix (lwsg_request_get_path (request), "/my%20docs/sub%20dir/") &&
         lwsg_request_refuse (request, 401, NULL);
}

/* A file has one path: what a handler keeps from being served can't be had by another one. */
static void
test_spellings (Duo *duo, gconstpointer data)
{
  Tree tree;
  g_autofree char *uri = tree_set_up (&tree);
  const char *page = "/my%20docs/sub%20dir/index.html";

  g_signal_connect (duo->server, "http-request", G_CALLBACK (refuse_below_sub_dir), NULL);
  serve (duo, "//my docs", uri);
  serve (duo, "/\xc3\xbc", uri);
  serve (duo, "/a&b", uri);
  serve (duo, "/res", "resource:///lws-glib/site");

  expect (duo, page, 401, NULL);
  expect (duo, "//my%20docs/sub%20dir/index.html", 301, page);
  expect (duo, "/my%20docs//sub%20dir/index.html", 301, page);
  expect (duo, "/my%20docs/sub%20dir//index.html", 401, NULL);
  expect (duo, "/my%20docs/sub%20dir%2findex.html", 301, page);
  expect (duo, "/my%20docs%2Fsub%20dir/index.html", 301, page);
  expect (duo, "/my%20docs/su%62%20dir/index.html", 301, page);
  expect (duo, "/m%79%20docs/sub%20dir/index.html?a=%2F//b", 301, "/my%20docs/sub%20dir/index.html?a=%2F//b");
  expect (duo, "/my%20docs//sub%20dir", 301, "/my%20docs/sub%20dir");
  expect (duo, "/my%20docs//sub%20dir/", 301, "/my%20docs/sub%20dir/");
  expect (duo, "//evil/my%20docs//page.txt", 404, NULL);

  expect (duo, "/%c3%bc/page.txt", 301, "/%C3%BC/page.txt");
  expect (duo, "/%C3%BC/page.txt", 200, NULL);
  expect (duo, "/a%26b/page.txt", 301, "/a&b/page.txt");
  expect (duo, "/a&b/page.txt", 200, NULL);
  expect (duo, "/r%65s//page.txt", 301, "/res/page.txt");
  expect (duo, "/res//page.txt", 301, "/res/page.txt");
  tree_clear (&tree);
}

/* The query belongs to the page, wherever that is. */
static void
test_redirections (Duo *duo, gconstpointer data)
{
  Tree tree;
  g_autofree char *uri = tree_set_up (&tree);

  serve (duo, "/my docs", uri);
  serve (duo, "/res", "resource:///lws-glib/site/");

  expect (duo, "/my%20docs/sub%20dir", 301, "/my%20docs/sub%20dir/");
  expect (duo, "/my%20docs/sub%20dir?a=b&c=%2F?d", 301, "/my%20docs/sub%20dir/?a=b&c=%2F?d");
  expect (duo, "/my%20docs/sub%20dir?", 301, "/my%20docs/sub%20dir/?");
  expect (duo, "/my%20docs/sub%20dir/?a", 200, NULL);
  expect (duo, "/res/sub%20dir?a=b", 301, "/res/sub%20dir/?a=b");
  expect (duo, "/res?next=//evil", 301, "/res/?next=//evil");
  tree_clear (&tree);
}

static void
test_resources (Duo *duo, gconstpointer data)
{
  static const char *const targets[] = { "", "/", "/index.html", "/page.txt", "/sub%20dir", "/sub%20dir/",
                                         "/sub%20dir/index.html", "/page.txt/", "/sub%20dir/missing", "/empty" };
  static const guint statuses[] = { 301, 200, 200, 200, 301, 200, 200, 404, 404, 404 };
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *type = NULL;

  serve (duo, "/res", "resource:///lws-glib/site");
  serve (duo, "/all/", "resource:///");
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *target = g_strconcat ("/res", targets[i], NULL);
      g_autofree char *other = g_strconcat ("/all/lws-glib/site", targets[i], NULL);
      g_autofree char *location = statuses[i] == 301 ? g_strconcat (target, "/", NULL) : NULL;
      g_autofree char *other_location = statuses[i] == 301 ? g_strconcat (other, "/", NULL) : NULL;

      expect (duo, target, statuses[i], location);
      expect (duo, other, statuses[i], other_location);
    }
  expect (duo, "/all", 404, NULL);
  expect (duo, "/all/", 404, NULL);

  http_ask (peer, "HEAD /res/ HTTP/1.1\r\nHost: a\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 200);
  type = http_header (&response, "Content-Type");
  g_assert_cmpstr (type, ==, "text/html; charset=utf-8");
  http_ask (peer, "POST /res/ HTTP/1.1\r\nHost: a\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 405);
}

/* What would never answer anything is no success. */
static void
test_refused (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *prefix;
    const char *uri;
  } bad[] = {
    { "docs", "resource:///lws-glib/site" },        { "", "resource:///lws-glib/site" },
    { "/my%20docs", "resource:///lws-glib/site" },  { "/a?b", "resource:///lws-glib/site" },
    { "/a#b", "resource:///lws-glib/site" },        { "/a\\b", "resource:///lws-glib/site" },
    { "/a/../b", "resource:///lws-glib/site" },     { "/./a", "resource:///lws-glib/site" },
    { "/a/..", "resource:///lws-glib/site" },       { "/\xfc", "resource:///lws-glib/site" },
    { "/", "resource:///lws-glib/missing" },        { "/", "resource:///lws-glib/site/page.txt" },
    { "/", "file:///nonexistent" },                 { "/", "file:///dev/null" },
    { "/", "unknown-scheme://a/b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GFile) directory = g_file_new_for_uri (bad[i].uri);
      g_autoptr (GError) error = NULL;

      g_assert_false (lwsg_context_serve_directory (duo->server, bad[i].prefix, directory, &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  g_assert_cmpuint (duo->server->directories->len, ==, 0);
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

  add_test ("/object/directory/prefixes", test_prefixes);
  add_test ("/object/directory/spellings", test_spellings);
  add_test ("/object/directory/redirections", test_redirections);
  add_test ("/object/directory/resources", test_resources);
  add_test ("/object/directory/refused", test_refused);

  return g_test_run ();
}
