/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- listening */

static LwsgContext *
new_server (void)
{
  LwsgContext *context = lwsg_context_new ();

  g_assert_nonnull (lwsg_context_add_protocol (context, NULL, NULL));

  return context;
}

static gboolean
can_connect (GSocketAddress *address)
{
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, 0, NULL);

  return socket != NULL && g_socket_connect (socket, address, NULL, NULL);
}

static gboolean
listens_on (const char *address, guint port)
{
  g_autoptr (GSocketAddress) full = g_inet_socket_address_new_from_string (address, port);

  return can_connect (full);
}

static gboolean
has_ipv6 (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, 0, NULL);

  return socket != NULL && g_socket_bind (socket, any, FALSE, NULL);
}

static void
test_listen (void)
{
  g_autoptr (LwsgContext) context = new_server ();
  g_autoptr (GError) error = NULL;
  guint loopback = lwsg_context_listen (context, "127.0.0.1", 0, &error);
  guint named = lwsg_context_listen (context, "localhost", 0, &error);
  guint all = lwsg_context_listen (context, NULL, 0, &error);

  g_assert_no_error (error);
  g_assert_true (listens_on ("127.0.0.1", loopback));
  g_assert_true (listens_on ("127.0.0.1", named));
  g_assert_true (listens_on ("127.0.0.1", all));
  if (has_ipv6 ())
    {
      guint six = lwsg_context_listen (context, "::1", 0, &error);

      g_assert_no_error (error);
      g_assert_true (listens_on ("::1", six));
      g_assert_true (listens_on ("::1", all));
      g_assert_false (listens_on ("::1", loopback));
    }

  lwsg_context_close (context);
  g_assert_false (listens_on ("127.0.0.1", loopback));
  g_assert_false (listens_on ("127.0.0.1", all));
}

static void
expect_no_listening (LwsgContext *context, const char *host, guint port, GQuark domain, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (lwsg_context_listen (context, host, (guint16) port, &error), ==, 0);
  g_assert_error (error, domain, code);
  g_assert_cmpstr (error->message, !=, "");
}

