/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our server, and curl.
 */
#include "child.h"

#include <glib/gstdio.h>
#include <string.h>

#define SMALL_TEXT "Just a small file.\n"
#define SECRET "Nobody may see this.\n"

/* More than any buffer on the way holds. */
#define LARGE_SIZE (30 * 1024 * 1024)

/* What a hanging server would be given: less than the test allows. */
#define CURL_LIMIT "50"

/* What the callback, which gets no pointer of ours, serves from. */
static const char *served_directory;

typedef struct {
  char *directory; /* with the secret, and a directory that is served */
  char *served;
  char *secret;
  char *small;
  char *large;
  char *got; /* what curl writes to */
  PeerIdentity *identity; /* NULL for http */
  struct libwebsocket_context *context;
  guint16 port;
} Fixture;

static int
on_http (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  g_autofree char *path = NULL;
  g_autofree char *file = NULL;

  if (reason != LWS_CALLBACK_HTTP)
    return 0;

  path = g_strndup (in, strcspn (in, "?"));
  file = g_build_filename (served_directory, path, NULL);
  libwebsockets_serve_http_file (wsi, file, g_str_has_suffix (file, ".txt") ? "text/plain" : NULL);

  return 0;
}

static void
write_file (const char *path, const void *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, bytes, (gssize) length, &error);
  g_assert_no_error (error);
}

static void
write_large (const char *path)
{
  g_autofree guint32 *words = g_malloc (LARGE_SIZE);

  for (guint32 i = 0; i < LARGE_SIZE / sizeof *words; i++)
    words[i] = i * 2654435761u;
  write_file (path, words, LARGE_SIZE);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static struct libwebsocket_protocols protocols[] = { { .name = "http-only", .callback = on_http }, { NULL } };
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("lws-glib-curl-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->served = g_build_filename (fixture->directory, "served", NULL);
  fixture->secret = g_build_filename (fixture->directory, "secret", NULL);
  fixture->small = g_build_filename (fixture->served, "small.txt", NULL);
  fixture->large = g_build_filename (fixture->served, "large", NULL);
  fixture->got = g_build_filename (fixture->directory, "got", NULL);

  g_assert_cmpint (g_mkdir (fixture->served, 0700), ==, 0);
  write_file (fixture->secret, SECRET, strlen (SECRET));
  write_file (fixture->small, SMALL_TEXT, strlen (SMALL_TEXT));
  write_large (fixture->large);

  served_directory = fixture->served;
  fixture->identity = GPOINTER_TO_INT (data) ? peer_identity_new () : NULL;
  fixture->context = peer_listen (protocols, fixture->identity, &fixture->port);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  libwebsocket_context_destroy (fixture->context);
  peer_identity_free (fixture->identity);
  g_unlink (fixture->small);
  g_unlink (fixture->large);
  g_unlink (fixture->secret);
  g_unlink (fixture->got);
  g_assert_cmpint (g_rmdir (fixture->served), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->served);
  g_free (fixture->secret);
  g_free (fixture->small);
  g_free (fixture->large);
  g_free (fixture->got);
}

/* Runs curl with @arguments, separated by spaces, of which those that begin with '/'
 * are paths on the server and '@' the file to write to. Returns what it printed. */
static char *
curl (Fixture *fixture, const char *arguments)
{
  static const char *const common[] = { "curl", "--disable",  "--silent", "--show-error", "--noproxy",
                                        "*",    "--max-time", CURL_LIMIT, "--write-out" };
  g_auto (GStrv) words = g_strsplit (arguments, " ", 0);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GSubprocess) child = NULL;
  char *output;

  for (gsize i = 0; i < G_N_ELEMENTS (common); i++)
    g_ptr_array_add (argv, g_strdup (common[i]));
  g_ptr_array_add (argv, g_strdup ("[%{http_code} %{num_connects} %{content_type}]"));
  if (fixture->identity != NULL)
    {
      g_ptr_array_add (argv, g_strdup ("--cacert"));
      g_ptr_array_add (argv, g_strdup (fixture->identity->certificate));
    }
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (words[i][0] == '/')
        g_ptr_array_add (argv, g_strdup_printf ("%s://127.0.0.1:%u%s", fixture->identity != NULL ? "https" : "http",
                                                fixture->port, words[i]));
      else
        g_ptr_array_add (argv, g_strdup (g_str_equal (words[i], "@") ? fixture->got : words[i]));
    }
  g_ptr_array_add (argv, NULL);

  child = peer_spawn ((const char *const *) argv->pdata);
  g_assert_cmpint (peer_finish (fixture->context, child, &output), ==, 0);

  return output;
}

static void
check_curl (Fixture *fixture, const char *arguments, const char *expected)
{
  g_autofree char *output = curl (fixture, arguments);

  g_assert_cmpstr (output, ==, expected);
}

static void
check_got (Fixture *fixture, const char *expected_file)
{
  g_autofree char *expected = NULL;
  g_autofree char *got = NULL;
  gsize expected_length;
  gsize length;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (expected_file, &expected, &expected_length, &error);
  g_assert_no_error (error);
  g_file_get_contents (fixture->got, &got, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, length, expected, expected_length);
}

static void
test_get (Fixture *fixture, gconstpointer data)
{
  check_curl (fixture, "/small.txt", SMALL_TEXT "[200 1 text/plain]");
  check_curl (fixture, "/small.txt?query=/../x", SMALL_TEXT "[200 1 text/plain]");
}

