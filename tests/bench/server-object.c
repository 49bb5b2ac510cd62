/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * server-object PORT [CERTIFICATE KEY]: the server of the benchmarks on the object API. On the path /fan
 * each message goes to all connections on /fan, on any other it is echoed. Files come from the directory in
 * BENCH_FILES.
 */
#include "tick.h"

#include <glib-unix.h>
#include <lws-glib/lws-glib.h>
#include <stdlib.h>
#include <sys/resource.h>

static gboolean
is_fan (LwsgConnection *connection, gpointer data)
{
  return g_strcmp0 (lwsg_connection_get_target (connection), "/fan") == 0;
}

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message)
{
  LwsgMessageType type = lwsg_message_get_message_type (message);
  GBytes *bytes = lwsg_message_get_bytes (message);

  if (is_fan (connection, NULL))
    lwsg_protocol_broadcast_filtered (protocol, type, bytes, is_fan, NULL, NULL);
  else
    lwsg_connection_send (connection, type, bytes, NULL);
}

static gboolean
use_certificate (LwsgContext *context, const char *certificate_path, const char *key_path, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_files (certificate_path, key_path, error);

  return certificate != NULL && lwsg_context_set_tls_certificate (context, certificate, error);
}

static gboolean
serve_files (LwsgContext *context, GError **error)
{
  const char *name = g_getenv ("BENCH_FILES");
  g_autoptr (GFile) directory = name != NULL ? g_file_new_for_path (name) : NULL;

  return directory == NULL || lwsg_context_serve_directory (context, "/", directory, error);
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
  g_autoptr (GError) error = NULL;
  LwsgProtocol *protocol = lwsg_context_add_protocol (context, NULL, NULL);
  struct rlimit files = { 0 };
  int port = argc == 2 || argc == 4 ? atoi (argv[1]) : 0;

  if (port <= 0 || port > G_MAXUINT16)
    {
      g_printerr ("Usage: server-object PORT [CERTIFICATE KEY]\n");
      return 2;
    }

  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);

  g_signal_connect (protocol, "message", G_CALLBACK (on_message), NULL);
  if ((argc == 4 && !use_certificate (context, argv[2], argv[3], &error)) || !serve_files (context, &error)
      || lwsg_context_listen (context, NULL, (guint16) port, &error) == 0)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  tick_start (loop);
  g_main_loop_run (loop);
  tick_report ();
  lwsg_context_close (context);

  return 0;
}
