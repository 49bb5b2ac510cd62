/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../engine/raw-peer.h"

#include <unistd.h>

/* Whoever gives up which reference first: nothing is used that is gone, and in the end
 * everything is. What a callback may end is in test-reentrance.c. */

static void
iterate (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

/* --- each order of destruction */

typedef enum {
  HELD_CONTEXT,
  HELD_PROTOCOL,
  HELD_CONNECTION,
  HELD_REQUEST,
  HELD_MESSAGE,

  N_HELD
} HeldKind;

#define N_ORDERS (5 * 4 * 3 * 2)

/* What a program may hold, each with one reference, and what becomes of it. */
typedef struct {
  Duo *duo;
  RawPeer *http;
  gpointer held[N_HELD];        /* NULL once it is given up */
  gpointer objects[N_HELD];     /* weak pointers; NULL once it is gone. Messages have none. */
} Estate;

static gboolean
estate_on_request (LwsgContext *context, LwsgRequest *request, Estate *estate)
{
  g_assert_null (estate->held[HELD_REQUEST]);
  estate->held[HELD_REQUEST] = g_object_ref (request);

  return TRUE;
}

static void
estate_set_up (Estate *estate, Duo *duo)
{
  duo_set_up (duo, GINT_TO_POINTER (DUO_TCP));
  duo_open (duo);
  *estate = (Estate){ .duo = duo };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (estate_on_request), estate);
  estate->http = raw_peer_connect ((guint16) duo->port, iterate, NULL);
  raw_peer_send_text (estate->http, "GET /page?who=me HTTP/1.1\r\nHost: localhost\r\n\r\n");
  DUO_UNTIL (estate->held[HELD_REQUEST] != NULL);
  duo_send (duo->connected, "a message");
  estate->held[HELD_MESSAGE] = duo_receive (duo->accepted);

  g_signal_handlers_disconnect_by_data (duo->protocol, duo);
  estate->held[HELD_CONTEXT] = g_steal_pointer (&duo->server);
  estate->held[HELD_PROTOCOL] = g_object_ref (g_steal_pointer (&duo->protocol));
  estate->held[HELD_CONNECTION] = g_steal_pointer (&duo->accepted);
  for (guint i = 0; i < HELD_MESSAGE; i++)
    {
      estate->objects[i] = estate->held[i];
      g_object_add_weak_pointer (estate->objects[i], &estate->objects[i]);
    }
}

static void
estate_check_request (LwsgRequest *request, gboolean alive)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (lwsg_request_get_path (request), ==, "/page");
  g_assert_cmpstr (lwsg_request_get_query (request), ==, "who=me");
  if (alive)
    return;

  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

static void
estate_check_protocol (LwsgProtocol *protocol, gpointer context)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_protocol_get_context (protocol) == context);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (protocol)), ==, context != NULL ? 1 : 0);
  g_assert_true (lwsg_protocol_broadcast_text (protocol, "to all", &error) == (context != NULL));
  if (context == NULL)
    g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

static void
estate_check_connection (LwsgConnection *connection, gboolean alive)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (LWSG_IS_PROTOCOL (lwsg_connection_get_protocol (connection)));
  g_assert_nonnull (lwsg_connection_get_remote_address (connection));
  g_assert_true (lwsg_connection_send_text (connection, "to one", &error) == alive);
  if (alive)
    return;

  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
}

