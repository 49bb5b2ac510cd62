/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <sys/resource.h>

/* Thousands at once. */

#define CROWD 5000
#define ADMISSION_SLOW 200

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
  guint last_received;
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
admission_on_opened (LwsgProtocol *protocol, LwsgConnection *connection, Crowd *admission)
{
  admission->opened++;
}

static void
admission_on_closed (LwsgProtocol *protocol, LwsgConnection *connection, Crowd *admission)
{
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  admission->closed++;
}

static void
admission_on_items_changed (GListModel *model, guint position, guint removed, guint added, Crowd *admission)
{
  g_assert_cmpuint (removed + added, ==, 1);
  g_assert_cmpuint (position, <, admission->items + added);
  admission->items = admission->items + added - removed;
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, admission->items);
}

static void
client_on_message (LwsgConnection *connection, LwsgMessage *message, Crowd *admission)
{
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "attention!");
  admission->last_received++;
}

static void
client_on_closed (LwsgConnection *connection, Crowd *admission)
{
  admission->clients_closed++;
}

static void
client_on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Crowd *admission = user_data;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (connection);
  g_signal_connect (connection, "message", G_CALLBACK (client_on_message), admission);
  g_signal_connect (connection, "closed", G_CALLBACK (client_on_closed), admission);
  g_ptr_array_add (admission->clients, connection);
}

/* --- what is done */

static void
admission_gather (Crowd *admission)
{
  for (guint i = 0; i < admission->size; i++)
    {
      duo_connect_async (admission->duo, "/", NULL, NULL, client_on_connected, admission);
      if (i % KNOCKS == KNOCKS - 1)
        DUO_UNTIL (admission->clients->len == i + 1 && admission->opened == i + 1);
    }
  DUO_UNTIL (admission->clients->len == admission->size && admission->opened == admission->size);
}

static void
admission_check_model (Crowd *admission)
{
  GListModel *model = G_LIST_MODEL (admission->duo->protocol);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint count;

  g_assert_cmpuint (admission->items, ==, admission->size);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, admission->size);
  g_object_get (model, "n-connections", &count, NULL);
  g_assert_cmpuint (count, ==, admission->size);
  for (guint i = 0; i < admission->size; i++)
    {
      g_autoptr (LwsgConnection) connection = g_list_model_get_item (model, i);

      g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_OPEN);
      g_assert_true (g_hash_table_add (seen, connection));
    }
  g_assert_null (g_list_model_get_item (model, admission->size));
}

static void
admission_call (Crowd *admission)
{
  for (guint round = 1; round <= 3; round++)
    {
      g_assert_true (lwsg_protocol_broadcast_text (admission->duo->protocol, "attention!", NULL));
      DUO_UNTIL (admission->last_received == round * admission->size);
    }
  for (guint i = 0; i < admission->size; i++)
    {
      guint64 received;

      g_object_get (admission->clients->pdata[i], "messages-received", &received, NULL);
      g_assert_cmpuint (received, ==, 3);
    }
}

/* Every other one leaves, the others stay until the server goes. */
static void
admission_disperse (Crowd *admission)
{
  for (guint i = 0; i < admission->size; i += 2)
    g_assert_true (lwsg_connection_close (admission->clients->pdata[i], LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (admission->closed == admission->size / 2 && admission->clients_closed == admission->size / 2);
  g_assert_cmpuint (admission->items, ==, admission->size / 2);

  lwsg_context_close (admission->duo->server);
  g_assert_cmpuint (admission->closed, ==, admission->size);
  g_assert_cmpuint (admission->items, ==, 0);
  DUO_UNTIL (admission->clients_closed == admission->size);
  for (guint i = 0; i < admission->size; i++)
    {
      guint code = i % 2 == 0 ? LWSG_CLOSE_NORMAL : LWSG_CLOSE_GOING_AWAY;

      g_assert_cmpint (lwsg_connection_get_state (admission->clients->pdata[i]), ==, LWSG_CONNECTION_CLOSED);
      g_assert_cmpuint (lwsg_connection_get_close_code (admission->clients->pdata[i]), ==, code);
    }
}

static void
test_crowd (Duo *duo, gconstpointer transport)
{
  Crowd admission = { .duo = duo, .size = duo_is_slow () ? ADMISSION_SLOW : CROWD };

  if (!raise_limit (2 * admission.size + OTHER_DESCRIPTORS))
    {
      g_test_skip ("the limit of descriptors is too low");
      return;
    }

  admission.clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (duo->protocol, "opened", G_CALLBACK (admission_on_opened), &admission);
  g_signal_connect (duo->protocol, "closed", G_CALLBACK (admission_on_closed), &admission);
  g_signal_connect (duo->protocol, "items-changed", G_CALLBACK (admission_on_items_changed), &admission);

  admission_gather (&admission);
  admission_check_model (&admission);
  admission_call (&admission);
  admission_disperse (&admission);

  g_ptr_array_unref (admission.clients);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/object/crowd/tcp", Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, test_crowd, duo_tear_down);
  g_test_add ("/object/crowd/path", Duo, GINT_TO_POINTER (DUO_PATH), duo_set_up, test_crowd, duo_tear_down);

  return g_test_run ();
}
