/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../engine/raw-peer.h"

/* What is open keeps its context, until it ends or lwsg_context_close(); and where nothing is
 * left that keeps one, its end is told to nobody. */

static void
count (gpointer object, gpointer other, gpointer counter)
{
  (*(guint *) counter)++;
}

static void
count_closed (LwsgConnection *connection, guint *counter)
{
  (*counter)++;
}

static void
echo (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, lwsg_message_get_bytes (message), NULL));
}

/* A server as functions make it that think of nothing else. */
static LwsgProtocol *
start_server (guint *port)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  LwsgProtocol *protocol = lwsg_context_add_protocol (context, NULL, NULL);

  g_signal_connect (protocol, "message", G_CALLBACK (echo), NULL);
  *port = lwsg_context_listen (context, "127.0.0.1", 0, NULL);
  g_assert_cmpuint (*port, !=, 0);

  return protocol;
}

/* A connection, and nothing else, of a context that was a local variable. */
static LwsgConnection *
start_client (const char *uri)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection;
  gpointer weak = context;

  g_object_add_weak_pointer (weak, &weak);
  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, NULL, NULL, duo_store_result, &result);
  g_clear_object (&context);
  DUO_UNTIL (result != NULL);
  g_assert_nonnull (weak);
  connection = lwsg_context_connect_finish (weak, result, &error);
  g_assert_no_error (error);
  g_object_remove_weak_pointer (weak, &weak);

  return connection;
}

static void
test_listening (void)
{
  guint port;
  gpointer protocol = start_server (&port);
  gpointer context = lwsg_protocol_get_context (protocol);
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);

  g_object_add_weak_pointer (protocol, &protocol);
  g_object_add_weak_pointer (context, &context);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (LwsgConnection) connection = start_client (uri);

      duo_send (connection, "echo");
      duo_expect (connection, "echo");
      g_assert_true (lwsg_connection_close (connection, LWSG_CLOSE_NORMAL, NULL, NULL));
      DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
    }
  DUO_UNTIL (g_list_model_get_n_items (protocol) == 0);

  lwsg_context_close (context);
  g_assert_null (context);
  g_assert_null (protocol);
}

/* Handed in, or a path: these listen as well. */
static void
test_listening_otherwise (Duo *duo, gconstpointer transport)
{
  gpointer context = duo->server;

  g_object_add_weak_pointer (context, &context);
  g_clear_object (&duo->server);
  duo_open (duo);
  duo_round_trip (duo->connected);
  g_assert_nonnull (context);
  duo->protocol = NULL;
  lwsg_context_close (context);
  g_clear_object (&duo->accepted);
  g_assert_null (context);
}

static void
test_connections (void)
{
  guint port;
  LwsgProtocol *protocol = start_server (&port);
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);
  g_autoptr (LwsgConnection) connection = start_client (uri);
  gpointer client = connection->context;
  guint closed = 0;

  g_object_add_weak_pointer (client, &client);
  g_signal_connect (connection, "closed", G_CALLBACK (count_closed), &closed);
  duo_round_trip (connection);
  g_assert_cmpuint (closed, ==, 0);
  g_assert_nonnull (client);

  lwsg_context_close (lwsg_protocol_get_context (protocol));
  DUO_UNTIL (closed == 1);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_GOING_AWAY);
  DUO_UNTIL (client == NULL);
}