/* What is held still works, or says that it is over. */
static void
estate_check (Estate *estate)
{
  gpointer context = estate->held[HELD_CONTEXT];

  g_assert_true (estate->objects[HELD_CONTEXT] == context);
  if (estate->held[HELD_PROTOCOL] != NULL)
    estate_check_protocol (estate->held[HELD_PROTOCOL], context);
  if (estate->held[HELD_CONNECTION] != NULL)
    estate_check_connection (estate->held[HELD_CONNECTION], context != NULL);
  if (estate->held[HELD_REQUEST] != NULL)
    estate_check_request (estate->held[HELD_REQUEST], context != NULL);
  if (estate->held[HELD_MESSAGE] != NULL)
    g_assert_cmpstr (lwsg_message_get_text (estate->held[HELD_MESSAGE]), ==, "a message");

  /* Nobody else keeps these, or keeps them for longer than this. */
  if (estate->held[HELD_REQUEST] == NULL)
    g_assert_null (estate->objects[HELD_REQUEST]);
  if (estate->held[HELD_CONNECTION] == NULL)
    g_assert_true ((estate->objects[HELD_CONNECTION] == NULL) == (context == NULL));
  if (estate->held[HELD_PROTOCOL] == NULL && context == NULL && estate->held[HELD_CONNECTION] == NULL)
    g_assert_null (estate->objects[HELD_PROTOCOL]);
}

static void
estate_give_up (Estate *estate, HeldKind kind)
{
  gpointer held = g_steal_pointer (&estate->held[kind]);

  if (kind == HELD_MESSAGE)
    {
      lwsg_message_unref (held);
      return;
    }
  /* As long as it listens a context needs nobody to hold it. */
  if (kind == HELD_CONTEXT)
    lwsg_context_close (held);
  g_object_unref (held);
}

