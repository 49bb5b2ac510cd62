/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/tls-peer.h"
#include "stage.h"

#include "engine/connection/context-private.h"
#include "engine/tls/tls-settings-private.h"

#include <string.h>
#include <unistd.h>

#define TEXT (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define FILE_SIZE (2 * 1024 * 1024 + 1)

/* --- a server that echoes and has a file, and a client */

static guint opened;
static guint errors;
static char *error_text;
static char *file_path;
static struct libwebsocket *connected;

static int
callback (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      connected = wsi;
      return 0;
    case LWS_CALLBACK_HTTP:
      return libwebsockets_serve_http_file (wsi, file_path, "text/plain");
    case LWS_CALLBACK_RECEIVE:
      return stage_write (wsi, in, len, LWS_WRITE_TEXT) < 0;
    case LWS_CALLBACK_BROADCAST:
      return libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT) < 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      opened++;
      return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      errors++;
      g_free (error_text);
      error_text = g_strdup (in);
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "echo", .callback = callback },
  { .callback = NULL },
};

static struct libwebsocket_protocols client_protocols[] = {
  { .name = "echo", .callback = callback },
  { .callback = NULL },
};

static struct libwebsocket_context *
serve (IdentityKind kind, guint16 *port)
{
  struct libwebsocket_context *context;

  *port = stage_free_port ();
  context = libwebsocket_create_context (*port, protocols, identity_get_pem_file (kind), identity_get_key_file (kind),
                                         -1, -1);
  g_assert_nonnull (context);

  return context;
}

static void
iteration (gpointer context)
{
  if (context != NULL)
    g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
}

static RawPeer *
connect_peer (struct libwebsocket_context *context, guint16 port)
{
  RawPeer *peer = raw_peer_connect (port, iteration, context);

  tls_peer_client (peer, NULL, "localhost", IDENTITY_N_KINDS);
  tls_peer_secure (peer);

  return peer;
}

static void
expect_echo (RawPeer *peer)
{
  raw_peer_send_frame (peer, TEXT, "hello", 5);
  raw_peer_expect_frame (peer, TEXT, "hello", 5);
}

/* --- the server */

static void
test_echo (gconstpointer kind)
{
  guint16 port;
  struct libwebsocket_context *context = serve ((IdentityKind) GPOINTER_TO_UINT (kind), &port);
  RawPeer *peer = connect_peer (context, port);

  g_assert_true (tls_peer_was_shown (peer, (IdentityKind) GPOINTER_TO_UINT (kind)));
  raw_peer_upgrade (peer);
  expect_echo (peer);
  raw_peer_send_close (peer, 1000);
  raw_peer_expect_close (peer, 1000);
  tls_peer_expect_bye (peer);
  raw_peer_free (peer);
  libwebsocket_context_destroy (context);
}

/* Two requests on one connection, the second without the body. */
static void
test_file (void)
{
  guint16 port;
  struct libwebsocket_context *context = serve (IDENTITY_SERVER, &port);
  RawPeer *peer = connect_peer (context, port);
  g_autofree char *content = g_malloc (FILE_SIZE + 1);
  g_autofree guint8 *body = g_malloc (FILE_SIZE);
  g_autofree char *length = g_strdup_printf ("\r\nContent-Length: %d\r\n", FILE_SIZE);

  for (gsize i = 0; i < FILE_SIZE; i++)
    content[i] = (char) ('a' + i % 26);
  content[FILE_SIZE] = '\0';
  file_path = identity_write_file ("large.txt", content);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *head = NULL;

      raw_peer_send_text (peer, i == 1 ? "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                       : "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      head = raw_peer_read_head (peer);
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
      g_assert_nonnull (strstr (head, length));
      if (i == 1)
        continue;
      raw_peer_read (peer, FILE_SIZE, body);
      g_assert_cmpmem (body, FILE_SIZE, content, FILE_SIZE);
    }
  raw_peer_free (peer);
  libwebsocket_context_destroy (context);
  g_clear_pointer (&file_path, g_free);
}

static void
test_broadcast (void)
{
  guint16 port;
  struct libwebsocket_context *context = serve (IDENTITY_SERVER, &port);
  RawPeer *peers[5];
  unsigned char buffer[STAGE_PADDED (4)];

  memcpy (STAGE_PAYLOAD (buffer), "news", 4);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = connect_peer (context, port);
      raw_peer_upgrade (peers[i]);
    }
  g_assert_cmpint (libwebsockets_broadcast (&protocols[0], STAGE_PAYLOAD (buffer), 4), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      raw_peer_expect_frame (peers[i], TEXT, "news", 4);
      raw_peer_free (peers[i]);
    }
  libwebsocket_context_destroy (context);
}

