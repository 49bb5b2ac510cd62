/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dial.h"

#include <string.h>

/* What a client may ask for, and what our own server sees of it. */

/* --- what can't be connected to */

#define LONG_NAME "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
  const char *name;
  const char *uri;
  const char *part;             /* of the error's text */
} uri_cases[] = {
  { "empty", "", "" },
  { "no-scheme", "//127.0.0.1/", "" },
  { "bare-host", "127.0.0.1:80", "" },
  { "no-host", "ws:///path", "host" },
  { "no-authority", "ws:/path", "host" },
  { "opaque", "ws:localhost", "host" },
  { "http", "http://127.0.0.1/", "scheme" },
  { "password", "ws://user:secret@127.0.0.1/", "Authorization" },
  { "password-and-scheme", "http://user:secret@127.0.0.1/", "scheme" },
  { "password-and-wss", "wss://user:secret@127.0.0.1/", "Authorization" },
  { "password-and-port", "ws://user:secret@127.0.0.1:65536/", "127.0.0.1" },
  { "password-with-at", "http://user:sec@secret@127.0.0.1/", "scheme" },
  { "user", "ws://user@127.0.0.1/", "Authorization" },
  { "fragment", "ws://127.0.0.1/#top", "fragment" },
  { "empty-fragment", "ws://127.0.0.1/#", "fragment" },
  { "port-0", "ws://127.0.0.1:0/", "port" },
  { "port-65536", "ws://127.0.0.1:65536/", "65536" },
  { "port-in-words", "ws://127.0.0.1:http/", "http" },
  { "negative-port", "ws://127.0.0.1:-1/", "-1" },
  { "space-in-path", "ws://127.0.0.1/a b", "space" },
  { "crlf-in-path", "ws://127.0.0.1/\r\nX: y", "space" },
  { "crlf-in-query", "ws://127.0.0.1/?\r\nX: y", "space" },
  { "bad-escape", "ws://127.0.0.1/%4", "" },
  { "space-in-host", "ws://a b/", "space" },
  { "escaped-space-in-host", "ws://a%20b/", "" },
  { "crlf-in-host", "ws://a\r\nX: y/", "space" },
  { "escaped-crlf-in-host", "ws://a%0d%0aX:80/", "" },
  { "nul-in-host", "ws://a%00b/", "" },
  { "latin1-in-host", "ws://\xe4/", "" },
  { "bad-ipv6", "ws://[::g]/", "" },
  { "open-bracket", "ws://[::1/", "" },
  { "unix-without-path", "ws+unix:", "ws+unix:/path" },
  { "unix-relative", "ws+unix:a:/", "ws+unix:/path" },
  { "unix-nul", "ws+unix:/a%00b:/", "ws+unix:/path" },
  { "unix-bad-escape", "ws+unix:/a%4:/", "ws+unix:/path" },
  { "unix-too-long", "ws+unix:/" LONG_NAME LONG_NAME ":/", "too long" },
  { "unix-space-in-target", "ws+unix:/a:/b c", "/b c" },
  { "unix-fragment", "ws+unix:/a:/#top", "fragment" },
};

