/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * client-classic PORT CONNECTIONS IN-FLIGHT SECONDS: a client of the classic API as the load.
 */
#include "tally.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

/* So that a connection that is lost before it is open doesn't keep the program for ever. */
#define TURN_MS 1000

typedef struct {
  guint number;
} Session;

static Tally *tally;
static struct libwebsocket **connections;
static guint opened;
static gboolean lost;
static guint8 message[LWS_SEND_BUFFER_PRE_PADDING + 64 + LWS_SEND_BUFFER_POST_PADDING];

static int
say (struct libwebsocket *wsi, guint number)
{
  tally_sent (tally, number);

  return libwebsocket_write (wsi, message + LWS_SEND_BUFFER_PRE_PADDING, strlen (tally_text ()), LWS_WRITE_TEXT) < 0;
}

static void
welcome (struct libwebsocket *wsi, Session *session)
{
  session->number = opened;
  connections[opened++] = wsi;
  if (opened < tally_connections (tally))
    return;
  tally_start (tally);
  for (guint i = 0; i < opened; i++)
    for (guint k = 0; k < tally_in_flight (tally); k++)
      say (connections[i], i);
}

static int
on_client (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  Session *session = user;

  switch (reason)
    {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      welcome (wsi, session);
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      tally_answered (tally, session->number);
      return say (wsi, session->number);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED:
      lost = TRUE;
      return 0;
    default:
      return 0;
    }
}

/* FALSE: a connection was lost. */
static gboolean
run (struct libwebsocket_context *context)
{
  while (!lost && !tally_is_over (tally))
    if (libwebsocket_service (context, TURN_MS) < 0)
      return FALSE;

  return !lost;
}

static gboolean
dial (struct libwebsocket_context *context)
{
  for (guint i = 0; i < tally_connections (tally); i++)
    if (libwebsocket_client_connect (context, "127.0.0.1", (int) tally_port (tally), 0, "/", "localhost", NULL, NULL)
        == NULL)
      return FALSE;

  return TRUE;
}

int
main (int argc, char **argv)
{
  struct libwebsocket_protocols protocols[] = {
    { .name = "bench", .callback = on_client, .per_session_data_size = sizeof (Session) },
    { .callback = NULL },
  };
  struct libwebsocket_context *context;
  gboolean done;

  tally = tally_new (argc, argv);
  if (tally == NULL)
    return 2;
  memcpy (message + LWS_SEND_BUFFER_PRE_PADDING, tally_text (), strlen (tally_text ()));
  connections = g_new0 (struct libwebsocket *, tally_connections (tally));
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  done = context != NULL && dial (context) && run (context);
  if (done)
    tally_report (tally);
  else
    g_printerr ("client-classic: a connection was lost\n");
  g_clear_pointer (&context, libwebsocket_context_destroy);
  g_free (connections);
  tally_free (tally);

  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