/* The loop runs in a child, and the connections are its. */
static void
test_forked (void)
{
  guint16 port;
  struct libwebsocket_context *context = serve (IDENTITY_SERVER, &port);
  unsigned char buffer[STAGE_PADDED (4)];
  RawPeer *peer;

  memcpy (STAGE_PAYLOAD (buffer), "news", 4);
  g_assert_cmpint (libwebsockets_fork_service_loop (context), ==, 0);
  peer = connect_peer (NULL, port);
  raw_peer_upgrade (peer);
  expect_echo (peer);
  g_assert_cmpint (libwebsockets_broadcast (&protocols[0], STAGE_PAYLOAD (buffer), 4), ==, 0);
  raw_peer_expect_frame (peer, TEXT, "news", 4);
  libwebsocket_context_destroy (context);
  raw_peer_expect_lost (peer);
  raw_peer_free (peer);
}

/* Two processes would encrypt different bytes as the same record. */
static int
write_as_child (gpointer data)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*: Another process runs the service loop*");
  g_assert_cmpint (stage_write_text (connected, "from the child"), ==, -1);
  g_test_assert_expected_messages ();

  return 0;
}

static void
test_copied (void)
{
  guint16 port;
  struct libwebsocket_context *context = serve (IDENTITY_SERVER, &port);
  RawPeer *peer = connect_peer (context, port);

  raw_peer_upgrade (peer);
  expect_echo (peer);
  stage_expect_exit (stage_fork (write_as_child, NULL), NULL);
  g_assert_cmpint (stage_write_text (connected, "from the parent"), ==, 0);
  raw_peer_expect_frame (peer, TEXT, "from the parent", 15);
  expect_echo (peer);
  raw_peer_free (peer);
  libwebsocket_context_destroy (context);
}

/* --- files */

static void
expect_no_context (const char *certificate, const char *key, const char *pattern)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, pattern);
  g_assert_null (libwebsocket_create_context (stage_free_port (), protocols, certificate, key, -1, -1));
  g_test_assert_expected_messages ();
}

static void
test_files (void)
{
  const char *certificate = identity_get_pem_file (IDENTITY_SERVER);
  const char *key = identity_get_key_file (IDENTITY_SERVER);
  g_autofree char *text = identity_write_file ("no-pem.txt", "no PEM\n");

  expect_no_context ("/nonexistent/c.pem", key, "*The certificate can't be read*/nonexistent/c.pem*");
  expect_no_context (certificate, "/nonexistent/k.pem", "*The private key can't be read*/nonexistent/k.pem*");
  expect_no_context (text, key, "*The certificate is not PEM*no-pem.txt*");
  expect_no_context (certificate, text, "*The private key is not PEM*no-pem.txt*");
  expect_no_context (certificate, NULL, "*The private key is not PEM*server.pem*");
  expect_no_context (certificate, identity_get_key_file (IDENTITY_CLIENT),
                     "*server.pem, *client.key: The private key does not belong to the certificate*");
}

/* --- the client */

typedef struct {
  const char *name;
  IdentityKind shown;    /* IDENTITY_N_KINDS: the server speaks no TLS */
  const char *causes[3]; /* for each ssl_connection; NULL: it works */
} ClientCase;

#define NO_HTTP ""
#define NOT_ACCEPTED "The certificate of localhost is not accepted: "
#define UNTRUSTED NOT_ACCEPTED "its authority is not trusted"
#define NAME NOT_ACCEPTED "it is for another name"
#define LATE NOT_ACCEPTED "it has expired"
#define EARLY NOT_ACCEPTED "it is not valid yet"
#define NO_TLS "localhost:"

static const ClientCase client_cases[] = {
  { "plain", IDENTITY_N_KINDS, { NULL, NO_TLS, NO_TLS } },
  { "good", IDENTITY_SERVER, { NO_HTTP, NULL, NULL } },
  { "chain", IDENTITY_LEAF, { NO_HTTP, NULL, NULL } },
  { "expired", IDENTITY_EXPIRED, { NO_HTTP, LATE, LATE } },
  { "not-yet", IDENTITY_NOT_YET, { NO_HTTP, EARLY, EARLY } },
  { "other-host", IDENTITY_OTHER_HOST, { NO_HTTP, NAME, NAME } },
  { "unknown-authority", IDENTITY_STRANGER, { NO_HTTP, UNTRUSTED, UNTRUSTED } },
  { "self-signed", IDENTITY_SELF_SIGNED, { NO_HTTP, UNTRUSTED, NULL } },
  { "self-signed-expired", IDENTITY_SELF_SIGNED_EXPIRED, { NO_HTTP, UNTRUSTED, UNTRUSTED ", it has expired" } },
  { "self-signed-other-host",
    IDENTITY_SELF_SIGNED_OTHER_HOST,
    { NO_HTTP, UNTRUSTED, UNTRUSTED ", it is for another name" } },
};

