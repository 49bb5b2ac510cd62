/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * client-object PORT: a client of the object API that sends back what it gets. It stays until
 * SIGTERM, whatever becomes of its connection.
 */
#include <glib-unix.h>
#include <lws-glib/lws-glib.h>
#include <stdlib.h>

static void
on_message (LwsgConnection *connection, LwsgMessage *message)
{
  /* It may have gone meanwhile. */
  lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), NULL);
}

static void
on_connected (GObject *context, GAsyncResult *result, gpointer data)
{
  LwsgConnection **connection = data;

  *connection = lwsg_context_connect_finish (LWSG_CONTEXT (context), result, NULL);
  if (*connection != NULL)
    g_signal_connect (*connection, "message", G_CALLBACK (on_message), NULL);
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (LwsgConnection) connection = NULL;
  g_autofree char *uri = NULL;

  if (argc != 2 || atoi (argv[1]) <= 0)
    {
      g_printerr ("Usage: client-object PORT\n");
      return 2;
    }

  g_unix_signal_add (SIGTERM, on_signal, loop);
  uri = g_strdup_printf ("ws://127.0.0.1:%s/", argv[1]);
  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, NULL, NULL, on_connected, &connection);
  g_main_loop_run (loop);
  lwsg_context_close (context);

  return EXIT_SUCCESS;
}
