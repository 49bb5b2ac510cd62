/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

/* Objects and the thread that they are at home in: what another one may not do is said, and
 * nothing happens; and the last reference to anything may be given up anywhere. */

typedef struct {
  Duo *duo;
  LwsgRequest *request;
} House;

/* The call is the program's mistake. */
#define ELSEWHERE(call)                                                                                            \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    g_test_expect_message ("lws-glib", G_LOG_LEVEL_CRITICAL, "*: called from another thread than the one*");       \
    call;                                                                                                          \
    g_test_assert_expected_messages ();                                                                            \
  }                                                                                                                \
  G_STMT_END

static gboolean
keep_request (LwsgContext *context, LwsgRequest *request, House *house)
{
  g_set_object (&house->request, request);

  return TRUE;
}

static void
never_called (GObject *source, GAsyncResult *result, gpointer data)
{
  g_assert_not_reached ();
}

static gboolean
nobody (LwsgConnection *connection, gpointer data)
{
  return FALSE;
}

/* --- what is refused */

static void
misuse_context (LwsgContext *context)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  const char *const origins[] = { "same-origin", NULL };
  GTlsCertificate *certificate = NULL;
  guint timeout = 7;

  ELSEWHERE (lwsg_context_listen (context, "127.0.0.1", 0, NULL));
  ELSEWHERE (lwsg_context_listen_path (context, "/nonexistent/socket", NULL));
  ELSEWHERE (lwsg_context_listen_socket (context, socket, NULL));
  ELSEWHERE (lwsg_context_add_protocol (context, "late", NULL));
  ELSEWHERE (lwsg_context_lookup_protocol (context, NULL));
  ELSEWHERE (lwsg_context_connect_async (context, "ws://127.0.0.1:1/", NULL, NULL, never_called, NULL));
  ELSEWHERE (lwsg_context_connect_full_async (context, "ws://127.0.0.1:1/", NULL, NULL, NULL, NULL, never_called, NULL));
  ELSEWHERE (lwsg_context_get_proxy_resolver (context));
  ELSEWHERE (lwsg_context_set_proxy_resolver (context, NULL));
  ELSEWHERE (lwsg_context_serve_directory (context, "/", file, NULL));
  ELSEWHERE (lwsg_context_serve_directory_full (context, "/", file, LWSG_DIRECTORY_NONE, NULL, NULL));
  ELSEWHERE (lwsg_context_get_allowed_origins (context));
  ELSEWHERE (lwsg_context_set_allowed_origins (context, origins, NULL));
  ELSEWHERE (lwsg_context_get_tls_certificate (context));
  ELSEWHERE (lwsg_context_set_tls_certificate (context, certificate, NULL));
  ELSEWHERE (lwsg_context_get_tls_database (context));
  ELSEWHERE (lwsg_context_set_tls_database (context, NULL));
  ELSEWHERE (lwsg_context_get_tls_authentication_mode (context));
  ELSEWHERE (lwsg_context_set_tls_authentication_mode (context, G_TLS_AUTHENTICATION_REQUIRED));
  ELSEWHERE (lwsg_context_get_tls_interaction (context));
  ELSEWHERE (lwsg_context_set_tls_interaction (context, NULL));
  ELSEWHERE (g_object_set (context, "close-timeout", timeout, NULL));
  ELSEWHERE (g_object_get (context, "close-timeout", &timeout, NULL));
  ELSEWHERE (lwsg_context_close (context));
}

static void
misuse_protocol (LwsgProtocol *protocol)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  ELSEWHERE (lwsg_protocol_get_context (protocol));
  ELSEWHERE (lwsg_protocol_broadcast_filtered (protocol, LWSG_MESSAGE_TEXT, bytes, nobody, NULL, NULL));
  ELSEWHERE (g_list_model_get_n_items (G_LIST_MODEL (protocol)));
  ELSEWHERE (g_list_model_get_item (G_LIST_MODEL (protocol), 0));
}