/* While the server is there, everything that was sent arrives. */
static void
let_turns_pass (Duo *duo)
{
  g_autoptr (GAsyncResult) result = NULL;

  lwsg_connection_ping_async (duo->connected, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  lwsg_connection_ping_finish (duo->connected, result, NULL);
}

/* The @number-th order: which of those that are left goes next. */
static HeldKind
estate_choose (Estate *estate, guint *number, guint left)
{
  guint skip = *number % left;

  *number /= left;
  for (guint i = 0; i < N_HELD; i++)
    if (estate->held[i] != NULL && skip-- == 0)
      return (HeldKind) i;

  g_assert_not_reached ();
}

static void
test_order (gconstpointer data)
{
  guint number = GPOINTER_TO_UINT (data);
  Duo duo = { 0 };
  Estate estate;

  estate_set_up (&estate, &duo);
  estate_check (&estate);
  for (guint left = N_HELD; left > 0; left--)
    {
      estate_give_up (&estate, estate_choose (&estate, &number, left));
      estate_check (&estate);
      /* With iterations in between. */
      let_turns_pass (&duo);
      estate_check (&estate);
    }

  for (guint i = 0; i < N_HELD; i++)
    g_assert_null (estate.objects[i]);
  DUO_UNTIL (lwsg_connection_get_state (duo.connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo.connected), ==, LWSG_CLOSE_GOING_AWAY);
  raw_peer_expect_lost (estate.http);
  raw_peer_free (estate.http);
  duo_tear_down (&duo, NULL);
}

/* The client's side, in both orders: nothing ends before the connection is closed. */
static void
test_client_order (Duo *duo, gconstpointer transport)
{
  for (guint connection_first = 0; connection_first < 2; connection_first++)
    {
      LwsgContext *context = duo_new_client (duo);
      gpointer weak_context = context;
      gpointer weak_connection;

      g_set_object (&duo->client, context);
      weak_connection = duo_connect (duo, "/", NULL);
      g_object_add_weak_pointer (weak_context, &weak_context);
      g_object_add_weak_pointer (weak_connection, &weak_connection);

      if (connection_first)
        g_object_unref (weak_connection);
      duo_round_trip (duo->accepted);
      g_clear_object (&duo->client);
      g_object_unref (context);
      duo_round_trip (duo->accepted);
      g_assert_nonnull (weak_context);
      g_assert_nonnull (weak_connection);

      g_assert_true (lwsg_connection_close (duo->accepted, LWSG_CLOSE_NORMAL, NULL, NULL));
      DUO_UNTIL (weak_context == NULL);
      if (!connection_first)
        {
          g_assert_cmpint (lwsg_connection_get_state (weak_connection), ==, LWSG_CONNECTION_CLOSED);
          g_assert_cmpuint (lwsg_connection_get_close_code (weak_connection), ==, LWSG_CLOSE_NORMAL);
          g_object_unref (weak_connection);
        }
      g_assert_null (weak_connection);
      DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
    }
}

/* --- while a client connects */

/* More iterations than connecting takes, so that each of its steps is met. */
#define STEPS 25

typedef enum {
  END_CLOSE,
  END_UNREF,
  END_CLOSE_UNREF,

  N_ENDS
} End;

static void
end_context (LwsgContext *context, End end)
{
  if (end != END_UNREF)
    lwsg_context_close (context);
  if (end != END_CLOSE)
    g_object_unref (context);
}

/* The @context, which is taken, is closed after so many iterations, each of which may @wait for the
 * work of a thread; or left to what it has begun. The result comes, once, and nothing is left. */
static void
connect_and_end (LwsgContext *context, const char *uri, guint turns, gboolean wait, End end)
{
  gint64 bound = g_get_monotonic_time () + DUO_PATIENCE;
  GAsyncResult *result = NULL;
  LwsgConnection *connection;
  g_autoptr (GError) error = NULL;
  gpointer weak = context;

  g_object_add_weak_pointer (weak, &weak);
  lwsg_context_connect_async (context, uri, NULL, NULL, duo_store_result, &result);
  for (guint i = 0; i < turns; i++)
    if (wait && result == NULL)
      duo_iterate (NULL, bound, "a result");
    else
      g_main_context_iteration (NULL, FALSE);
  end_context (context, end);

  /* Who connects keeps the context. */
  DUO_UNTIL (result != NULL);
  connection = lwsg_context_connect_finish (context, result, &error);
  g_assert_true ((connection == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  else if (end != END_UNREF)
    g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  else
    g_assert_true (lwsg_connection_close (connection, LWSG_CLOSE_NORMAL, NULL, NULL));
  g_clear_object (&result);
  if (end == END_CLOSE)
    g_object_unref (context);

  DUO_UNTIL (weak == NULL);
  if (connection != NULL)
    g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  g_clear_object (&connection);
}

static void
test_end_connecting (Duo *duo, gconstpointer transport)
{
  g_autofree char *uri = duo_uri (duo, "/");

  for (guint i = 0; i < STEPS; i++)
    for (guint end = 0; end < N_ENDS; end++)
      {
        connect_and_end (duo_new_client (duo), uri, i, FALSE, (End) end);
        if (duo->transport == DUO_TLS)
          connect_and_end (duo_new_client (duo), uri, i, TRUE, (End) end);
      }
  DUO_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (duo->protocol)) == 0);
}

/* A server that never answers: the end does not wait for it. */
static void
test_end_unanswered (gconstpointer scheme)
{
  const Duo nobody = { .transport = DUO_TLS };
  guint16 port;
  int listener = raw_listen (&port);
  g_autofree char *uri = g_strdup_printf ("%s://127.0.0.1:%u/", (const char *) scheme, port);

  for (guint i = 0; i < STEPS; i++)
    {
      connect_and_end (duo_new_client (&nobody), uri, i, FALSE, END_CLOSE);
      connect_and_end (duo_new_client (&nobody), uri, i, FALSE, END_CLOSE_UNREF);
    }
  close (listener);
}

/* --- inside the callback */

typedef struct {
  LwsgContext *context;
  gboolean fetch;
  gboolean called;
  LwsgConnection *connection;
} Visit;

static void
visit_on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Visit *visit = user_data;

  g_assert_false (visit->called);
  visit->called = TRUE;
  g_clear_object (&visit->context);
  if (visit->fetch)
    visit->connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, NULL);
}

/* The last reference that the program has to the context is given up in there, the result fetched
 * or left alone. */
