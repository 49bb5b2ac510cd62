/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One more than the library believes in. */
#define TOO_MANY_PROTOCOLS 257

static guint opened;
static guint closed;
static struct libwebsocket_context *context_to_destroy;
static enum libwebsocket_callback_reasons destroy_at;

static int
callback_count (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  opened += reason == LWS_CALLBACK_ESTABLISHED;
  closed += reason == LWS_CALLBACK_CLOSED;
  if (context_to_destroy != NULL && reason == destroy_at)
    libwebsocket_context_destroy (g_steal_pointer (&context_to_destroy));

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "first", .callback = callback_count, .per_session_data_size = 10 },
  { .name = "second", .callback = callback_count },
  { .callback = NULL },
};

static void
reset (void)
{
  opened = closed = 0;
  context_to_destroy = NULL;
}

/* --- creating */

static void
assert_refused (int port, struct libwebsocket_protocols *list, const char *certificate, const char *key,
                const char *pattern)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, pattern);
  g_assert_null (libwebsocket_create_context (port, list, certificate, key, -1, -1));
  g_test_assert_expected_messages ();
}

static void
test_bad_lists (void)
{
  struct libwebsocket_protocols none[] = { { .callback = NULL } };
  struct libwebsocket_protocols no_callback[] = {
    { .name = "chat" }, { .name = "x", .callback = callback_count }, { .callback = NULL }
  };
  g_autofree struct libwebsocket_protocols *endless = g_new0 (struct libwebsocket_protocols, TOO_MANY_PROTOCOLS);

  for (guint i = 0; i < TOO_MANY_PROTOCOLS; i++)
    endless[i].callback = callback_count;

  assert_refused (0, NULL, NULL, NULL, "libwebsocket_create_context: *no protocol with a callback*");
  assert_refused (0, none, NULL, NULL, "*no protocol with a callback*");
  assert_refused (0, no_callback, NULL, NULL, "*no protocol with a callback*");
  assert_refused (0, endless, NULL, NULL, "*More than 256 protocols*last entry*missing*");
}

static void
test_bad_names (void)
{
  static const char *const names[] = { "", "a b", "a,b", "a\r\nb", "\xc3\xa4", "a/b", "\"a\"" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      struct libwebsocket_protocols list[] = {
        { .name = "good", .callback = callback_count }, { .name = names[i], .callback = callback_count }, { 0 }
      };

      assert_refused (0, list, NULL, NULL, "*name of protocol 1*Sec-WebSocket-Protocol*");
      g_assert_null (list[0].owning_server);
    }
}

static void
test_longest_list (void)
{
  struct libwebsocket_protocols list[TOO_MANY_PROTOCOLS] = { 0 };
  struct libwebsocket_context *context;

  for (guint i = 0; i < TOO_MANY_PROTOCOLS - 1; i++)
    list[i].callback = callback_count;
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, list, NULL, NULL, -1, -1);
  g_assert_nonnull (context);
  g_assert_cmpint (list[TOO_MANY_PROTOCOLS - 2].protocol_index, ==, TOO_MANY_PROTOCOLS - 2);
  libwebsocket_context_destroy (context);
}

static void
test_bad_ports (void)
{
  assert_refused (-1, protocols, NULL, NULL, "*-1 is no port*");
  assert_refused (65536, protocols, NULL, NULL, "*65536 is no port*");
  assert_refused (G_MAXINT, protocols, NULL, NULL, "*is no port*");
}

static void
test_certificates (void)
{
  guint16 port = stage_free_port ();

  assert_refused (port, protocols, "/nowhere/cert.pem", "/nowhere/key.pem", "*certificate*/nowhere/cert.pem*");
  assert_refused (port, protocols, "/nowhere/cert.pem", NULL, "*certificate*/nowhere/cert.pem*");
}

/* A configuration may have paths that this context has no use for. */
static void
test_paths_of_no_use (void)
{
  static const struct {
    const char *certificate;
    const char *key;
    gboolean listens;
  } cases[] = {
    { NULL, "/nowhere/key.pem", TRUE },
    { NULL, "/nowhere/key.pem", FALSE },
    { "/nowhere/cert.pem", "/nowhere/key.pem", FALSE },
    { "/nowhere/cert.pem", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint16 port = cases[i].listens ? stage_free_port () : CONTEXT_PORT_NO_LISTEN;
      struct libwebsocket_context *context = libwebsocket_create_context (port, protocols, cases[i].certificate,
                                                                          cases[i].key, -1, -1);
      g_autoptr (RawPeer) peer = NULL;

      g_assert_nonnull (context);
      if (cases[i].listens)
        peer = raw_peer_open (context, port, NULL);
      libwebsocket_context_destroy (context);
    }
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;

  return count;
}

static void
test_port_in_use (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  struct libwebsocket_protocols others[] = { { .name = "other", .callback = callback_count }, { 0 } };
  g_autofree char *pattern = g_strdup_printf ("*Port %u*in use*", port);
  guint descriptors = count_descriptors ();

  assert_refused (port, others, NULL, NULL, pattern);
  g_assert_null (others[0].owning_server);
  g_assert_cmpint (others[0].broadcast_socket_user_fd, ==, -1);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);

  libwebsocket_context_destroy (context);
  /* Closed, and free at once. */
  context = libwebsocket_create_context (port, others, NULL, NULL, -1, -1);
  g_assert_nonnull (context);
  libwebsocket_context_destroy (context);
}