static void
misuse_connection (LwsgConnection *connection)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  guint64 number = 0;

  ELSEWHERE (lwsg_connection_close (connection, LWSG_CLOSE_NORMAL, NULL, NULL));
  ELSEWHERE (lwsg_connection_close_async (connection, LWSG_CLOSE_NORMAL, NULL, NULL, never_called, NULL));
  ELSEWHERE (lwsg_connection_ping_async (connection, NULL, NULL, never_called, NULL));
  ELSEWHERE (lwsg_connection_receive_async (connection, NULL, never_called, NULL));
  ELSEWHERE (lwsg_connection_send_async (connection, LWSG_MESSAGE_TEXT, bytes, NULL, never_called, NULL));
  ELSEWHERE (lwsg_connection_send_fragment (connection, LWSG_MESSAGE_TEXT, bytes, TRUE, NULL));
  ELSEWHERE (lwsg_connection_request_writable (connection));
  ELSEWHERE (lwsg_connection_pause (connection));
  ELSEWHERE (lwsg_connection_resume (connection));
  ELSEWHERE (lwsg_connection_get_socket (connection, NULL));
  ELSEWHERE (lwsg_connection_get_remote_address (connection));
  ELSEWHERE (lwsg_connection_get_close_code (connection));
  ELSEWHERE (lwsg_connection_get_close_reason (connection));
  ELSEWHERE (lwsg_connection_get_buffered_amount (connection));
  ELSEWHERE (lwsg_connection_get_max_buffered_amount (connection));
  ELSEWHERE (lwsg_connection_set_max_buffered_amount (connection, 1));
  ELSEWHERE (lwsg_connection_get_slow_consumer_policy (connection));
  ELSEWHERE (lwsg_connection_set_slow_consumer_policy (connection, LWSG_SLOW_CONSUMER_DROP_NEWEST));
  ELSEWHERE (lwsg_connection_get_compress (connection));
  ELSEWHERE (lwsg_connection_set_compress (connection, FALSE));
  ELSEWHERE (lwsg_connection_get_streaming (connection));
  ELSEWHERE (lwsg_connection_set_streaming (connection, TRUE));
  ELSEWHERE (g_object_get (connection, "bytes-sent", &number, NULL));
}

static void
misuse_request (LwsgRequest *request)
{
  g_autoptr (GFile) file = g_file_new_for_uri ("resource:///nothing");

  ELSEWHERE (lwsg_request_add_response_header (request, "X", "x", NULL));
  ELSEWHERE (lwsg_request_respond (request, 200, NULL, NULL, NULL));
  ELSEWHERE (lwsg_request_respond_file (request, file, NULL, NULL));
  ELSEWHERE (lwsg_request_redirect (request, 301, "/", NULL));
  ELSEWHERE (lwsg_request_refuse (request, 404, NULL));
}

/* --- what is not */

static void
use_rightly (House *house)
{
  LwsgConnection *connection = house->duo->connected;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  g_auto (GStrv) headers = lwsg_request_list_headers (house->request);

  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_OPEN);
  g_assert_true (lwsg_connection_get_is_client (connection));
  g_assert_null (lwsg_connection_get_protocol (connection));
  g_assert_null (lwsg_connection_get_subprotocol (connection));
  g_assert_null (lwsg_connection_get_extensions (connection));
  g_assert_null (lwsg_connection_get_target (connection));
  g_assert_null (lwsg_connection_get_tls_peer_certificate (connection));
  g_assert_null (lwsg_protocol_get_name (house->duo->protocol));
  g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, bytes, NULL));
  g_assert_true (lwsg_connection_send_text (connection, "y", NULL));
  g_assert_true (lwsg_protocol_broadcast_text (house->duo->protocol, "z", NULL));
  g_assert_cmpstr (lwsg_request_get_method (house->request), ==, "GET");
  g_assert_cmpstr (lwsg_request_get_path (house->request), ==, "/page");
  g_assert_nonnull (lwsg_request_get_header (house->request, "Host"));
  g_assert_cmpuint (g_strv_length (headers), >, 0);
}

static gpointer
visit (gpointer data)
{
  House *house = data;

  misuse_context (house->duo->server);
  misuse_protocol (house->duo->protocol);
  misuse_connection (house->duo->connected);
  misuse_request (house->request);
  use_rightly (house);

  return NULL;
}

