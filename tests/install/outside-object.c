/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program outside of the project that uses the object API. Like outside.c it is C99
 * and C++ at once. A server and a client in one context: what the client sends comes
 * back, then it closes.
 */
#include <lws-glib/lws-glib.h>

static GMainLoop *loop;
static int failures = 1; /* until all is done */

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  (void) data;
  if (lwsg_connection_close_finish (LWSG_CONNECTION (source), result, NULL))
    failures--;
  g_main_loop_quit (loop);
}

static void
on_echo (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  (void) data;
  if (g_strcmp0 (lwsg_message_get_text (message), "hello") != 0)
    failures++;
  lwsg_connection_close_async (connection, LWSG_CLOSE_NORMAL, NULL, NULL, on_closed, NULL);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  LwsgConnection *connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, NULL);

  (void) data;
  if (connection == NULL)
    {
      g_main_loop_quit (loop);
      return;
    }
  g_signal_connect (connection, "message", G_CALLBACK (on_echo), NULL);
  if (!lwsg_connection_send_text (connection, "hello", NULL))
    failures++;
  g_object_unref (connection);
}

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  (void) protocol;
  (void) data;
  if (!lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message),
                             NULL))
    failures++;
}

int
main (void)
{
  static const char *const subprotocols[] = { "echo", NULL };
  LwsgContext *context = lwsg_context_new ();
  LwsgProtocol *protocol = lwsg_context_add_protocol (context, "echo", NULL);
  guint port = lwsg_context_listen (context, "127.0.0.1", 0, NULL);
  char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);

  loop = g_main_loop_new (NULL, FALSE);
  g_signal_connect (protocol, "message", G_CALLBACK (on_message), NULL);
  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, subprotocols, NULL, on_connected, NULL);
  g_main_loop_run (loop);

  g_free (uri);
  lwsg_context_close (context);
  g_object_unref (context);
  g_main_loop_unref (loop);
  return failures;
}
