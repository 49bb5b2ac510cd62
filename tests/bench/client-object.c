/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * client-object PORT CONNECTIONS IN-FLIGHT SECONDS: a client of the object API as the load.
 */
#include "tally.h"

#include <lws-glib/lws-glib.h>
#include <stdlib.h>

typedef struct {
  Tally *tally;
  GMainLoop *loop;
  GBytes *text;
  GPtrArray *connections;
  int status;
} Clients;

static GQuark
number_quark (void)
{
  return g_quark_from_static_string ("number");
}

static void
say (Clients *clients, LwsgConnection *connection, guint number)
{
  tally_sent (clients->tally, number);
  lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, clients->text, NULL);
}

static void
on_message (LwsgConnection *connection, LwsgMessage *message, Clients *clients)
{
  guint number = GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (connection), number_quark ()));

  tally_answered (clients->tally, number);
  if (tally_is_over (clients->tally))
    g_main_loop_quit (clients->loop);
  else
    say (clients, connection, number);
}

static void
fail (Clients *clients, const char *why)
{
  g_printerr ("client-object: %s\n", why);
  clients->status = EXIT_FAILURE;
  g_main_loop_quit (clients->loop);
}

static void
on_closed (Clients *clients)
{
  fail (clients, "a connection was closed");
}

static void
start (Clients *clients)
{
  tally_start (clients->tally);
  for (guint i = 0; i < clients->connections->len; i++)
    for (guint k = 0; k < tally_in_flight (clients->tally); k++)
      say (clients, g_ptr_array_index (clients->connections, i), i);
}

static void
on_connected (GObject *context, GAsyncResult *result, gpointer data)
{
  Clients *clients = data;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection = lwsg_context_connect_finish (LWSG_CONTEXT (context), result, &error);

  if (connection == NULL)
    {
      fail (clients, error->message);
      return;
    }
  g_object_set_qdata (G_OBJECT (connection), number_quark (), GUINT_TO_POINTER (clients->connections->len));
  g_signal_connect (connection, "message", G_CALLBACK (on_message), clients);
  g_signal_connect_swapped (connection, "closed", G_CALLBACK (on_closed), clients);
  g_ptr_array_add (clients->connections, connection);
  if (clients->connections->len == tally_connections (clients->tally))
    start (clients);
}

int
main (int argc, char **argv)
{
  g_autoptr (Tally) tally = tally_new (argc, argv);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GBytes) text = g_bytes_new_static (tally_text (), strlen (tally_text ()));
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  Clients clients = { .tally = tally, .loop = loop, .text = text, .connections = connections };
  g_autofree char *uri = NULL;

  if (tally == NULL)
    return 2;
  uri = g_strdup_printf ("ws://127.0.0.1:%u/", tally_port (tally));
  for (guint i = 0; i < tally_connections (tally); i++)
    lwsg_context_connect_async (context, uri, NULL, NULL, on_connected, &clients);
  g_main_loop_run (loop);
  if (clients.status == EXIT_SUCCESS)
    tally_report (tally);
  for (guint i = 0; i < connections->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (connections, i), &clients);
  lwsg_context_close (context);

  return clients.status;
}