static void
iterate (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

static RawPeer *
ask_for_page (House *house)
{
  RawPeer *http;

  g_signal_connect (house->duo->server, "http-request", G_CALLBACK (keep_request), house);
  http = raw_peer_connect ((guint16) house->duo->port, iterate, NULL);
  raw_peer_send_text (http, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
  DUO_UNTIL (house->request != NULL);

  return http;
}

static void
test_elsewhere (Duo *duo, gconstpointer transport)
{
  House house = { .duo = duo };
  RawPeer *http;

  duo_open (duo);
  http = ask_for_page (&house);
  g_thread_join (g_thread_new ("elsewhere", visit, &house));

  /* Nothing of it was done. */
  duo_expect (duo->accepted, "x");
  duo_expect (duo->accepted, "y");
  duo_expect (duo->connected, "z");
  g_assert_true (lwsg_request_respond (house.request, 200, NULL, NULL, NULL));
  g_assert_null (lwsg_context_lookup_protocol (duo->server, "late"));
  g_clear_object (&house.request);
  raw_peer_free (http);
}

/* --- the last reference */

static gpointer
unref_elsewhere (gpointer object)
{
  g_object_unref (object);

  return NULL;
}

/* As a worker does that was to make the answer. */
static void
test_request (Duo *duo, gconstpointer transport)
{
  House house = { .duo = duo };
  RawPeer *http = ask_for_page (&house);
  gpointer request = house.request;
  g_autofree char *head = NULL;
  GThread *thread;

  g_object_add_weak_pointer (request, &request);
  thread = g_thread_new ("elsewhere", unref_elsewhere, house.request);
  head = raw_peer_read_head (http);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 500 "));
  g_thread_join (thread);
  DUO_UNTIL (request == NULL);
  raw_peer_free (http);
}

#define RACES 200

/* The client leaves, or the server ends, while the thread is about to give it up. */
static void
test_request_races (Duo *duo, gconstpointer transport)
{
  for (guint i = 0; i < RACES; i++)
    {
      House house = { .duo = duo };
      RawPeer *http = ask_for_page (&house);
      gpointer request = house.request;
      GThread *thread;

      g_object_add_weak_pointer (request, &request);
      g_signal_handlers_disconnect_by_data (duo->server, &house);
      thread = g_thread_new ("elsewhere", unref_elsewhere, house.request);
      raw_peer_free (http);
      DUO_UNTIL (request == NULL);
      g_thread_join (thread);
    }
}

/* A context that waits for nothing, one that listens, and one that was closed. */
static void
test_context (void)
{
  for (guint i = 0; i < 3; i++)
    {
      LwsgContext *context = lwsg_context_new ();
      gpointer weak = context;

      g_object_add_weak_pointer (weak, &weak);
      lwsg_context_add_protocol (context, NULL, NULL);
      if (i > 0)
        g_assert_cmpuint (lwsg_context_listen (context, "127.0.0.1", 0, NULL), !=, 0);
      if (i > 1)
        lwsg_context_close (context);
      g_thread_join (g_thread_new ("elsewhere", unref_elsewhere, context));
      if (i == 1)
        {
          while (g_main_context_iteration (NULL, FALSE))
            ;
          g_assert_nonnull (weak);
          lwsg_context_close (weak);
        }
      DUO_UNTIL (weak == NULL);
    }
}

/* While it is open, and when it is closed with messages that nobody has wanted. */
static void
test_connection (Duo *duo, gconstpointer transport)
{
  for (guint i = 0; i < RACES; i++)
    {
      gpointer connection = duo_connect (duo, "/", NULL);
      gboolean closed = i % 2;
      GThread *thread;

      g_object_add_weak_pointer (connection, &connection);
      duo_send (duo->accepted, "nobody wants it");
      duo_round_trip (duo->accepted);
      g_assert_true (lwsg_connection_close (duo->accepted, LWSG_CLOSE_NORMAL, NULL, NULL));
      while (closed && lwsg_connection_get_state (connection) != LWSG_CONNECTION_CLOSED)
        g_main_context_iteration (NULL, TRUE);
      thread = g_thread_new ("elsewhere", unref_elsewhere, connection);
      DUO_UNTIL (connection == NULL);
      g_thread_join (thread);
    }
}

/* --- a main loop that moves to another thread */

static gpointer
serve_elsewhere (gpointer data)
{
  LwsgContext *context = data;
  GMainContext *main_context = context->main_context;
  guint port;

  /* Before the first iteration here, and after it. */
  g_assert_true (g_main_context_acquire (main_context));
  port = lwsg_context_listen (context, "127.0.0.1", 0, NULL);
  g_assert_cmpuint (port, !=, 0);
  while (g_main_context_iteration (main_context, FALSE))
    ;
  g_assert_nonnull (lwsg_context_add_protocol (context, "late", NULL));
  lwsg_context_close (context);
  g_main_context_release (main_context);

  return NULL;
}

static void
test_move (void)
{
  g_autoptr (GMainContext) main_context = g_main_context_new ();
  g_autoptr (LwsgContext) context = NULL;

  g_main_context_push_thread_default (main_context);
  context = lwsg_context_new ();
  g_assert_nonnull (lwsg_context_add_protocol (context, NULL, NULL));
  g_main_context_pop_thread_default (main_context);
  g_assert_cmpuint (lwsg_context_listen (context, "127.0.0.1", 0, NULL), !=, 0);
  g_thread_join (g_thread_new ("new-home", serve_elsewhere, context));
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

  add_test ("/object/home/elsewhere", test_elsewhere);
  add_test ("/object/home/last/request", test_request);
  add_test ("/object/home/last/request-races", test_request_races);
  g_test_add_func ("/object/home/last/context", test_context);
  add_test ("/object/home/last/connection", test_connection);
  g_test_add_func ("/object/home/move", test_move);

  return g_test_run ();
}