/* One that was closed keeps nothing, however long it is kept. */
static void
test_closed_keeps_nothing (Duo *duo, gconstpointer transport)
{
  g_autoptr (LwsgConnection) connection = g_steal_pointer (&duo->connected);
  gpointer client = duo->client;

  g_object_add_weak_pointer (client, &client);
  g_clear_object (&duo->client);
  g_assert_true (lwsg_connection_close (connection, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (client == NULL);
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
}

/* --- nothing is told at the end */

static void
test_dispose_open (Duo *duo, gconstpointer transport)
{
  guint told = 0;
  LwsgContext *contexts[] = { duo->client, duo->server };
  LwsgConnection *connections[] = { duo->connected, duo->accepted };

  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_signal_connect (connections[i], "closed", G_CALLBACK (count_closed), &told);
      g_signal_connect (connections[i], "notify", G_CALLBACK (count), &told);
    }
  g_signal_connect (duo->protocol, "notify", G_CALLBACK (count), &told);
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_object_run_dispose (G_OBJECT (contexts[i]));
      g_assert_cmpuint (told, ==, 0);
      g_assert_cmpint (lwsg_connection_get_state (connections[i]), ==, LWSG_CONNECTION_OPEN);
    }

  /* In the main loop it is. */
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      DUO_UNTIL (lwsg_connection_get_state (connections[i]) == LWSG_CONNECTION_CLOSED);
      g_signal_handlers_disconnect_by_data (connections[i], &told);
    }
  g_assert_cmpuint (told, >, 2);
  g_signal_handlers_disconnect_by_data (duo->protocol, &told);
}

static void
test_dispose_idle (void)
{
  LwsgContext *context = lwsg_context_new ();
  g_autoptr (LwsgProtocol) protocol = g_object_ref (lwsg_context_add_protocol (context, NULL, NULL));
  guint told = 0;

  g_signal_connect (protocol, "notify", G_CALLBACK (count), &told);
  g_object_unref (context);
  g_assert_cmpuint (told, ==, 0);
  g_assert_null (lwsg_protocol_get_context (protocol));
}

/* A result that nobody fetched is freed wherever a binding likes. */
static void
test_result_unfetched (Duo *duo, gconstpointer transport)
{
  GAsyncResult *result = NULL;
  gpointer client = duo->client;
  LwsgConnection *connection;

  duo_connect_async (duo, "/", NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL && duo->accepted != NULL);
  connection = duo->client->clients->first->user;
  g_object_add_weak_pointer (client, &client);
  g_clear_object (&duo->client);
  g_object_unref (result);
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_OPEN);

  DUO_UNTIL (client == NULL);
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_GOING_AWAY);
}

/* --- around in a circle */

static void
unref_closure_data (gpointer data, GClosure *closure)
{
  g_object_unref (data);
}

/* Handlers hold the context, as those of bindings do. */
static void
test_circle (void)
{
  static const char *const names[] = { "accept", "opened", "closed", "message", "broadcast-request" };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  gpointer protocol = lwsg_context_add_protocol (context, NULL, NULL);
  gpointer weak = context;

  g_object_add_weak_pointer (weak, &weak);
  g_object_add_weak_pointer (protocol, &protocol);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_signal_connect_data (protocol, names[i], G_CALLBACK (count), g_object_ref (context), unref_closure_data,
                           G_CONNECT_DEFAULT);
  g_assert_cmpuint (lwsg_context_listen (context, "127.0.0.1", 0, NULL), !=, 0);
  lwsg_context_close (context);
  g_assert_nonnull (protocol);
  g_clear_object (&context);
  g_assert_null (weak);
  g_assert_null (protocol);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object/keep/listening", test_listening);
  g_test_add ("/object/keep/listening-otherwise/tls", Duo, GINT_TO_POINTER (DUO_TLS), duo_set_up,
              test_listening_otherwise, duo_tear_down);
  g_test_add ("/object/keep/listening-otherwise/path", Duo, GINT_TO_POINTER (DUO_PATH), duo_set_up,
              test_listening_otherwise, duo_tear_down);
  g_test_add_func ("/object/keep/connections", test_connections);
  duo_add_test ("/object/keep/closed-keeps-nothing", test_closed_keeps_nothing);
  duo_add_test ("/object/keep/dispose-open", test_dispose_open);
  g_test_add_func ("/object/keep/dispose-idle", test_dispose_idle);
  duo_add_closed_test ("/object/keep/result-unfetched", test_result_unfetched);
  g_test_add_func ("/object/keep/circle", test_circle);

  return g_test_run ();
}
