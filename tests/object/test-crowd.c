/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <sys/resource.h>

/* Thousands at once. */

#define CROWD 5000
#define CROWD_SLOW 200

/* Of the process, beside both ends of each connection. */
#define OTHER_DESCRIPTORS 400

/* So many knock before anybody opens. */
#define KNOCKS 100

typedef struct {
  Duo *duo;
  guint size;
  GPtrArray *clients;           /* LwsgConnection */
  guint opened;
  guint closed;                 /* as the server tells */
  guint clients_closed;
  guint items;                  /* as the list model tells */
  guint heard;
} Crowd;

static gboolean
raise_limit (guint descriptors)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur >= descriptors)
    return TRUE;
  if (limit.rlim_max < descriptors)
    return FALSE;

  limit.rlim_cur = descriptors;

  return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

/* --- what is told */

static void
crowd_on_opened (LwsgProtocol *protocol, LwsgConnection *connection, Crowd *crowd)
{
  crowd->opened++;
}

static void
crowd_on_closed (LwsgProtocol *protocol, LwsgConnection *connection, Crowd *crowd)
{
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  crowd->closed++;
}

static void
crowd_on_items_changed (GListModel *model, guint position, guint removed, guint added, Crowd *crowd)
{
  g_assert_cmpuint (removed + added, ==, 1);
  g_assert_cmpuint (position, <, crowd->items + added);
  crowd->items = crowd->items + added - removed;
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, crowd->items);
}

static void
client_on_message (LwsgConnection *connection, LwsgMessage *message, Crowd *crowd)
{
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "attention!");
  crowd->heard++;
}

static void
client_on_closed (LwsgConnection *connection, Crowd *crowd)
{
  crowd->clients_closed++;
}

static void
client_on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Crowd *crowd = user_data;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (connection);
  g_signal_connect (connection, "message", G_CALLBACK (client_on_message), crowd);
  g_signal_connect (connection, "closed", G_CALLBACK (client_on_closed), crowd);
  g_ptr_array_add (crowd->clients, connection);
}

/* --- what is done */

static void
crowd_gather (Crowd *crowd)
{
  for (guint i = 0; i < crowd->size; i++)
    {
      duo_connect_async (crowd->duo, "/", NULL, NULL, client_on_connected, crowd);
      if (i % KNOCKS == KNOCKS - 1)
        DUO_UNTIL (crowd->clients->len == i + 1 && crowd->opened == i + 1);
    }
  DUO_UNTIL (crowd->clients->len == crowd->size && crowd->opened == crowd->size);
}

static void
crowd_check_model (Crowd *crowd)
{
  GListModel *model = G_LIST_MODEL (crowd->duo->protocol);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint count;

  g_assert_cmpuint (crowd->items, ==, crowd->size);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, crowd->size);
  g_object_get (model, "n-connections", &count, NULL);
  g_assert_cmpuint (count, ==, crowd->size);
  for (guint i = 0; i < crowd->size; i++)
    {
      g_autoptr (LwsgConnection) connection = g_list_model_get_item (model, i);

      g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_OPEN);
      g_assert_true (g_hash_table_add (seen, connection));
    }
  g_assert_null (g_list_model_get_item (model, crowd->size));
}

static void
crowd_call (Crowd *crowd)
{
  for (guint round = 1; round <= 3; round++)
    {
      g_assert_true (lwsg_protocol_broadcast_text (crowd->duo->protocol, "attention!", NULL));
      DUO_UNTIL (crowd->heard == round * crowd->size);
    }
  for (guint i = 0; i < crowd->size; i++)
    {
      guint64 received;

      g_object_get (crowd->clients->pdata[i], "messages-received", &received, NULL);
      g_assert_cmpuint (received, ==, 3);
    }
}

/* Every other one leaves, the others stay until the server goes. */
static void
crowd_disperse (Crowd *crowd)
{
  for (guint i = 0; i < crowd->size; i += 2)
    g_assert_true (lwsg_connection_close (crowd->clients->pdata[i], LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (crowd->closed == crowd->size / 2 && crowd->clients_closed == crowd->size / 2);
  g_assert_cmpuint (crowd->items, ==, crowd->size / 2);

  lwsg_context_close (crowd->duo->server);
  g_assert_cmpuint (crowd->closed, ==, crowd->size);
  g_assert_cmpuint (crowd->items, ==, 0);
  DUO_UNTIL (crowd->clients_closed == crowd->size);
  for (guint i = 0; i < crowd->size; i++)
    {
      guint code = i % 2 == 0 ? LWSG_CLOSE_NORMAL : LWSG_CLOSE_GOING_AWAY;

      g_assert_cmpint (lwsg_connection_get_state (crowd->clients->pdata[i]), ==, LWSG_CONNECTION_CLOSED);
      g_assert_cmpuint (lwsg_connection_get_close_code (crowd->clients->pdata[i]), ==, code);
    }
}

static void
test_crowd (Duo *duo, gconstpointer transport)
{
  Crowd crowd = { .duo = duo, .size = duo_is_slow () ? CROWD_SLOW : CROWD };

  if (!raise_limit (2 * crowd.size + OTHER_DESCRIPTORS))
    {
      g_test_skip ("the limit of descriptors is too low");
      return;
    }

  crowd.clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (duo->protocol, "opened", G_CALLBACK (crowd_on_opened), &crowd);
  g_signal_connect (duo->protocol, "closed", G_CALLBACK (crowd_on_closed), &crowd);
  g_signal_connect (duo->protocol, "items-changed", G_CALLBACK (crowd_on_items_changed), &crowd);

  crowd_gather (&crowd);
  crowd_check_model (&crowd);
  crowd_call (&crowd);
  crowd_disperse (&crowd);

  g_ptr_array_unref (crowd.clients);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/object/crowd/tcp", Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, test_crowd, duo_tear_down);
  g_test_add ("/object/crowd/path", Duo, GINT_TO_POINTER (DUO_PATH), duo_set_up, test_crowd, duo_tear_down);

  return g_test_run ();
}