static void
test_listen_fails (void)
{
  static const char *const bad_hosts[] = { "", "example.com", "127.0.0.1:80", "[::1]", "256.1.1.1", "local host" };
  g_autoptr (LwsgContext) context = new_server ();
  g_autoptr (LwsgContext) other = new_server ();
  guint port = lwsg_context_listen (context, "127.0.0.1", 0, NULL);
  guint all = lwsg_context_listen (context, NULL, 0, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad_hosts); i++)
    expect_no_listening (context, bad_hosts[i], 0, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  /* Twice here, or by two of us. */
  expect_no_listening (context, "127.0.0.1", port, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  expect_no_listening (other, "127.0.0.1", port, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  expect_no_listening (other, NULL, all, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  /* An address of the documentation (RFC 5737), not of this machine. */
  expect_no_listening (context, "192.0.2.1", 0, LWSG_ERROR, LWSG_ERROR_LISTEN);

  lwsg_context_close (context);
  expect_no_listening (context, "127.0.0.1", 0, LWSG_ERROR, LWSG_ERROR_CLOSED);
  /* Its port is free again. */
  g_assert_cmpuint (lwsg_context_listen (other, "127.0.0.1", (guint16) port, NULL), ==, port);
  lwsg_context_close (other);
}

static void
test_listen_path (void)
{
  g_autoptr (LwsgContext) context = new_server ();
  g_autofree char *directory = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "socket", NULL);
  g_autofree char *nowhere = g_build_filename (directory, "missing", "socket", NULL);
  g_autofree char *name = g_strnfill (200, 'x');
  g_autofree char *too_long = g_build_filename (directory, name, NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  const struct {
    const char *path;
    GQuark domain;
    int code;
  } bad[] = {
    { path, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE },
    { nowhere, G_IO_ERROR, G_IO_ERROR_NOT_FOUND },
    { too_long, LWSG_ERROR, LWSG_ERROR_LISTEN },
    { "", LWSG_ERROR, LWSG_ERROR_LISTEN },
  };

  g_assert_true (lwsg_context_listen_path (context, path, &error));
  g_assert_no_error (error);
  g_assert_true (can_connect (address));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (lwsg_context_listen_path (context, bad[i].path, &error));
      g_assert_error (error, bad[i].domain, bad[i].code);
      g_clear_error (&error);
    }
  lwsg_context_close (context);
  g_assert_false (lwsg_context_listen_path (context, path, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_false (can_connect (address));
  g_unlink (path);
  g_rmdir (directory);
}

/* A socket handed in, as systemd does. */
static void
test_listen_socket (void)
{
  LwsgContext *context = new_server ();
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (HttpReply) response = { 0 };
  guint port;

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  g_assert_false (lwsg_context_listen_socket (context, socket, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_LISTEN);
  g_clear_error (&error);

  g_assert_true (g_socket_listen (socket, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_assert_true (lwsg_context_listen_socket (context, socket, &error));
  g_assert_no_error (error);
  http_get (port, "/", &response);
  g_assert_cmpuint (response.status, ==, 404);

  /* It is still the one who handed it in that owns it. */
  duo_end (&context);
  g_assert_false (g_socket_is_closed (socket));
  g_assert_true (listens_on ("127.0.0.1", port));
  context = new_server ();
  g_assert_true (lwsg_context_listen_socket (context, socket, NULL));
  lwsg_context_close (context);
  g_assert_false (lwsg_context_listen_socket (context, socket, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_object_unref (context);
}

/* --- protocols */

static void
test_protocols (void)
{
  static const char *const bad[] = { "", "two words", "a,b", "a\r\nb", "caf\xc3\xa9", "a/b", "\"a\"", "a;b" };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgProtocol) chat = NULL;
  LwsgProtocol *unnamed;

  g_assert_null (lwsg_context_lookup_protocol (context, "chat"));
  g_assert_null (lwsg_context_lookup_protocol (context, NULL));
  chat = g_object_ref (lwsg_context_add_protocol (context, "chat", &error));
  unnamed = lwsg_context_add_protocol (context, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lwsg_protocol_get_name (chat), ==, "chat");
  g_assert_null (lwsg_protocol_get_name (unnamed));
  g_assert_true (lwsg_protocol_get_context (chat) == context);
  g_assert_true (lwsg_context_lookup_protocol (context, "chat") == chat);
  g_assert_true (lwsg_context_lookup_protocol (context, NULL) == unnamed);
  g_assert_null (lwsg_context_lookup_protocol (context, "Chat"));

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (lwsg_context_add_protocol (context, bad[i], &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_null (lwsg_context_add_protocol (context, "chat", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (lwsg_context_add_protocol (context, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  lwsg_context_close (context);
  g_assert_null (lwsg_protocol_get_context (chat));
  g_assert_null (lwsg_context_add_protocol (context, "other", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* Clients that ask for none get the one without a name, or else the first. */
static void
test_first_protocol (void)
{
  Duo duo = { 0 };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  LwsgProtocol *first = lwsg_context_add_protocol (context, "first", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (LwsgConnection) connection = NULL;
  g_autofree char *uri = NULL;

  lwsg_context_add_protocol (context, "second", NULL);
  uri = g_strdup_printf ("ws://127.0.0.1:%u/", lwsg_context_listen (context, "127.0.0.1", 0, NULL));
  duo_set_up (&duo, GINT_TO_POINTER (DUO_PAIR));
  lwsg_context_connect_async (duo.client, uri, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  connection = lwsg_context_connect_finish (duo.client, result, NULL);
  g_assert_nonnull (connection);
  g_assert_null (lwsg_connection_get_subprotocol (connection));
  DUO_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (first)) == 1);

  g_clear_object (&result);
  g_clear_object (&connection);
  duo_tear_down (&duo, NULL);
}

static void
test_no_protocol (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  guint port = lwsg_context_listen (context, "127.0.0.1", 0, NULL);
  g_autoptr (RawPeer) peer = http_connect (port);

  raw_peer_send_text (peer, raw_peer_upgrade_request);
  raw_peer_expect_refusal (peer, 404);
}

/* --- properties */

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_properties (void)
{
  static const struct
  {
    const char *name;
    guint value;
  } defaults[] = {
    { "handshake-timeout", 10 }, { "close-timeout", 5 }, { "ping-interval", 30 }, { "pong-timeout", 20 },
    { "dispatch-budget", 4000 }, { "max-connections", 65536 }, { "max-connections-per-peer", 4096 },
    { "max-handshakes", 2048 }, { "max-handshakes-per-peer", 64 },
  };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  guint size;
  guint notified = 0;

  g_signal_connect (context, "notify", G_CALLBACK (count_notify), &notified);
  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      guint value;

      g_object_get (context, defaults[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, defaults[i].value);
      g_object_set (context, defaults[i].name, 7, NULL);
      g_object_set (context, defaults[i].name, 7, NULL);
      g_assert_cmpuint (notified, ==, i + 1);
      g_object_get (context, defaults[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, 7);
    }

  g_object_get (context, "max-message-size", &size, NULL);
  g_assert_cmpuint (size, ==, 16 * 1024 * 1024);
  notified = 0;
  g_object_set (context, "max-message-size", (guint) 99, NULL);
  g_object_get (context, "max-message-size", &size, NULL);
  g_assert_cmpuint (size, ==, 99);
  g_assert_cmpuint (notified, ==, 1);

  g_assert_true (lwsg_context_get_proxy_resolver (context) == g_proxy_resolver_get_default ());
  lwsg_context_set_proxy_resolver (context, NULL);
  g_assert_null (lwsg_context_get_proxy_resolver (context));
  g_assert_cmpuint (notified, ==, 2);
  lwsg_context_set_proxy_resolver (context, NULL);
  g_assert_cmpuint (notified, ==, 2);

  /* Of no use after the end, and no harm: they are what was set. */
  lwsg_context_close (context);
  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      guint value;

      g_object_get (context, defaults[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, 7);
      g_object_set (context, defaults[i].name, 8, NULL);
      g_object_get (context, defaults[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, 8);
    }
}

/* The default is looked up when somebody asks, not to be set over what was chosen before. */
static void
test_priority (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  guint notified = 0;
  int value;

  g_signal_connect (context, "notify::priority", G_CALLBACK (count_notify), &notified);
  g_assert_cmpint (lwsg_context_get_priority (context), ==, G_PRIORITY_DEFAULT);
  lwsg_context_set_priority (context, G_PRIORITY_HIGH);
  g_assert_cmpint (g_source_get_priority (context->source), ==, G_PRIORITY_HIGH);
  g_object_set (context, "priority", G_PRIORITY_DEFAULT_IDLE, NULL);
  g_object_set (context, "priority", G_PRIORITY_DEFAULT_IDLE, NULL);
  g_assert_cmpint (g_source_get_priority (context->source), ==, G_PRIORITY_DEFAULT_IDLE);
  g_assert_cmpuint (notified, ==, 2);

  lwsg_context_close (context);
  lwsg_context_set_priority (context, G_PRIORITY_LOW);
  g_object_get (context, "priority", &value, NULL);
  g_assert_cmpint (value, ==, G_PRIORITY_LOW);
}

static void
test_no_proxy (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GProxyResolver) resolver = NULL;
  guint notified = 0;

  g_signal_connect (context, "notify::proxy-resolver", G_CALLBACK (count_notify), &notified);
  lwsg_context_set_proxy_resolver (context, NULL);
  g_assert_cmpuint (notified, ==, 1);
  g_object_get (context, "proxy-resolver", &resolver, NULL);
  g_assert_null (resolver);
  g_assert_null (lwsg_context_get_proxy_resolver (context));
}

/* --- the end */

static void
count_closed (LwsgConnection *connection, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_close (Duo *duo, gconstpointer data)
{
  guint closed = 0;

  g_signal_connect (duo->accepted, "closed", G_CALLBACK (count_closed), &closed);
  duo_send (duo->accepted, "last words");
  lwsg_context_close (duo->server);
  g_assert_cmpuint (closed, ==, 1);
  g_assert_cmpint (lwsg_connection_get_state (duo->accepted), ==, LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_GOING_AWAY);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (duo->protocol)), ==, 0);

  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->connected), ==, LWSG_CLOSE_GOING_AWAY);
  duo_expect (duo->connected, "last words");
  lwsg_context_close (duo->server);
}

/* --- directories */

typedef struct {
  LwsgContext *context;
  guint port;
  char *root;
} Site;

static void
write_file (const char *root, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (root, name, NULL);
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
link_file (const char *root, const char *name, const char *to)
{
  g_autofree char *path = g_build_filename (root, name, NULL);

  g_assert_cmpint (symlink (to, path), ==, 0);
}

static void
site_set_up (Site *site, gconstpointer prefix)
{
  g_autofree char *top = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_autoptr (GFile) directory = NULL;
  g_autoptr (GError) error = NULL;

  site->root = g_build_filename (top, "site", NULL);
  write_file (top, "secret.txt", "secret");
  write_file (top, "site-beside/file.txt", "beside");
  write_file (site->root, "index.html", "<p>start</p>");
  write_file (site->root, "a b.txt", "spaced");
  write_file (site->root, "docs/index.html", "<p>docs</p>");
  write_file (site->root, "docs/page.css", "p {}");
  write_file (site->root, "empty/file.txt", "");
  link_file (site->root, "out.txt", "../secret.txt");
  link_file (site->root, "beside", "../site-beside");
  link_file (site->root, "inside.css", "docs/page.css");
  link_file (site->root, "loop", "loop");

  site->context = lwsg_context_new ();
  site->port = lwsg_context_listen (site->context, "127.0.0.1", 0, NULL);
  directory = g_file_new_for_path (site->root);
  g_assert_true (lwsg_context_serve_directory (site->context, prefix, directory, &error));
  g_assert_no_error (error);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) directory = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
site_tear_down (Site *site, gconstpointer prefix)
{
  g_autofree char *top = g_path_get_dirname (site->root);

  g_object_unref (site->context);
  remove_tree (top);
  g_free (site->root);
}

static void
expect_page (Site *site, const char *target, guint status, const char *body)
{
  g_auto (HttpReply) response = { 0 };

  http_get (site->port, target, &response);
  if (response.status != status)
    g_error ("%s: %u instead of %u", target, response.status, status);
  if (body != NULL)
    g_assert_cmpstr (response.body, ==, body);
}

static void
expect_redirect (Site *site, const char *target, const char *location)
{
  g_auto (HttpReply) response = { 0 };
  g_autofree char *got = NULL;

  http_get (site->port, target, &response);
  g_assert_cmpuint (response.status, ==, 301);
  got = http_header (&response, "Location");
  g_assert_cmpstr (got, ==, location);
}

static void
test_directory (Site *site, gconstpointer prefix)
{
  g_autoptr (RawPeer) peer = http_connect (site->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *type = NULL;

  expect_page (site, "/", 200, "<p>start</p>");
  expect_page (site, "/?query", 200, "<p>start</p>");
  expect_page (site, "/index.html", 200, "<p>start</p>");
  expect_page (site, "/a%20b.txt", 200, "spaced");
  expect_page (site, "/docs/", 200, "<p>docs</p>");
  expect_page (site, "/inside.css", 200, "p {}");
  expect_page (site, "/empty/file.txt", 200, "");
  expect_redirect (site, "/docs", "/docs/");
  expect_page (site, "/empty/", 404, NULL);
  expect_page (site, "/missing", 404, NULL);
  expect_page (site, "/index.html/", 404, NULL);
  expect_page (site, "/loop", 404, NULL);

  http_ask (peer, "HEAD /docs/page.css HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 200);
  type = http_header (&response, "Content-Type");
  g_assert_cmpstr (type, ==, "text/css; charset=utf-8");
  http_ask (peer, "GET /docs/page.css HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "p {}");
  raw_peer_send_text (peer, "DELETE /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
  raw_peer_expect_refusal (peer, 405);
}

/* What lies outside stays there. */
static void
test_outside (Site *site, gconstpointer prefix)
{
  static const char *const targets[] = {
    "/out.txt", "/beside/file.txt", "/beside/", "/beside", "/..%2fsecret.txt", "/docs%2f..%2f..%2fsecret.txt",
    "/../secret.txt", "/%2e%2e/secret.txt", "/docs/../../secret.txt", "/%00", "/index.html%00.txt", "//etc/passwd",
    "/%2fetc/passwd", "/etc/passwd",
  };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_auto (HttpReply) response = { 0 };

      http_get (site->port, targets[i], &response);
      if (response.status == 301)
        expect_redirect (site, targets[i], "/etc/passwd");
      else if (response.status != 404 && response.status != 400)
        g_error ("%s was answered with %u", targets[i], response.status);
    }
}

static void
test_prefix (Site *site, gconstpointer prefix)
{
  expect_page (site, "/files/", 200, "<p>start</p>");
  expect_page (site, "/files/docs/page.css", 200, "p {}");
  expect_redirect (site, "/files", "/files/");
  expect_redirect (site, "/files/docs", "/files/docs/");
  expect_page (site, "/", 404, NULL);
  expect_page (site, "/filesdocs/", 404, NULL);
  expect_page (site, "/index.html", 404, NULL);
}

static gboolean
answer_page (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  if (strcmp (lwsg_request_get_path (request), "/index.html") != 0)
    return FALSE;

  return lwsg_request_refuse (request, 403, NULL);
}

/* The program's handlers come first. */
static void
test_before_directory (Site *site, gconstpointer prefix)
{
  g_signal_connect (site->context, "http-request", G_CALLBACK (answer_page), NULL);
  expect_page (site, "/index.html", 403, NULL);
  expect_page (site, "/", 200, "<p>start</p>");
}

static void
test_bad_directory (void)
{
  static const char *const prefixes[] = { "", "files", "/a?b", "/a#b", "/%61" };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GFile) good = g_file_new_for_path (g_get_tmp_dir ());
  g_autoptr (GFile) missing = g_file_new_for_path ("/nonexistent/directory");
  g_autoptr (GFile) file = g_file_new_for_path ("/dev/null");
  g_autoptr (GFile) elsewhere = g_file_new_for_uri ("resource:///nowhere");
  GFile *bad[] = { missing, file, elsewhere };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_assert_false (lwsg_context_serve_directory (context, prefixes[i], good, &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (lwsg_context_serve_directory (context, "/", bad[i], &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object/context/listen", test_listen);
  g_test_add_func ("/object/context/listen-fails", test_listen_fails);
  g_test_add_func ("/object/context/listen-path", test_listen_path);
  g_test_add_func ("/object/context/listen-socket", test_listen_socket);
  g_test_add_func ("/object/context/protocols", test_protocols);
  g_test_add_func ("/object/context/first-protocol", test_first_protocol);
  g_test_add_func ("/object/context/no-protocol", test_no_protocol);
  g_test_add_func ("/object/context/properties", test_properties);
  g_test_add_func ("/object/context/priority", test_priority);
  g_test_add_func ("/object/context/no-proxy", test_no_proxy);
  duo_add_test ("/object/context/close", test_close);
  g_test_add ("/object/context/directory", Site, "/", site_set_up, test_directory, site_tear_down);
  g_test_add ("/object/context/outside", Site, "/", site_set_up, test_outside, site_tear_down);
  g_test_add ("/object/context/prefix", Site, "/files/", site_set_up, test_prefix, site_tear_down);
  g_test_add ("/object/context/before-directory", Site, "/", site_set_up, test_before_directory, site_tear_down);
  g_test_add_func ("/object/context/bad-directory", test_bad_directory);

  return g_test_run ();
}
