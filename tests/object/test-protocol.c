/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <string.h>

#define CROWD 10

/* --- who may come in */

typedef struct {
  guint status;                 /* 0: by returning FALSE alone */
  guint asked;
} Door;

static gboolean
refuse (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  Door *door = user_data;
  g_autoptr (GBytes) body = g_bytes_new_static ("no", 2);

  door->asked++;
  g_assert_cmpstr (lwsg_request_get_method (request), ==, "GET");
  g_assert_cmpstr (lwsg_request_get_path (request), ==, "/private");
  g_assert_cmpstr (lwsg_request_get_query (request), ==, "key=1");
  g_assert_cmpstr (lwsg_request_get_header (request, "upgrade"), ==, "websocket");
  /* It can be refused, not answered. */
  g_assert_false (lwsg_request_respond (request, 200, NULL, body, NULL));
  if (door->status != 0)
    g_assert_true (lwsg_request_refuse (request, door->status, NULL));

  return FALSE;
}

static gboolean
never (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
expect_refusal (Duo *duo, guint status)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  duo_connect_async (duo, "/private?key=1", NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_null (lwsg_context_connect_finish (duo->client, result, &error));
  g_assert_error (error, LWSG_HTTP_ERROR, (int) status);
  g_assert_null (duo->accepted);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (duo->protocol)), ==, 0);
}

static void
test_refuse (Duo *duo, gconstpointer data)
{
  static const guint statuses[] = { 400, 401, 403, 404, 426, 429, 500, 503, 599 };
  Door door = { 0 };

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (refuse), &door);
  /* The first who refuses decides. */
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (never), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      door.status = statuses[i];
      expect_refusal (duo, statuses[i]);
    }
  door.status = 0;
  expect_refusal (duo, LWSG_HTTP_ERROR_FORBIDDEN);
  g_assert_cmpuint (door.asked, ==, G_N_ELEMENTS (statuses) + 1);
}