static void
expect_connection (struct libwebsocket_context *client, struct libwebsocket_context *server, guint16 port, int ssl,
                   const char *cause)
{
  gint64 end = stage_deadline ();

  struct libwebsocket *wsi = libwebsocket_client_connect (client, "localhost", port, ssl, NULL, NULL, NULL, "echo");

  opened = errors = 0;
  g_assert_nonnull (wsi);
  g_assert_cmpint (libwebsocket_get_socket_fd (wsi), >=, 0);
  while (opened + errors == 0)
    {
      stage_turn (client, end);
      stage_turn (server, end);
    }
  g_assert_cmpuint (opened, ==, cause == NULL ? 1 : 0);
  if (cause != NULL && !g_str_has_prefix (error_text, cause))
    g_error ("\"%s\" does not begin with \"%s\"", error_text, cause);
}

static void
test_client (gconstpointer data)
{
  const ClientCase *test = data;
  struct libwebsocket_context *client = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, client_protocols, NULL,
                                                                     NULL, -1, -1);
  struct libwebsocket_context *server;
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);
  guint16 port;

  server = test->shown != IDENTITY_N_KINDS ? serve (test->shown, &port) : stage_listen (protocols, &port);
  /* The system trusts whom this says. */
  engine_tls_settings_set_database (&client->tls, database);
  for (int ssl = 0; ssl < 3; ssl++)
    {
      gboolean told = ssl == 2 && test->shown == IDENTITY_SELF_SIGNED;

      if (told)
        g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*localhost is its own authority*");
      expect_connection (client, server, port, ssl, test->causes[ssl]);
      if (told)
        g_test_assert_expected_messages ();
    }
  libwebsocket_context_destroy (client);
  libwebsocket_context_destroy (server);
  g_clear_pointer (&error_text, g_free);
}

/* Without help from a test an authority of its own is not trusted. */
static void
test_client_system (void)
{
  guint16 port;
  struct libwebsocket_context *server = serve (IDENTITY_SERVER, &port);
  struct libwebsocket_context *client = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, client_protocols, NULL,
                                                                     NULL, -1, -1);

  expect_connection (client, server, port, 1, UNTRUSTED);
  /* Nor is one that isn't the server's own. */
  expect_connection (client, server, port, 2, UNTRUSTED);
  libwebsocket_context_destroy (client);
  libwebsocket_context_destroy (server);
  g_clear_pointer (&error_text, g_free);
}

/* The client's context goes at each step of connecting. */
static void
test_client_destroyed (void)
{
  guint16 port;
  struct libwebsocket_context *server = serve (IDENTITY_SELF_SIGNED, &port);

  for (guint turns = 0; turns < 30; turns++)
    {
      struct libwebsocket_context *client = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, client_protocols, NULL,
                                                                         NULL, -1, -1);

      g_assert_nonnull (libwebsocket_client_connect (client, "localhost", port, 2, NULL, NULL, NULL, "echo"));
      for (guint i = 0; i < turns; i++)
        {
          iteration (client);
          iteration (server);
        }
      libwebsocket_context_destroy (client);
    }
  libwebsocket_context_destroy (server);
  g_clear_pointer (&error_text, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/classic/tls/echo/ecdsa", GUINT_TO_POINTER (IDENTITY_SERVER), test_echo);
  g_test_add_data_func ("/classic/tls/echo/rsa", GUINT_TO_POINTER (IDENTITY_SERVER_RSA), test_echo);
  g_test_add_data_func ("/classic/tls/echo/chain", GUINT_TO_POINTER (IDENTITY_LEAF), test_echo);
  g_test_add_func ("/classic/tls/file", test_file);
  g_test_add_func ("/classic/tls/broadcast", test_broadcast);
  g_test_add_func ("/classic/tls/forked", test_forked);
  g_test_add_func ("/classic/tls/copied", test_copied);
  g_test_add_func ("/classic/tls/files", test_files);
  for (guint i = 0; i < G_N_ELEMENTS (client_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/classic/tls/client/", client_cases[i].name, NULL);

      g_test_add_data_func (path, &client_cases[i], test_client);
    }
  g_test_add_func ("/classic/tls/client-system", test_client_system);
  g_test_add_func ("/classic/tls/client-destroyed", test_client_destroyed);

  return g_test_run ();
}
