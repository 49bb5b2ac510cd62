/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client of classic-server: it prints the server's counter, or draws random
 * circles on the board.
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include <glib.h>

#include <libwebsockets.h>

#define EXIT_USAGE 2
#define DEFAULT_PORT 7681
/* How often the loop looks for Ctrl-C, and the time between two circles. */
#define TURN_MS 250

/* The board is 10000 units wide and 7500 high. */
#define BOARD_WIDTH 10000
#define BOARD_HEIGHT 7500
#define RADIUS_MIN 100
#define RADIUS_MAX 900
#define CIRCLE_SIZE 64

enum {
  PROTOCOL_INCREMENT,
  PROTOCOL_MIRROR,
  N_PROTOCOLS
};

static int option_port = DEFAULT_PORT;
static int option_count;
static char *option_protocol;
static gboolean option_tls;
static gboolean option_self_signed;

static const GOptionEntry option_entries[] = {
  { "port", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_port, "Port of the server (default 7681)", "N" },
  { "protocol", 'P', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &option_protocol,
    "What to do: dumb-increment (default) or mirror", "NAME" },
  { "count", 'c', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_count,
    "End after so many messages (default: at Ctrl-C)", "N" },
  { "tls", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_tls, "Connect by wss://", NULL },
  { "self-signed", 'S', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_self_signed,
    "Likewise, to a server that may also be its own authority", NULL },
  G_OPTION_ENTRY_NULL
};

static volatile sig_atomic_t stop_requested;

/* The callbacks of the classic API get no pointer of the program's own, hence
 * this one connection at file level. */
static struct {
  struct libwebsocket *wsi;
  gboolean established;
  int messages;
} client;

static void
on_stop_signal (int number)
{
  stop_requested = 1;
}

static gboolean
client_is_done (void)
{
  return option_count > 0 && client.messages >= option_count;
}

static void
client_lost (void)
{
  client.wsi = NULL;
  client.established = FALSE;
}

static int
print_number (const char *text)
{
  guint64 number;

  if (client_is_done ())
    return 0;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL))
    {
      g_printerr ("classic-client: the server sent something that is not a number\n");
      return 1;
    }
  g_print ("%" G_GUINT64_FORMAT "\n", number);
  client.messages++;
  if (client_is_done ())
    libwebsocket_client_close (client.wsi);
  return 0;
}

static int
callback_increment (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                    size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      client.established = TRUE;
      break;

    case LWS_CALLBACK_CLIENT_RECEIVE:
      return print_number (in);

    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      /* LWS_CALLBACK_CLOSED follows. */
      g_printerr ("classic-client: %.*s\n", (int) len, (const char *) in);
      break;

    case LWS_CALLBACK_CLOSED:
      if (client.established && !client_is_done () && !stop_requested)
        g_printerr ("classic-client: the connection was closed\n");
      client_lost ();
      break;

    default:
      break;
    }
  return 0;
}

static int
draw_circle (struct libwebsocket *wsi)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + CIRCLE_SIZE + LWS_SEND_BUFFER_POST_PADDING];
  unsigned char *payload = buffer + LWS_SEND_BUFFER_PRE_PADDING;
  int radius = g_random_int_range (RADIUS_MIN, RADIUS_MAX);
  int length;

  if (client_is_done ())
    return 0;
  length = g_snprintf ((char *) payload, CIRCLE_SIZE, "o #%06x %d %d %d %d;", g_random_int_range (0, 1 << 24),
                       g_random_int_range (20, 80), g_random_int_range (radius, BOARD_WIDTH - radius),
                       g_random_int_range (radius, BOARD_HEIGHT - radius), radius);
  if (libwebsocket_write (wsi, payload, length, LWS_WRITE_TEXT) < 0)
    return 1;

  g_print ("%s\n", (char *) payload);
  client.messages++;
  if (client_is_done ())
    libwebsocket_client_close (wsi);
  return 0;
}

static int
callback_mirror (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return draw_circle (wsi);

    case LWS_CALLBACK_CLIENT_RECEIVE:
      /* What others draw. */
      return 0;

    default:
      return callback_increment (wsi, reason, user, in, len);
    }
}

static struct libwebsocket_protocols protocols[N_PROTOCOLS + 1] = {
  [PROTOCOL_INCREMENT] = { .name = "dumb-increment-protocol", .callback = callback_increment },
  [PROTOCOL_MIRROR] = { .name = "lws-mirror-protocol", .callback = callback_mirror },
  [N_PROTOCOLS] = { .callback = NULL },
};

static gboolean
protocol_from_option (int *protocol)
{
  if (option_protocol == NULL || g_str_equal (option_protocol, "dumb-increment"))
    *protocol = PROTOCOL_INCREMENT;
  else if (g_str_equal (option_protocol, "mirror"))
    *protocol = PROTOCOL_MIRROR;
  else
    return FALSE;
  return TRUE;
}

static gboolean
parse_options (int *argc, char ***argv, int *protocol)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("ADDRESS - a client of classic-server");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (options, option_entries, NULL);
  if (!g_option_context_parse (options, argc, argv, &error))
    g_printerr ("classic-client: %s\n", error->message);
  else if (*argc != 2)
    g_printerr ("classic-client: one ADDRESS is needed\n");
  else if (option_port < 1 || option_port > G_MAXUINT16)
    g_printerr ("classic-client: the port must be between 1 and %d\n", G_MAXUINT16);
  else if (option_count < 0)
    g_printerr ("classic-client: the count can't be negative\n");
  else if (!protocol_from_option (protocol))
    g_printerr ("classic-client: the protocol must be dumb-increment or mirror\n");
  else
    return TRUE;
  g_printerr ("Try 'classic-client --help'.\n");
  return FALSE;
}

static int
ssl_connection_from_options (void)
{
  if (option_self_signed)
    return 2;
  return option_tls ? 1 : 0;
}

static gboolean
run (struct libwebsocket_context *context, int protocol)
{
  gint64 next_circle = 0;

  while (client.wsi != NULL && !stop_requested)
    {
      if (libwebsocket_service (context, TURN_MS) < 0)
        break;
      if (protocol == PROTOCOL_MIRROR && client.established && g_get_monotonic_time () >= next_circle)
        {
          libwebsocket_callback_on_writable (client.wsi);
          next_circle = g_get_monotonic_time () + TURN_MS * 1000;
        }
    }
  return stop_requested || client_is_done ();
}

int
main (int argc, char **argv)
{
  struct sigaction action = { .sa_handler = on_stop_signal };
  struct libwebsocket_context *context;
  int protocol;
  gboolean ran = FALSE;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv, &protocol))
    return EXIT_USAGE;
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);

  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  if (context == NULL)
    {
      g_printerr ("classic-client: could not make a context\n");
      return EXIT_FAILURE;
    }
  client.wsi = libwebsocket_client_connect (context, argv[1], option_port, ssl_connection_from_options (), "/",
                                            argv[1], NULL, protocols[protocol].name);
  if (client.wsi == NULL)
    g_printerr ("classic-client: no connection to %s\n", argv[1]);
  else
    ran = run (context, protocol);

  libwebsocket_context_destroy (context);
  g_free (option_protocol);
  return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}
