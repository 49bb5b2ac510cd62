/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs the sample of the manual that connects again and again, which stands in front of this: nobody
 * listens at first, and then there is a server that closes twice what was opened.
 */
#define VISITS 3

static guint visits;

static void
on_visit (LwsgProtocol *protocol, LwsgConnection *visitor, gpointer data)
{
  if (++visits < VISITS)
    lwsg_connection_close (visitor, LWSG_CLOSE_GOING_AWAY, NULL, NULL);
  else
    g_main_loop_quit (data);
}

int
main (void)
{
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (LwsgContext) server = lwsg_context_new ();
  Client client = { .context = lwsg_context_new () };
  LwsgProtocol *visited = lwsg_context_add_protocol (server, NULL, NULL);

  g_signal_connect (visited, "opened", G_CALLBACK (on_visit), main_loop);
  client_connect (&client);
  /* Each attempt fails, and is followed by a longer wait. */
  for (guint delay = FIRST_DELAY; delay <= 2 * FIRST_DELAY; delay *= 2)
    {
      while (client.delay < delay)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (client.delay, ==, delay);
    }

  g_assert_cmpuint (lwsg_context_listen (server, "127.0.0.1", PORT, NULL), ==, PORT);
  g_main_loop_run (main_loop);
  /* A connection that came about is followed by short waits. */
  g_assert_cmpuint (client.delay, <=, FIRST_DELAY);

  return 0;
}
