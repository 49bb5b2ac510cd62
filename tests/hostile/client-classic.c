/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * client-classic PORT: a client of the classic API that sends back what it gets, as fragments
 * what comes in pieces. It stays until SIGTERM, whatever becomes of its connection.
 */
#include <glib.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>

/* So that a signal between two turns is seen. */
#define TURN_MS 1000

static volatile sig_atomic_t stop;

static int
on_client (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  gboolean more;

  if (reason != LWS_CALLBACK_CLIENT_RECEIVE)
    return 0;

  more = libwebsockets_remaining_packet_payload (wsi) > 0;

  return libwebsocket_write (wsi, in, len, more ? LWS_WRITE_TEXT | LWS_WRITE_NO_FIN : LWS_WRITE_TEXT) < 0;
}

static void
on_signal (int number)
{
  stop = 1;
}

int
main (int argc, char **argv)
{
  struct libwebsocket_protocols protocols[] = {
    { .name = "echo", .callback = on_client },
    { .callback = NULL },
  };
  struct libwebsocket_context *context;

  if (argc != 2 || atoi (argv[1]) <= 0)
    {
      g_printerr ("Usage: client-classic PORT\n");
      return 2;
    }

  signal (SIGTERM, on_signal);
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  if (context == NULL ||
      libwebsocket_client_connect (context, "127.0.0.1", atoi (argv[1]), 0, "/", "localhost", NULL, NULL) == NULL)
    return EXIT_FAILURE;
  while (!stop && libwebsocket_service (context, TURN_MS) >= 0)
    ;
  libwebsocket_context_destroy (context);

  return EXIT_SUCCESS;
}