/* The answer comes later, and nothing was begun. */
static void
expect_invalid (LwsgContext *client, GAsyncResult **result, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (*result);
  g_assert_null (client->engine->first);
  g_assert_cmpuint (g_queue_get_length (&client->engine->dials), ==, 0);
  DUO_UNTIL (*result != NULL);
  g_assert_null (lwsg_context_connect_finish (client, *result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  dial_expect_text (error, part);
  g_assert_null (strstr (error->message, "secret"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_clear_object (result);
}

static void
test_uri (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (LwsgContext) client = lwsg_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  lwsg_context_connect_async (client, uri_cases[index].uri, NULL, NULL, duo_store_result, &result);
  expect_invalid (client, &result, uri_cases[index].part);
}

static const struct {
  const char *name;
  const char *subprotocols[3];
  const char *origin;
  const char *headers[3];
} option_cases[] = {
  { "subprotocol-empty", { "" } },
  { "subprotocol-empty-second", { "a", "" } },
  { "subprotocol-space", { "a b" } },
  { "subprotocol-list", { "a,b" } },
  { "subprotocol-crlf", { "a\r\nX: y" } },
  { "subprotocol-utf8", { "\xc3\xa4" } },
  { "subprotocol-twice", { "a", "a" } },
  { "origin-crlf", .origin = "http://a\r\nX: y" },
  { "origin-space", .origin = "http://a b" },
  { "header-host", .headers = { "Host: a" } },
  { "header-host-in-lower-case", .headers = { "host: a" } },
  { "header-upgrade", .headers = { "Upgrade: h2c" } },
  { "header-connection", .headers = { "Connection: close" } },
  { "header-length", .headers = { "Content-Length: 1" } },
  { "header-encoding", .headers = { "Transfer-Encoding: chunked" } },
  { "header-key", .headers = { "Sec-WebSocket-Key: AAAA" } },
  { "header-sec", .headers = { "sec-anything: a" } },
  { "header-second", .headers = { "A: b", "Host: a" } },
  { "header-without-colon", .headers = { "A" } },
  { "header-without-name", .headers = { ": a" } },
  { "header-empty", .headers = { "" } },
  { "header-space-in-name", .headers = { "A B: c" } },
  { "header-space-before-colon", .headers = { "A : b" } },
  { "header-crlf", .headers = { "A: b\r\nC: d" } },
  { "header-lf", .headers = { "A: b\nC: d" } },
  { "header-folded", .headers = { "A: b\r\n c" } },
};

static void
test_option (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  g_autoptr (LwsgContext) client = lwsg_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  lwsg_context_connect_full_async (client, "ws://127.0.0.1:9/", option_cases[index].subprotocols,
                                   option_cases[index].origin, option_cases[index].headers, NULL, duo_store_result,
                                   &result);
  expect_invalid (client, &result, "");
}

/* --- to our own server */

/* What ::accept sees of a client. */
typedef struct {
  char *target;
  char *host;
  char *origin;
  char *cookie;
  char *subprotocols;
  guint n_tags;
} Visit;

static void
visit_clear (Visit *visit)
{
  g_clear_pointer (&visit->target, g_free);
  g_clear_pointer (&visit->host, g_free);
  g_clear_pointer (&visit->origin, g_free);
  g_clear_pointer (&visit->cookie, g_free);
  g_clear_pointer (&visit->subprotocols, g_free);
  visit->n_tags = 0;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Visit, visit_clear)

static gboolean
on_accept (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  Visit *visit = user_data;
  const char *query = lwsg_request_get_query (request);
  g_auto (GStrv) names = lwsg_request_list_headers (request);

  visit_clear (visit);
  visit->target = g_strconcat (lwsg_request_get_path (request), query != NULL ? "?" : NULL, query, NULL);
  visit->host = g_strdup (lwsg_request_get_header (request, "Host"));
  visit->origin = g_strdup (lwsg_request_get_header (request, "Origin"));
  visit->cookie = g_strdup (lwsg_request_get_header (request, "Cookie"));
  visit->subprotocols = g_strdup (lwsg_request_get_header (request, "Sec-WebSocket-Protocol"));
  for (guint i = 0; names[i] != NULL; i++)
    visit->n_tags += g_ascii_strcasecmp (names[i], "X-Tag") == 0 ? 1 : 0;

  return TRUE;
}

/* Connects to a URI of the server that Duo has. */
static LwsgConnection *
connect_uri (Duo *duo, const char *uri, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_clear_object (&duo->accepted);
  lwsg_context_connect_async (duo->client, uri, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);

  return lwsg_context_connect_finish (duo->client, result, error);
}

static void
check_visit (Duo *duo, const char *uri, const Visit *visit, const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = connect_uri (duo, uri, &error);

  g_assert_no_error (error);
  g_assert_nonnull (connection);
  g_assert_nonnull (duo->accepted);
  g_assert_cmpstr (visit->target, ==, target);
  g_assert_cmpstr (lwsg_connection_get_target (duo->accepted), ==, target);
  g_assert_true (lwsg_connection_get_is_client (connection));
  duo_round_trip (connection);
}

static void
test_targets (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *scheme;
    const char *target;
    const char *seen;
  } cases[] = {
    { "ws", "", "/" },
    { "ws", "/", "/" },
    { "WS", "/a", "/a" },
    { "ws", "?a=b", "/?a=b" },
    { "ws", "/?", "/?" },
    { "ws", "/a?b=c&d=%20e%2F?f", "/a?b=c&d=%20e%2F?f" },
    { "ws", "/a%2Fb:c@d", "/a%2Fb:c@d" },
    { "ws", "/\xc3\xa4", "/%C3%A4" },
  };
  g_auto (Visit) visit = { 0 };

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), &visit);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", duo->port);
      g_autofree char *uri = g_strconcat (cases[i].scheme, "://", host, cases[i].target, NULL);

      check_visit (duo, uri, &visit, cases[i].seen);
      g_assert_cmpstr (visit.host, ==, host);
      g_assert_null (visit.origin);
      g_assert_null (visit.subprotocols);
    }
  g_signal_handlers_disconnect_by_data (duo->protocol, &visit);
}

static void
test_unix (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *start;
    const char *target;
    const char *seen;
  } cases[] = {
    { "ws+unix:", "", "/" },
    { "ws+unix:", ":", "/" },
    { "ws+unix:", ":/", "/" },
    { "ws+unix:", ":/a?b=c:d", "/a?b=c:d" },
    { "ws+unix://", ":/a", "/a" },
  };
  g_auto (Visit) visit = { 0 };
  g_autofree char *escaped = g_strdup_printf ("ws+unix:%s/%%73ocket:/b", duo->directory);

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), &visit);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *uri = g_strconcat (cases[i].start, duo->path, cases[i].target, NULL);

      check_visit (duo, uri, &visit, cases[i].seen);
      g_assert_cmpstr (visit.host, ==, "localhost");
    }
  check_visit (duo, escaped, &visit, "/b");
  g_signal_handlers_disconnect_by_data (duo->protocol, &visit);
}

