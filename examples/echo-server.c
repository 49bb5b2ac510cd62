/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends every message back to where it came from.
 */
#include <glib-unix.h>
#include <locale.h>
#include <lws-glib/lws-glib.h>
#include <stdlib.h>

static int option_port = 7681;
static char *option_certificate;
static char *option_key;

static const GOptionEntry option_entries[] = {
  { "port", 'p', 0, G_OPTION_ARG_INT, &option_port, "Port to listen on, 0 for any (default 7681)", "N" },
  { "certificate", 'C', 0, G_OPTION_ARG_FILENAME, &option_certificate,
    "Serve wss://, with the certificate and its chain in this file (PEM)", "FILE" },
  { "key", 'k', 0, G_OPTION_ARG_FILENAME, &option_key,
    "File with the private key (default: it is in the file of the certificate)", "FILE" },
  { NULL },
};

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message),
                             &error))
    g_printerr ("echo-server: %s\n", error->message);
}

static gboolean
on_stop (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
use_certificate (LwsgContext *context, GError **error)
{
  const char *key = option_key != NULL ? option_key : option_certificate;
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (option_certificate == NULL)
    return TRUE;
  certificate = g_tls_certificate_new_from_files (option_certificate, key, error);

  return certificate != NULL && lwsg_context_set_tls_certificate (context, certificate, error);
}

static gboolean
serve (GError **error)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  LwsgProtocol *echo = lwsg_context_add_protocol (context, NULL, error);
  guint port;

  if (echo == NULL || !use_certificate (context, error))
    return FALSE;
  g_signal_connect (echo, "message", G_CALLBACK (on_message), NULL);
  port = lwsg_context_listen (context, "localhost", (guint16) option_port, error);
  if (port == 0)
    return FALSE;

  g_print ("Listening on %s://127.0.0.1:%u/ (Ctrl-C ends it)\n", option_certificate != NULL ? "wss" : "ws", port);
  g_unix_signal_add (SIGINT, on_stop, loop);
  g_unix_signal_add (SIGTERM, on_stop, loop);
  g_main_loop_run (loop);
  lwsg_context_close (context);

  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- sends back what comes");
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, option_entries, NULL);
  if (g_option_context_parse (options, &argc, &argv, &error))
    {
      if (argc > 1)
        g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected argument \"%s\"", argv[1]);
      else if (option_port < 0 || option_port > G_MAXUINT16)
        g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no port %d", option_port);
      else if (option_key != NULL && option_certificate == NULL)
        g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "a key needs its certificate");
    }
  if (error == NULL && serve (&error))
    return EXIT_SUCCESS;

  g_printerr ("echo-server: %s\n", error->message);
  return EXIT_FAILURE;
}
