/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"

#include <lws-glib/lws-glib.h>

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  GBytes *payload = lwsg_message_get_bytes (message);
  gsize length;
  const void *bytes = g_bytes_get_data (payload, &length);

  end_take_message (data, (guint8) lwsg_message_get_message_type (message), bytes, length);
}

static void
on_pong (LwsgConnection *connection, GBytes *payload, gpointer data)
{
  gsize length;
  const void *bytes = g_bytes_get_data (payload, &length);

  end_take_pong (data, bytes, length);
}

static void
on_closed (LwsgConnection *connection, gpointer data)
{
  End *end = data;

  end->closed++;
  end->close_code = lwsg_connection_get_close_code (connection);
}

static void
object_take (End *end, LwsgConnection *connection)
{
  g_clear_object ((GObject **) &end->connection);
  end->connection = g_object_ref (connection);
  end->opened++;
  g_signal_connect (connection, "message", G_CALLBACK (on_message), end);
  g_signal_connect (connection, "pong", G_CALLBACK (on_pong), end);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), end);
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer data)
{
  object_take (data, connection);
}

static guint16
object_listen (End *end)
{
  static const char *const names[] = { NULL, END_SUBPROTOCOL_1, END_SUBPROTOCOL_2 };
  g_autoptr (GError) error = NULL;
  guint port;

  end->context = lwsg_context_new ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      LwsgProtocol *protocol = lwsg_context_add_protocol (end->context, names[i], &error);

      g_assert_no_error (error);
      g_signal_connect (protocol, "opened", G_CALLBACK (on_opened), end);
    }
  port = lwsg_context_listen (end->context, "127.0.0.1", 0, &error);
  g_assert_no_error (error);

  return (guint16) port;
}

static void
on_dialed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);
  End *end = data;

  if (connection != NULL)
    object_take (end, connection);
  else
    end->failed++;
}

static void
object_dial (End *end, guint16 port, const char *subprotocols)
{
  g_auto (GStrv) names = subprotocols != NULL ? g_strsplit (subprotocols, ", ", -1) : NULL;
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/where?how", port);

  if (end->context == NULL)
    {
      end->context = lwsg_context_new ();
      lwsg_context_set_proxy_resolver (end->context, NULL);
    }
  lwsg_context_connect_async (end->context, uri, (const char *const *) names, NULL, on_dialed, end);
}

static void
object_turn (End *end)
{
  g_main_context_iteration (NULL, FALSE);
}

static gboolean
object_send (End *end, guint8 first_byte, const guint8 *payload, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (payload, length);
  /* The first fragment names the type of the message; for others the library knows it. */
  LwsgMessageType type = (first_byte & WIRE_FRAME_OPCODE) == WIRE_OPCODE_TEXT ? LWSG_MESSAGE_TEXT
                                                                              : LWSG_MESSAGE_BINARY;

  if (end->connection == NULL)
    return FALSE;

  switch (first_byte)
    {
    case WIRE_FRAME_FIN | WIRE_OPCODE_TEXT:
    case WIRE_FRAME_FIN | WIRE_OPCODE_BINARY:
      return lwsg_connection_send (end->connection, type, bytes, NULL);
    case WIRE_FRAME_FIN | WIRE_OPCODE_PING:
      lwsg_connection_ping_async (end->connection, bytes, NULL, NULL, NULL);
      return TRUE;
    default:
      return lwsg_connection_send_fragment (end->connection, type, bytes, (first_byte & WIRE_FRAME_FIN) != 0, NULL);
    }
}

static void
object_close (End *end, guint16 code, const char *reason)
{
  g_autoptr (GError) error = NULL;

  lwsg_connection_close (end->connection, code, reason, &error);
  g_assert_no_error (error);
}

/* All of it has gone before the next test begins. */
static void
object_stop (End *end)
{
  if (end->connection != NULL)
    g_signal_handlers_disconnect_by_data (end->connection, end);
  g_clear_object ((GObject **) &end->connection);
  if (end->context == NULL)
    return;

  g_object_add_weak_pointer (end->context, &end->context);
  lwsg_context_close (end->context);
  g_object_unref (end->context);
  END_UNTIL (end, end->context == NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

const EndFace end_object = {
  .name = "object",
  .whole_messages = TRUE,
  .listen = object_listen,
  .dial = object_dial,
  .iteration = object_turn,
  .send = object_send,
  .close = object_close,
  .stop = object_stop,
};
