/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program outside of the project that has both today's libwebsockets and our objects:
 * each with a server of its own, in one process. Ends with 0 if both came about.
 */
#include <libwebsockets.h>
#include <lws-glib/lws-glib.h>
#include <stdlib.h>

static int
on_event (struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
  return 0;
}

static const struct lws_protocols protocols[] = { { .name = "echo", .callback = on_event }, { 0 } };

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  LwsgConnection **connection = data;
  g_autoptr (GError) error = NULL;

  *connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);
  if (*connection == NULL)
    {
      g_printerr ("%s\n", error->message);
      exit (EXIT_FAILURE);
    }
}

int
main (void)
{
  struct lws_context_creation_info info = { .port = 0, .iface = "lo", .protocols = protocols };
  g_autoptr (LwsgContext) ours = lwsg_context_new ();
  g_autoptr (LwsgConnection) connection = NULL;
  g_autofree char *uri = NULL;
  struct lws_context *theirs;
  guint port;

  lws_set_log_level (0, NULL);
  theirs = lws_create_context (&info);
  lwsg_context_add_protocol (ours, "echo", NULL);
  port = lwsg_context_listen (ours, "127.0.0.1", 0, NULL);
  if (theirs == NULL || port == 0)
    return EXIT_FAILURE;

  uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);
  lwsg_context_connect_async (ours, uri, NULL, NULL, on_connected, &connection);
  while (connection == NULL)
    {
      g_main_context_iteration (NULL, FALSE);
      lws_service (theirs, -1);
    }
  lwsg_context_close (ours);
  lws_context_destroy (theirs);

  return lwsg_check_version (1, 0, 0) ? EXIT_SUCCESS : EXIT_FAILURE;
}