static void
test_unix_missing (Duo *duo, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = g_strdup_printf ("ws+unix:%s/missing:/", duo->directory);

  g_assert_null (connect_uri (duo, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/missing"));
}

static void
test_localhost (Duo *duo, gconstpointer data)
{
  g_auto (Visit) visit = { 0 };
  g_autofree char *uri = g_strdup_printf ("ws://LocalHost:%u/", duo->port);

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), &visit);
  check_visit (duo, uri, &visit, "/");
  g_assert_true (g_ascii_strncasecmp (visit.host, "localhost:", strlen ("localhost:")) == 0);
  g_signal_handlers_disconnect_by_data (duo->protocol, &visit);
}

static void
test_ipv6 (Duo *duo, gconstpointer data)
{
  g_auto (Visit) visit = { 0 };
  guint port = lwsg_context_listen (duo->server, "::1", 0, NULL);
  g_autofree char *host = g_strdup_printf ("[::1]:%u", port);
  g_autofree char *uri = g_strdup_printf ("ws://%s/six", host);

  if (port == 0)
    {
      g_test_skip ("no IPv6 on the loopback interface");
      return;
    }
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), &visit);
  check_visit (duo, uri, &visit, "/six");
  g_assert_cmpstr (visit.host, ==, host);
  g_signal_handlers_disconnect_by_data (duo->protocol, &visit);
}

static void
test_full (Duo *duo, gconstpointer data)
{
  static const char *const asked[] = { "one", "two", NULL };
  static const char *const headers[] = { "Cookie: a=b; c=d", "X-Tag: 1", "X-Tag:2", NULL };
  g_auto (Visit) visit = { 0 };
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", duo->port);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = NULL;
  LwsgProtocol *two = lwsg_context_add_protocol (duo->server, "two", NULL);

  g_signal_connect (two, "accept", G_CALLBACK (on_accept), &visit);
  lwsg_context_connect_full_async (duo->client, uri, asked, "https://origin.example", headers, NULL, duo_store_result,
                                   &result);
  DUO_UNTIL (result != NULL);
  connection = lwsg_context_connect_full_finish (duo->client, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lwsg_connection_get_subprotocol (connection), ==, "two");
  g_assert_cmpstr (visit.origin, ==, "https://origin.example");
  g_assert_cmpstr (visit.cookie, ==, "a=b; c=d");
  g_assert_cmpstr (visit.subprotocols, ==, "one, two");
  g_assert_cmpuint (visit.n_tags, ==, 2);
  g_signal_handlers_disconnect_by_data (two, &visit);
}

#define N_AT_ONCE 20

/* Of many, one is cancelled and one finds nobody: the others don't notice. */
static void
test_at_once (Duo *duo, gconstpointer data)
{
  static const char *const unknown[] = { "unknown", NULL };
  GAsyncResult *results[N_AT_ONCE] = { NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", duo->port);

  for (guint i = 0; i < N_AT_ONCE; i++)
    lwsg_context_connect_async (duo->client, uri, i == 5 ? unknown : NULL, i == 7 ? cancellable : NULL,
                                duo_store_result, &results[i]);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LwsgConnection) connection = NULL;

      DUO_UNTIL (results[i] != NULL);
      connection = lwsg_context_connect_finish (duo->client, results[i], &error);
      g_clear_object (&results[i]);
      if (i == 5)
        g_assert_error (error, LWSG_HTTP_ERROR, LWSG_HTTP_ERROR_BAD_REQUEST);
      else if (i == 7)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        duo_round_trip (connection);
    }
}

/* --- */

static void
add_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (uri_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/object/connect/uri/", uri_cases[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_uri);
    }
  for (guint i = 0; i < G_N_ELEMENTS (option_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/object/connect/option/", option_cases[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_option);
    }
}

static void
add_duo_test (const char *name, DuoTransport transport, DuoFunc func)
{
  g_autofree char *path = g_strconcat ("/object/connect/", name, NULL);

  g_test_add (path, Duo, GINT_TO_POINTER (transport), duo_set_up, func, duo_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_cases ();
  add_duo_test ("targets", DUO_TCP, test_targets);
  add_duo_test ("unix", DUO_PATH, test_unix);
  add_duo_test ("unix-missing", DUO_PATH, test_unix_missing);
  add_duo_test ("localhost", DUO_TCP, test_localhost);
  add_duo_test ("ipv6", DUO_TCP, test_ipv6);
  add_duo_test ("full", DUO_TCP, test_full);
  add_duo_test ("at-once", DUO_TCP, test_at_once);

  return g_test_run ();
}