static void
test_end_in_callback (Duo *duo, gconstpointer transport)
{
  for (guint fetch = 0; fetch < 2; fetch++)
    {
      Visit visit = { .context = duo_new_client (duo), .fetch = fetch };
      gpointer weak = visit.context;

      g_set_object (&duo->client, visit.context);
      g_object_add_weak_pointer (weak, &weak);
      duo_connect_async (duo, "/", NULL, NULL, visit_on_connected, &visit);
      g_clear_object (&duo->client);
      DUO_UNTIL (visit.called);
      g_assert_true ((visit.connection != NULL) == visit.fetch);
      if (visit.connection != NULL)
        g_assert_true (lwsg_connection_close (visit.connection, LWSG_CLOSE_NORMAL, NULL, NULL));
      DUO_UNTIL (weak == NULL);
      if (visit.connection != NULL)
        g_assert_cmpint (lwsg_connection_get_state (visit.connection), ==, LWSG_CONNECTION_CLOSED);
      g_clear_object (&visit.connection);
      DUO_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (duo->protocol)) == 0);
    }
}

static void
unref_context (gpointer context, GObject *where_it_was)
{
  g_object_unref (context);
}

/* A connection takes the context with it. */
static void
test_end_in_weak_notify (Duo *duo, gconstpointer transport)
{
  gpointer weak = duo->client;

  g_object_add_weak_pointer (weak, &weak);
  g_object_weak_ref (G_OBJECT (duo->connected), unref_context, g_steal_pointer (&duo->client));
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  g_clear_object (&duo->connected);
  DUO_UNTIL (weak == NULL);
}

/* --- what waits for an answer when the last references go */

static void
test_end_waiting (Duo *duo, gconstpointer transport)
{
  g_autoptr (GAsyncResult) received = NULL;
  g_autoptr (GAsyncResult) pinged = NULL;
  g_autoptr (GAsyncResult) closed = NULL;
  g_autoptr (GError) receive_error = NULL;
  g_autoptr (GError) ping_error = NULL;
  LwsgConnection *connection = duo->connected;

  lwsg_connection_receive_async (connection, NULL, duo_store_result, &received);
  lwsg_connection_ping_async (connection, NULL, NULL, duo_store_result, &pinged);
  lwsg_connection_close_async (connection, LWSG_CLOSE_NORMAL, NULL, NULL, duo_store_result, &closed);
  g_clear_object (&duo->connected);
  g_clear_object (&duo->client);

  DUO_UNTIL (received != NULL && pinged != NULL && closed != NULL);
  g_assert_null (lwsg_connection_receive_finish (connection, received, &receive_error));
  g_assert_error (receive_error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_cmpint (lwsg_connection_ping_finish (connection, pinged, &ping_error), <, 0);
  g_assert_error (ping_error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  lwsg_connection_close_finish (connection, closed, NULL);
  g_object_add_weak_pointer (G_OBJECT (connection), (gpointer *) &connection);
  g_clear_object (&received);
  g_clear_object (&pinged);
  g_clear_object (&closed);
  DUO_UNTIL (connection == NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_ORDERS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/object/lifetime/order/%u", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_order);
    }
  duo_add_closed_test ("/object/lifetime/client-order", test_client_order);
  g_test_add ("/object/lifetime/end-connecting/tcp", Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, test_end_connecting,
              duo_tear_down);
  g_test_add ("/object/lifetime/end-connecting/tls", Duo, GINT_TO_POINTER (DUO_TLS), duo_set_up, test_end_connecting,
              duo_tear_down);
  g_test_add ("/object/lifetime/end-connecting/path", Duo, GINT_TO_POINTER (DUO_PATH), duo_set_up, test_end_connecting,
              duo_tear_down);
  g_test_add_data_func ("/object/lifetime/end-unanswered/tcp", "ws", test_end_unanswered);
  g_test_add_data_func ("/object/lifetime/end-unanswered/tls", "wss", test_end_unanswered);
  duo_add_closed_test ("/object/lifetime/end-in-callback", test_end_in_callback);
  duo_add_test ("/object/lifetime/end-in-weak-notify", test_end_in_weak_notify);
  duo_add_test ("/object/lifetime/end-waiting", test_end_waiting);

  return g_test_run ();
}