static void
test_entries (void)
{
  struct libwebsocket_context *context = libwebsocket_create_context (0, protocols, NULL, NULL, -1, -1);

  g_assert_nonnull (context);
  for (int i = 0; i < 2; i++)
    {
      g_assert_true (protocols[i].owning_server == context);
      g_assert_cmpint (protocols[i].protocol_index, ==, i);
      g_assert_cmpint (protocols[i].broadcast_socket_port, ==, 0);
      g_assert_cmpint (fcntl (protocols[i].broadcast_socket_user_fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    }
  g_assert_cmpint (protocols[0].broadcast_socket_user_fd, !=, protocols[1].broadcast_socket_user_fd);
  g_assert_cmpstr (protocols[0].name, ==, "first");
  g_assert_cmpuint (protocols[0].per_session_data_size, ==, 10);
  g_assert_null (protocols[2].owning_server);

  libwebsocket_context_destroy (context);
  g_assert_null (protocols[0].owning_server);
}

static void
test_constants (void)
{
  g_assert_cmpint (CONTEXT_PORT_NO_LISTEN, ==, 0);
  g_assert_cmpint (LWS_SEND_BUFFER_PRE_PADDING, >=, 14);
  g_assert_cmpint (LWS_SEND_BUFFER_POST_PADDING, >=, 1);
  g_assert_cmpint (LWS_WRITE_NO_FIN, ==, 0x40);
  g_assert_cmpint (LWS_CALLBACK_CLIENT_CONNECTION_ERROR, >, LWS_CALLBACK_BROADCAST);
}

static gboolean
has_ipv6 (void)
{
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0)
    close (fd);

  return fd >= 0 && g_file_test ("/proc/net/if_inet6", G_FILE_TEST_EXISTS);
}

static void
test_both_families (void)
{
  static const char *const addresses[] = { "127.0.0.1", "::1" };
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);

  for (guint i = 0; i < (has_ipv6 () ? 2 : 1); i++)
    {
      g_autoptr (RawPeer) peer = raw_peer_connect_to (context, addresses[i], port);
      g_autofree char *head = NULL;

      raw_peer_send_handshake (peer, NULL);
      head = raw_peer_read_head (peer);
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
    }

  libwebsocket_context_destroy (context);
}

static void
test_two_contexts (void)
{
  struct libwebsocket_protocols others[] = { { .name = "other", .callback = callback_count }, { 0 } };
  guint16 ports[2];
  struct libwebsocket_context *one = stage_listen (protocols, &ports[0]);
  struct libwebsocket_context *two = stage_listen (others, &ports[1]);
  g_autoptr (RawPeer) peer = NULL;

  libwebsocket_context_destroy (one);
  peer = raw_peer_open (two, ports[1], "other");
  libwebsocket_context_destroy (two);
}

/* --- destroying */

static void
test_destroy_tells_both_sides (void)
{
  guint16 port;
  struct libwebsocket_context *context;
  RawPeer *peers[3];

  reset ();
  context = stage_listen (protocols, &port);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = raw_peer_open (context, port, i % 2 == 0 ? "first" : "second");
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (closed, ==, 3);

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i]->context = NULL;
      raw_peer_expect_close (peers[i], 1001);
      raw_peer_await_end (peers[i]);
      raw_peer_free (peers[i]);
    }
}

/* Connections in every state that a handshake can have. */
static void
test_destroy_in_handshake (void)
{
  guint16 port;
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) silent = NULL;
  g_autoptr (RawPeer) half = NULL;
  g_autoptr (RawPeer) whole = NULL;

  reset ();
  context = stage_listen (protocols, &port);
  silent = raw_peer_connect (context, port);
  half = raw_peer_connect (context, port);
  whole = raw_peer_connect (context, port);
  raw_peer_send_text (half, "GET / HTTP/1.1\r\nHost: a");
  stage_serve_turns (context, 5);
  raw_peer_send_handshake (whole, NULL);
  libwebsocket_context_destroy (context);

  silent->context = half->context = whole->context = NULL;
  raw_peer_await_end (silent);
  raw_peer_await_end (half);
  raw_peer_await_end (whole);
  g_assert_cmpuint (opened, ==, 0);
  g_assert_cmpuint (closed, ==, 0);
}