static gboolean
accept (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  /* Statuses that are no refusal. */
  g_assert_false (lwsg_request_refuse (request, 200, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  ++*(guint *) user_data;

  return TRUE;
}

static void
test_accept (Duo *duo, gconstpointer data)
{
  guint asked = 0;

  g_signal_connect (duo->protocol, "accept", G_CALLBACK (accept), &asked);
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (accept), &asked);
  duo_open (duo);
  g_assert_cmpuint (asked, ==, 2);
}

static void
test_no_common_subprotocol (Duo *duo, gconstpointer data)
{
  const char *const asked[] = { "nobody", "speaks", NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  lwsg_context_add_protocol (duo->server, "chat", NULL);
  duo_connect_async (duo, "/", asked, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_null (lwsg_context_connect_finish (duo->client, result, &error));
  g_assert_error (error, LWSG_HTTP_ERROR, LWSG_HTTP_ERROR_BAD_REQUEST);
}

/* --- the model */

typedef struct {
  GPtrArray *items;             /* what an observer believes is in the model */
  guint changes;
  guint notified;
  guint opened;
  guint closed;
} Mirror;

static void
mirror_change (GListModel *model, guint position, guint removed, guint added, Mirror *mirror)
{
  mirror->changes++;
  g_assert_cmpuint (position + removed, <=, mirror->items->len);
  if (removed > 0)
    g_ptr_array_remove_range (mirror->items, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (mirror->items, (int) (position + i), g_list_model_get_item (model, position + i));

  g_assert_cmpuint (g_list_model_get_n_items (model), ==, mirror->items->len);
  for (guint i = 0; i < mirror->items->len; i++)
    {
      g_autoptr (LwsgConnection) item = g_list_model_get_item (model, i);

      g_assert_true (item == mirror->items->pdata[i]);
      g_assert_cmpint (lwsg_connection_get_state (item), ==, LWSG_CONNECTION_OPEN);
    }
  g_assert_null (g_list_model_get_item (model, mirror->items->len));
}

static void
mirror_notify (LwsgProtocol *protocol, GParamSpec *pspec, Mirror *mirror)
{
  guint n;

  mirror->notified++;
  g_object_get (protocol, "n-connections", &n, NULL);
  g_assert_cmpuint (n, ==, mirror->items->len);
}

static void
mirror_opened (LwsgProtocol *protocol, LwsgConnection *connection, Mirror *mirror)
{
  mirror->opened++;
  g_assert_true (g_ptr_array_find (mirror->items, connection, NULL));
}

static void
mirror_closed (LwsgProtocol *protocol, LwsgConnection *connection, Mirror *mirror)
{
  mirror->closed++;
  g_assert_false (g_ptr_array_find (mirror->items, connection, NULL));
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_NORMAL);
}

static void
test_model (Duo *duo, gconstpointer data)
{
  /* Which of those that are left closes next. */
  static const guint order[CROWD] = { 4, 0, 7, 3, 3, 0, 3, 1, 1, 0 };
  GListModel *model = G_LIST_MODEL (duo->protocol);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  Mirror mirror = { .items = g_ptr_array_new_with_free_func (g_object_unref) };

  g_assert_true (g_list_model_get_item_type (model) == LWSG_TYPE_CONNECTION);
  g_signal_connect (model, "items-changed", G_CALLBACK (mirror_change), &mirror);
  g_signal_connect (model, "notify::n-connections", G_CALLBACK (mirror_notify), &mirror);
  g_signal_connect (model, "opened", G_CALLBACK (mirror_opened), &mirror);
  g_signal_connect (model, "closed", G_CALLBACK (mirror_closed), &mirror);

  for (guint i = 0; i < CROWD; i++)
    {
      g_ptr_array_add (clients, duo_connect (duo, "/", NULL));
      g_assert_cmpuint (mirror.changes, ==, i + 1);
      g_assert_true (mirror.items->pdata[i] == duo->accepted);
    }
  for (guint i = 0; i < CROWD; i++)
    {
      g_assert_true (lwsg_connection_close (clients->pdata[order[i]], LWSG_CLOSE_NORMAL, NULL, NULL));
      g_ptr_array_remove_index (clients, order[i]);
      DUO_UNTIL (mirror.closed == i + 1);
      g_assert_cmpuint (mirror.changes, ==, CROWD + i + 1);
    }
  g_assert_cmpuint (mirror.opened, ==, CROWD);
  g_assert_cmpuint (mirror.notified, ==, 2 * CROWD);

  g_signal_handlers_disconnect_by_data (model, &mirror);
  g_ptr_array_unref (mirror.items);
}

/* --- broadcasts */

typedef struct {
  GPtrArray *clients;           /* LwsgConnection */
  GString *last_received[CROWD];
} Crowd;

static void
admission_hear (LwsgConnection *connection, LwsgMessage *message, GString *last_received)
{
  g_string_append_printf (last_received, "%s ", lwsg_message_get_text (message));
}

static Crowd *
admission_new (Duo *duo)
{
  Crowd *admission = g_new0 (Crowd, 1);

  admission->clients = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < CROWD; i++)
    {
      g_autofree char *target = g_strdup_printf ("/%u", i);

      admission->last_received[i] = g_string_new (NULL);
      g_ptr_array_add (admission->clients, duo_connect (duo, target, NULL));
      g_signal_connect (admission->clients->pdata[i], "message", G_CALLBACK (admission_hear), admission->last_received[i]);
    }

  return admission;
}

static void
admission_free (Crowd *admission)
{
  for (guint i = 0; i < CROWD; i++)
    {
      g_signal_handlers_disconnect_by_data (admission->clients->pdata[i], admission->last_received[i]);
      g_string_free (admission->last_received[i], TRUE);
    }
  g_ptr_array_unref (admission->clients);
  g_free (admission);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crowd, admission_free)

/* Those with an odd number, or all, have heard this and nothing else since. */
static void
admission_expect (Crowd *admission, gboolean odd_only, const char *last_received)
{
  for (guint i = 0; i < CROWD; i++)
    {
      duo_round_trip (admission->clients->pdata[i]);
      g_assert_cmpstr (admission->last_received[i]->str, ==, odd_only && i % 2 == 0 ? "" : last_received);
      g_string_truncate (admission->last_received[i], 0);
    }
}

static void
test_broadcast (Duo *duo, gconstpointer data)
{
  g_autoptr (Crowd) admission = admission_new (duo);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_protocol_broadcast_text (duo->protocol, "text", &error));
  g_assert_true (lwsg_protocol_broadcast (duo->protocol, LWSG_MESSAGE_TEXT, bytes, &error));
  g_assert_no_error (error);
  admission_expect (admission, FALSE, "text bytes ");

  g_assert_false (lwsg_protocol_broadcast_text (duo->protocol, "\xff", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (lwsg_protocol_broadcast (duo->protocol, (LwsgMessageType) 9, bytes, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  admission_expect (admission, FALSE, "");

  g_object_ref (duo->protocol);
  lwsg_context_close (duo->server);
  g_assert_false (lwsg_protocol_broadcast_text (duo->protocol, "late", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_null (lwsg_protocol_get_context (duo->protocol));
  g_object_unref (duo->protocol);
}

static gboolean
is_odd (LwsgConnection *connection, gpointer user_data)
{
  return (lwsg_connection_get_target (connection)[1] - '0') % 2 == 1;
}

static void
test_filtered (Duo *duo, gconstpointer data)
{
  g_autoptr (Crowd) admission = admission_new (duo);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("odd", 3);
  g_autoptr (GBytes) broken = g_bytes_new_static ("\xff", 1);
  g_autoptr (GError) error = NULL;
  guint count = lwsg_protocol_broadcast_filtered (duo->protocol, LWSG_MESSAGE_TEXT, bytes, is_odd, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, CROWD / 2);
  admission_expect (admission, TRUE, "odd ");
  count = lwsg_protocol_broadcast_filtered (duo->protocol, LWSG_MESSAGE_TEXT, broken, is_odd, NULL, &error);
  g_assert_cmpuint (count, ==, 0);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
}

/* A handler that takes the place of the default one. */
static void
broadcast_to_odd (LwsgProtocol *protocol, LwsgMessage *message, gpointer user_data)
{
  GListModel *model = G_LIST_MODEL (protocol);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (LwsgConnection) connection = g_list_model_get_item (model, i);

      if (is_odd (connection, NULL))
        duo_send (connection, lwsg_message_get_text (message));
    }
  g_signal_stop_emission_by_name (protocol, "broadcast-request");
}

static void
test_broadcast_handler (Duo *duo, gconstpointer data)
{
  g_autoptr (Crowd) admission = admission_new (duo);

  g_signal_connect (duo->protocol, "broadcast-request", G_CALLBACK (broadcast_to_odd), NULL);
  g_assert_true (lwsg_protocol_broadcast_text (duo->protocol, "hello", NULL));
  admission_expect (admission, TRUE, "hello ");
}

static void
ignore (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
}

/* Who does not read is dealt with by its policy, the others don't notice. */
static void
test_slow_consumer (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = g_bytes_new_take (g_malloc0 (65536), 65536);
  g_autoptr (LwsgConnection) slow = duo_connect (duo, "/slow", NULL);
  g_autoptr (LwsgConnection) slow_accepted = g_object_ref (duo->accepted);
  g_autoptr (LwsgConnection) quick = duo_connect (duo, "/quick", NULL);
  g_autoptr (LwsgConnection) quick_accepted = g_object_ref (duo->accepted);
  guint sent = 0;

  lwsg_connection_pause (slow);
  lwsg_connection_set_max_buffered_amount (slow_accepted, 300000);
  lwsg_connection_set_max_buffered_amount (quick_accepted, 300000);
  while (lwsg_connection_get_state (slow_accepted) == LWSG_CONNECTION_OPEN)
    {
      g_assert_true (lwsg_protocol_broadcast (duo->protocol, LWSG_MESSAGE_BINARY, block, NULL));
      g_assert_cmpuint (sent++, <, 10000);
      lwsg_message_unref (duo_receive (quick));
    }
  duo_round_trip (quick);
  g_assert_cmpint (lwsg_connection_get_state (quick_accepted), ==, LWSG_CONNECTION_OPEN);
  g_signal_connect (slow, "message", G_CALLBACK (ignore), NULL);
  lwsg_connection_resume (slow);
  DUO_UNTIL (lwsg_connection_get_state (slow) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (slow), ==, LWSG_CLOSE_POLICY);
}

/* --- broadcasts from other threads */

#define BROADCASTERS 4
#define BROADCASTS 500

typedef struct {
  LwsgProtocol *protocol;
  guint number;
} Broadcaster;

static gpointer
broadcaster_run (gpointer data)
{
  Broadcaster *broadcaster = data;

  for (guint i = 0; i < BROADCASTS; i++)
    {
      const guint32 content[2] = { broadcaster->number, i };
      g_autoptr (GBytes) bytes = g_bytes_new (content, sizeof content);
      g_autoptr (GError) error = NULL;

      g_assert_true (lwsg_protocol_broadcast (broadcaster->protocol, LWSG_MESSAGE_BINARY, bytes, &error));
      g_assert_no_error (error);
    }

  return NULL;
}

typedef struct {
  guint next[BROADCASTERS];
  guint count;
} Listener;

/* Each thread's broadcasts in their order. */
static void
listener_hear (LwsgConnection *connection, LwsgMessage *message, Listener *listener)
{
  const guint32 *content = g_bytes_get_data (lwsg_message_get_bytes (message), NULL);

  g_assert_cmpuint (content[0], <, BROADCASTERS);
  g_assert_cmpuint (content[1], ==, listener->next[content[0]]);
  listener->next[content[0]]++;
  listener->count++;
}

static GThread *main_thread;

static void
count_on_main_thread (LwsgProtocol *protocol, LwsgMessage *message, guint *count)
{
  g_assert_true (g_thread_self () == main_thread);
  ++*count;
}

static void
test_broadcast_threads (Duo *duo, gconstpointer data)
{
  Broadcaster broadcasters[BROADCASTERS];
  GThread *threads[BROADCASTERS];
  Listener listeners[CROWD] = { 0 };
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  guint emitted = 0;

  main_thread = g_thread_self ();
  g_signal_connect (duo->protocol, "broadcast-request", G_CALLBACK (count_on_main_thread), &emitted);
  for (guint i = 0; i < CROWD; i++)
    {
      g_ptr_array_add (clients, duo_connect (duo, "/", NULL));
      g_signal_connect (clients->pdata[i], "message", G_CALLBACK (listener_hear), &listeners[i]);
    }
  for (guint i = 0; i < BROADCASTERS; i++)
    {
      broadcasters[i] = (Broadcaster){ duo->protocol, i };
      threads[i] = g_thread_new ("broadcaster", broadcaster_run, &broadcasters[i]);
    }
  for (guint i = 0; i < CROWD; i++)
    DUO_UNTIL (listeners[i].count == BROADCASTERS * BROADCASTS);
  for (guint i = 0; i < BROADCASTERS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (emitted, ==, BROADCASTERS * BROADCASTS);
  for (guint i = 0; i < CROWD; i++)
    g_signal_handlers_disconnect_by_data (clients->pdata[i], &listeners[i]);
}

static gpointer
broadcast_late (gpointer data)
{
  GError *error = NULL;

  g_assert_false (lwsg_protocol_broadcast_text (data, "late", &error));

  return error;
}

/* The context is gone, a thread holds the protocol still. */
static void
test_broadcast_late (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgProtocol) protocol = g_object_ref (duo->protocol);
  g_autoptr (GError) error = NULL;

  duo->protocol = NULL;
  g_signal_handlers_disconnect_by_data (protocol, duo);
  duo_end (&duo->server);
  error = g_thread_join (g_thread_new ("late", broadcast_late, protocol));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_closed_test ("/object/protocol/refuse", test_refuse);
  duo_add_closed_test ("/object/protocol/accept", test_accept);
  duo_add_closed_test ("/object/protocol/no-common-subprotocol", test_no_common_subprotocol);
  duo_add_closed_test ("/object/protocol/model", test_model);
  duo_add_closed_test ("/object/protocol/broadcast", test_broadcast);
  duo_add_closed_test ("/object/protocol/filtered", test_filtered);
  duo_add_closed_test ("/object/protocol/broadcast-handler", test_broadcast_handler);
  duo_add_closed_test ("/object/protocol/slow-consumer", test_slow_consumer);
  duo_add_closed_test ("/object/protocol/broadcast-threads", test_broadcast_threads);
  duo_add_closed_test ("/object/protocol/broadcast-late", test_broadcast_late);

  return g_test_run ();
}