static void
test_head (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large_length = g_strdup_printf ("\r\nContent-Length: %d\r\n", LARGE_SIZE);
  g_autofree char *large = curl (fixture, "--head /large");
  g_autofree char *small = curl (fixture, "--head /small.txt");

  g_assert_true (g_str_has_prefix (large, "HTTP/1.1 200 OK\r\n"));
  g_assert_nonnull (strstr (large, large_length));
  g_assert_nonnull (strstr (small, "\r\nContent-Type: text/plain\r\n"));
  g_assert_true (g_str_has_suffix (small, "\r\n\r\n[200 1 text/plain]"));
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *output = curl (fixture, "/missing");

  g_assert_nonnull (strstr (output, "[404 1 "));
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  check_curl (fixture, "-o @ /large", "[200 1 application/octet-stream]");
  check_got (fixture, fixture->large);
}

static void
test_keep_alive (Fixture *fixture, gconstpointer data)
{
  check_curl (fixture, "/small.txt /small.txt", SMALL_TEXT "[200 1 text/plain]" SMALL_TEXT "[200 0 text/plain]");
  check_curl (fixture, "-o @ /large /small.txt", "[200 1 application/octet-stream]" SMALL_TEXT "[200 0 text/plain]");
  check_got (fixture, fixture->large);
}

static void
test_range (Fixture *fixture, gconstpointer data)
{
  /* A server may ignore the header (RFC 9110 section 14.2), but not answer 206 then. */
  check_curl (fixture, "--range 5-8 /small.txt", SMALL_TEXT "[200 1 text/plain]");
}

static void
test_http_1_0 (Fixture *fixture, gconstpointer data)
{
  check_curl (fixture, "--http1.0 /small.txt /small.txt",
              SMALL_TEXT "[200 1 text/plain]" SMALL_TEXT "[200 1 text/plain]");
  check_curl (fixture, "--http1.0 -o @ /large", "[200 1 application/octet-stream]");
  check_got (fixture, fixture->large);
}

static void
test_climbing (Fixture *fixture, gconstpointer data)
{
  static const char *const climbs[] = { "/../secret",   "/%2e%2E/secret", "/..%2fsecret", "/x/../../secret",
                                        "/./../secret", "/..%5csecret",   "/..\\secret",  "//../secret" };

  for (gsize i = 0; i < G_N_ELEMENTS (climbs); i++)
    {
      g_autofree char *arguments = g_strconcat ("--path-as-is ", climbs[i], NULL);
      g_autofree char *output = curl (fixture, arguments);

      g_test_message ("%s", climbs[i]);
      g_assert_nonnull (strstr (output, "[400 1 "));
      g_assert_null (strstr (output, SECRET));
    }
}

static void
test_post (Fixture *fixture, gconstpointer data)
{
  g_autofree char *output = curl (fixture, "--request POST /small.txt");

  g_assert_nonnull (strstr (output, "[405 1 "));
  g_assert_null (strstr (output, SMALL_TEXT));
}

/* The answer must arrive, though the server ends a connection full of data. */
static void
test_upload (Fixture *fixture, gconstpointer data)
{
  g_autofree char *arguments = g_strconcat ("--header Expect: --data-binary @", fixture->large, " /small.txt", NULL);
  g_autofree char *output = curl (fixture, arguments);

  g_assert_nonnull (strstr (output, "[405 1 "));
}

static void
test_old_version (Fixture *fixture, gconstpointer data)
{
  g_autofree char *output = curl (fixture, "--include --header Connection:Upgrade --header Upgrade:websocket "
                                           "--header Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ== "
                                           "--header Sec-WebSocket-Version:12 /");

  g_assert_true (g_str_has_prefix (output, "HTTP/1.1 426 "));
  g_assert_nonnull (strstr (output, "\r\nSec-WebSocket-Version: 13\r\n"));
}

static void
skip_https (void)
{
  g_test_skip ("openssl is not installed");
}

static gboolean
openssl_is_there (void)
{
  g_autofree char *path = g_find_program_in_path ("openssl");

  return path != NULL;
}

static void
add (const char *name, void (*function) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *open = g_strdup_printf ("/peers/curl/http/%s", name);
  g_autofree char *secure = g_strdup_printf ("/peers/curl/https/%s", name);

  g_test_add (open, Fixture, GINT_TO_POINTER (FALSE), set_up, function, tear_down);
  if (openssl_is_there ())
    g_test_add (secure, Fixture, GINT_TO_POINTER (TRUE), set_up, function, tear_down);
}

static void
skip (void)
{
  g_test_skip ("curl is not installed");
}

int
main (int argc, char **argv)
{
  g_autofree char *curl_path = g_find_program_in_path ("curl");

  g_test_init (&argc, &argv, NULL);

  if (!openssl_is_there ())
    g_test_add_func ("/peers/curl/https", skip_https);
  if (curl_path == NULL)
    {
      g_test_add_func ("/peers/curl", skip);
      return g_test_run ();
    }
  add ("get", test_get);
  add ("head", test_head);
  add ("missing", test_missing);
  add ("large", test_large);
  add ("keep-alive", test_keep_alive);
  add ("range", test_range);
  add ("http-1.0", test_http_1_0);
  add ("climbing", test_climbing);
  add ("post", test_post);
  add ("upload", test_upload);
  add ("old-version", test_old_version);

  return g_test_run ();
}