static void
test_destroy_in_callback (void)
{
  static const enum libwebsocket_callback_reasons reasons[] = { LWS_CALLBACK_ESTABLISHED, LWS_CALLBACK_RECEIVE,
                                                                LWS_CALLBACK_CLOSED, LWS_CALLBACK_HTTP };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      guint16 port;
      g_autoptr (RawPeer) bystander = NULL;
      g_autoptr (RawPeer) peer = NULL;

      reset ();
      context_to_destroy = stage_listen (protocols, &port);
      destroy_at = LWS_CALLBACK_CLIENT_CONNECTION_ERROR;
      bystander = raw_peer_open (context_to_destroy, port, NULL);
      peer = raw_peer_connect (context_to_destroy, port);
      destroy_at = reasons[i];
      if (reasons[i] == LWS_CALLBACK_HTTP)
        raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      else
        raw_peer_send_handshake (peer, NULL);
      raw_peer_send_message (peer, "message");
      raw_peer_send_close (peer, 1000);

      while (context_to_destroy != NULL)
        {
          int result = libwebsocket_service (context_to_destroy, 100);

          g_assert_cmpint (result, ==, context_to_destroy != NULL ? 0 : -1);
        }
      g_assert_cmpuint (opened, ==, reasons[i] == LWS_CALLBACK_HTTP ? 1 : 2);
      g_assert_cmpuint (closed, ==, opened);
      bystander->context = NULL;
      raw_peer_expect_close (bystander, 1001);
    }
}

static int
wait_for_hang_up (gpointer data)
{
  const int *hang_up_pipe = data;
  char byte;

  close (hang_up_pipe[1]);

  return (int) read (hang_up_pipe[0], &byte, 1);
}

/* A child that happens to live longer has a copy of every socket. */
static void
test_destroy_beside_child (void)
{
  guint16 port;
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = NULL;
  int hang_up_pipe[2];
  pid_t child;

  reset ();
  context = stage_listen (protocols, &port);
  peer = raw_peer_open (context, port, NULL);
  g_assert_cmpint (pipe2 (hang_up_pipe, O_CLOEXEC), ==, 0);
  child = stage_fork (wait_for_hang_up, hang_up_pipe);
  close (hang_up_pipe[0]);

  libwebsocket_context_destroy (context);
  peer->context = NULL;
  raw_peer_expect_close (peer, 1001);
  raw_peer_await_end (peer);
  context = libwebsocket_create_context (port, protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (context);
  libwebsocket_context_destroy (context);

  close (hang_up_pipe[1]);
  stage_expect_exit (child, NULL);
}

static int
destroy (gpointer data)
{
  libwebsocket_context_destroy (data);

  return closed == 0 ? 0 : 1;
}

/* Its copy of the context is the child's to free; the connections stay. */
static void
test_destroy_in_child (void)
{
  guint16 port;
  struct libwebsocket_context *context;
  g_autoptr (RawPeer) peer = NULL;

  reset ();
  context = stage_listen (protocols, &port);
  peer = raw_peer_open (context, port, NULL);
  stage_expect_exit (stage_fork (destroy, context), NULL);

  raw_peer_send_message (peer, "still there?");
  raw_peer_send_frame (peer, RAW_FIN | RAW_PING, "?", 1);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_PONG, "?", 1);
  raw_peer_say_goodbye (peer);
  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/context/bad-lists", test_bad_lists);
  g_test_add_func ("/classic/context/bad-names", test_bad_names);
  g_test_add_func ("/classic/context/longest-list", test_longest_list);
  g_test_add_func ("/classic/context/bad-ports", test_bad_ports);
  g_test_add_func ("/classic/context/certificates", test_certificates);
  g_test_add_func ("/classic/context/paths-of-no-use", test_paths_of_no_use);
  g_test_add_func ("/classic/context/port-in-use", test_port_in_use);
  g_test_add_func ("/classic/context/entries", test_entries);
  g_test_add_func ("/classic/context/constants", test_constants);
  g_test_add_func ("/classic/context/both-families", test_both_families);
  g_test_add_func ("/classic/context/two-contexts", test_two_contexts);
  g_test_add_func ("/classic/context/destroy/tells-both-sides", test_destroy_tells_both_sides);
  g_test_add_func ("/classic/context/destroy/in-handshake", test_destroy_in_handshake);
  g_test_add_func ("/classic/context/destroy/in-callback", test_destroy_in_callback);
  g_test_add_func ("/classic/context/destroy/beside-child", test_destroy_beside_child);
  g_test_add_func ("/classic/context/destroy/in-child", test_destroy_in_child);

  return g_test_run ();
}
