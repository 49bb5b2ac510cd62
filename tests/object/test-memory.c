/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

/* The memory that all peers of a context make it hold. */

#define MIB (1024 * 1024)
#define GREEDY 6

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_property (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  guint notified = 0;
  guint64 value;

  g_signal_connect (context, "notify::max-memory", G_CALLBACK (count_notify), &notified);
  g_assert_cmpuint (lwsg_context_get_max_memory (context), >, 0);
  g_object_set (context, "max-memory", (guint64) 5 * MIB, NULL);
  lwsg_context_set_max_memory (context, 5 * MIB);
  g_assert_cmpuint (notified, ==, 1);
  g_object_get (context, "max-memory", &value, NULL);
  g_assert_cmpuint (value, ==, 5 * MIB);
  lwsg_context_set_max_memory (context, 0);
  g_assert_cmpuint (notified, ==, 2);
  g_assert_cmpuint (lwsg_context_get_max_memory (context), ==, 0);

  lwsg_context_close (context);
  g_assert_cmpuint (lwsg_context_get_memory_used (context), ==, 0);
  lwsg_context_set_max_memory (context, MIB);
  g_assert_cmpuint (lwsg_context_get_max_memory (context), ==, MIB);
}

static void
keep_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  GPtrArray *messages = user_data;

  g_ptr_array_add (messages, lwsg_message_ref (message));
}

static void
count_ended (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  if (lwsg_connection_get_close_code (connection) == LWSG_CLOSE_TOO_BIG)
    ++*(guint *) user_data;
}

static void
send_part (LwsgConnection *connection, GBytes *bytes, gboolean last)
{
  g_autoptr (GError) error = NULL;

  lwsg_connection_send_fragment (connection, LWSG_MESSAGE_BINARY, bytes, last, &error);
  g_assert_no_error (error);
}

/* Each is far below the limit of a message; together they are not. Who is left gets through. */
static void
test_unfinished (Duo *duo, gconstpointer data)
{
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  g_autoptr (GBytes) bytes = g_bytes_new (zeros, MIB);
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func ((GDestroyNotify) lwsg_message_unref);
  LwsgConnection *connections[GREEDY];
  guint closed = 0;

  g_object_set (duo->client, "compression", FALSE, NULL);
  lwsg_context_set_max_memory (duo->server, 3 * MIB);
  g_signal_connect (duo->protocol, "message", G_CALLBACK (keep_message), messages);
  g_signal_connect (duo->protocol, "closed", G_CALLBACK (count_ended), &closed);
  for (guint i = 0; i < GREEDY; i++)
    {
      connections[i] = duo_connect (duo, "/", NULL);
      send_part (connections[i], bytes, FALSE);
      DUO_UNTIL (lwsg_connection_get_buffered_amount (connections[i]) == 0);
      duo_let_pass (duo);
      g_assert_cmpuint (lwsg_context_get_memory_used (duo->server), <=, 3 * MIB);
    }
  g_assert_cmpuint (closed, >=, 3);

  for (guint i = 0; i < GREEDY; i++)
    if (lwsg_connection_get_state (connections[i]) == LWSG_CONNECTION_OPEN)
      {
        const guint before = messages->len;

        send_part (connections[i], bytes, TRUE);
        DUO_UNTIL (messages->len > before || lwsg_connection_get_state (connections[i]) == LWSG_CONNECTION_CLOSED);
      }
  g_assert_cmpuint (messages->len, >=, 1);
  g_signal_handlers_disconnect_by_data (duo->protocol, &closed);
  g_signal_handlers_disconnect_by_data (duo->protocol, messages);
  for (guint i = 0; i < GREEDY; i++)
    g_object_unref (connections[i]);
}

/* A message that nobody has taken is counted until somebody does. */
static void
test_held (Duo *duo, gconstpointer data)
{
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  g_autoptr (GBytes) bytes = g_bytes_new (zeros, MIB);
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func ((GDestroyNotify) lwsg_message_unref);

  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, bytes, NULL));
  DUO_UNTIL (lwsg_context_get_memory_used (duo->server) >= MIB);
  g_signal_connect (duo->protocol, "message", G_CALLBACK (keep_message), messages);
  DUO_UNTIL (messages->len == 1);
  duo_let_pass (duo);
  g_assert_cmpuint (lwsg_context_get_memory_used (duo->server), <, MIB / 2);
  g_signal_handlers_disconnect_by_data (duo->protocol, messages);
}

/* ... or until there is no memory left for it. */
static void
test_held_is_dropped (Duo *duo, gconstpointer data)
{
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  g_autoptr (GBytes) bytes = g_bytes_new (zeros, MIB);

  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, bytes, NULL));
  DUO_UNTIL (lwsg_context_get_memory_used (duo->server) >= MIB);
  lwsg_context_set_max_memory (duo->server, MIB / 2);
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->connected), ==, LWSG_CLOSE_TOO_BIG);
  g_assert_cmpuint (lwsg_context_get_memory_used (duo->server), <, MIB / 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  duo_own_main_context ();

  g_test_add_func ("/object/memory/property", test_property);
  duo_add_closed_test ("/object/memory/unfinished", test_unfinished);
  duo_add_test ("/object/memory/held", test_held);
  duo_add_test ("/object/memory/held-is-dropped", test_held_is_dropped);

  return g_test_run ();
}
