/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

/* The signals that each message emits, and all that a program in C may connect to them: they are
 * called by marshallers of our own if there is a single handler, and by those of GLib otherwise. */

typedef struct {
  gpointer object;              /* what the signal is of, and where the message came to */
  LwsgConnection *connection;
  guint plain;
  guint swapped;
  LwsgMessage *kept;
} Heard;

static void
keep (Heard *last_received, LwsgMessage *message)
{
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "text");
  g_clear_pointer (&last_received->kept, lwsg_message_unref);
  last_received->kept = lwsg_message_ref (message);
}

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  Heard *last_received = data;

  g_assert_true (connection == last_received->object);
  keep (last_received, message);
  last_received->plain++;
}

static void
on_message_swapped (gpointer data, LwsgMessage *message, LwsgConnection *connection)
{
  Heard *last_received = data;

  g_assert_true (connection == last_received->object);
  keep (last_received, message);
  last_received->swapped++;
}

static void
on_protocol_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  Heard *last_received = data;

  g_assert_true (protocol == last_received->object);
  g_assert_true (connection == last_received->connection);
  keep (last_received, message);
  last_received->plain++;
}

static void
on_protocol_message_swapped (gpointer data, LwsgConnection *connection, LwsgMessage *message, LwsgProtocol *protocol)
{
  Heard *last_received = data;

  g_assert_true (protocol == last_received->object);
  g_assert_true (connection == last_received->connection);
  keep (last_received, message);
  last_received->swapped++;
}

/* No handler, one, the other, and both. */
static void
check_handlers (Duo *duo, gpointer object, GCallback plain, GCallback swapped)
{
  for (guint i = 0; i < 4; i++)
    {
      Heard last_received = { .object = object, .connection = duo->accepted };

      if (i & 1)
        g_signal_connect (object, "message", plain, &last_received);
      if (i & 2)
        g_signal_connect_swapped (object, "message", swapped, &last_received);
      duo_send (duo->connected, "text");
      if (i > 0)
        DUO_UNTIL (last_received.plain == (i & 1) && last_received.swapped == (i & 2) / 2);
      else
        duo_expect (duo->accepted, "text");
      g_signal_handlers_disconnect_by_data (object, &last_received);
      if (last_received.kept != NULL)
        g_assert_cmpstr (lwsg_message_get_text (last_received.kept), ==, "text");
      g_clear_pointer (&last_received.kept, lwsg_message_unref);
    }
}

static void
test_connection (Duo *duo, gconstpointer transport)
{
  check_handlers (duo, duo->accepted, G_CALLBACK (on_message), G_CALLBACK (on_message_swapped));
}

static void
test_protocol (Duo *duo, gconstpointer transport)
{
  check_handlers (duo, duo->protocol, G_CALLBACK (on_protocol_message), G_CALLBACK (on_protocol_message_swapped));
}

/* What no signal may be: then a binding would not take a reference to what it is given. */
static void
test_nothing_static (void)
{
  const GType types[] = { LWSG_TYPE_CONTEXT, LWSG_TYPE_PROTOCOL, LWSG_TYPE_CONNECTION, LWSG_TYPE_REQUEST };
  guint parameters = 0;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GTypeClass) klass = g_type_class_ref (types[i]);
      guint n_signals;
      g_autofree guint *signals = g_signal_list_ids (types[i], &n_signals);

      for (guint j = 0; j < n_signals; j++)
        {
          GSignalQuery query;

          g_signal_query (signals[j], &query);
          for (guint k = 0; k < query.n_params; k++, parameters++)
            g_assert_cmpuint (query.param_types[k] & G_SIGNAL_TYPE_STATIC_SCOPE, ==, 0);
        }
    }
  g_assert_cmpuint (parameters, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_test ("/object/lend/connection", test_connection);
  duo_add_test ("/object/lend/protocol", test_protocol);
  g_test_add_func ("/object/lend/nothing-static", test_nothing_static);

  return g_test_run ();
}
