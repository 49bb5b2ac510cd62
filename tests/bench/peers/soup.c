/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-soup PORT [CERTIFICATE KEY]: libsoup as a server of the benchmarks. On the path
 * /fan each message goes to all connections on /fan, on any other it is echoed. Files come
 * from the directory in BENCH_FILES.
 */
#include "tick.h"

#include <libsoup/soup.h>
#include <stdlib.h>
#include <sys/resource.h>

static GPtrArray *fans;

static void
on_echo (SoupWebsocketConnection *connection, int type, GBytes *message)
{
  soup_websocket_connection_send_message (connection, type, message);
}

static void
on_fan (SoupWebsocketConnection *connection, int type, GBytes *message)
{
  for (guint i = 0; i < fans->len; i++)
    soup_websocket_connection_send_message (g_ptr_array_index (fans, i), type, message);
}

static void
on_closed (SoupWebsocketConnection *connection)
{
  g_ptr_array_remove_fast (fans, connection);
  g_object_unref (connection);
}

static void
on_websocket (SoupServer *server, SoupServerMessage *message, const char *path, SoupWebsocketConnection *connection,
              gpointer data)
{
  gboolean fan = g_strcmp0 (path, "/fan") == 0;

  g_object_ref (connection);
  soup_websocket_connection_set_max_incoming_payload_size (connection, 0);
  if (fan)
    g_ptr_array_add (fans, connection);
  g_signal_connect (connection, "message", G_CALLBACK (fan ? on_fan : on_echo), NULL);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), NULL);
}

static void
on_file (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer directory)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *file = g_build_filename (directory, name, NULL);
  g_autoptr (GMappedFile) mapped = g_mapped_file_new (file, FALSE, NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (mapped == NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  bytes = g_mapped_file_get_bytes (mapped);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;
  SoupServerListenOptions how = SOUP_SERVER_LISTEN_IPV4_ONLY;
  struct rlimit files = { 0 };

  if (argc != 2 && argc != 4)
    {
      g_printerr ("Usage: bench-soup PORT [CERTIFICATE KEY]\n");
      return 2;
    }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  fans = g_ptr_array_new ();
  if (argc == 4)
    {
      certificate = g_tls_certificate_new_from_files (argv[2], argv[3], &error);
      soup_server_set_tls_certificate (server, certificate);
      how |= SOUP_SERVER_LISTEN_HTTPS;
    }
  if (g_getenv ("BENCH_FILES") != NULL)
    soup_server_add_handler (server, "/", on_file, (gpointer) g_getenv ("BENCH_FILES"), NULL);
  else
    soup_server_add_websocket_handler (server, "/", NULL, NULL, on_websocket, NULL, NULL);
  if (error != NULL || !soup_server_listen_local (server, (guint) atoi (argv[1]), how, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  tick_start (loop);
  g_main_loop_run (loop);
  tick_report ();

  return 0;
}
