/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ping(8) over a WebSocket: Ping frames go out, Pong frames come back, and the
 * time in between is told.
 */
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include <libwebsockets.h>

#define EXIT_USAGE 2
#define DEFAULT_PORT 7681
#define DEFAULT_INTERVAL_MS 1000
/* What ping(8) sends. */
#define DEFAULT_SIZE 56
/* RFC 6455, section 5.5: the longest payload of a control frame. */
#define PING_SIZE_MAX 125
/* A flood sends the next ping when an answer came, or after this time. */
#define FLOOD_INTERVAL_MS 10
/* How long to wait for a connection, and for answers after the last ping. */
#define ANSWER_WAIT_MS 10000
/* A signal that comes just before a wait does not end it; this does. */
#define TURN_MAX_MS 200

/* The start of each payload; it comes back to the process that wrote it, so it
 * needs no byte order. */
struct stamp {
  gint64 sequence;
  gint64 time;
};

struct statistics {
  gint64 transmitted;
  gint64 received;
  gint64 last_sequence;
  double min;
  double max;
  double sum;
  double sum_of_squares;
};

enum state {
  STATE_CONNECTING,
  STATE_PINGING,
  STATE_WAITING_FOR_ANSWERS,
  STATE_ENDED
};

static int option_port = DEFAULT_PORT;
static int option_count;
static int option_interval = DEFAULT_INTERVAL_MS;
static int option_size = DEFAULT_SIZE;
static gboolean option_flood;
static char *option_protocol;
static gboolean option_tls;
static gboolean option_self_signed;

static const GOptionEntry option_entries[] = {
  { "port", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_port, "Port of the server (default 7681)", "N" },
  { "count", 'c', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_count, "End after so many pings (default: at Ctrl-C)",
    "N" },
  { "interval", 'i', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_interval,
    "Milliseconds between two pings (default 1000)", "MS" },
  { "size", 's', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_size, "Bytes of payload, 16 to 125 (default 56)",
    "BYTES" },
  { "flood", 'f', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_flood, "Ping as fast as the answers come", NULL },
  { "tls", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_tls, "Connect by wss://", NULL },
  { "self-signed", 'S', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_self_signed,
    "Likewise, to a server that may also be its own authority", NULL },
  { "protocol", 'P', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &option_protocol,
    "Subprotocol to ask for (default: none)", "NAME" },
  G_OPTION_ENTRY_NULL
};

static volatile sig_atomic_t stop_requested;

/* The callbacks of the classic API get no pointer of the program's own, hence
 * this at file level. */
static struct {
  const char *address;
  struct libwebsocket *wsi;
  enum state state;
  gint64 started_at;
  gint64 deadline;
  struct statistics statistics;
} ping;

static void
on_stop_signal (int number)
{
  stop_requested = 1;
}

static void
statistics_add (struct statistics *statistics, double ms)
{
  statistics->min = statistics->received == 0 ? ms : MIN (statistics->min, ms);
  statistics->max = MAX (statistics->max, ms);
  statistics->sum += ms;
  statistics->sum_of_squares += ms * ms;
  statistics->received++;
}

static void
statistics_print (const struct statistics *statistics, gint64 elapsed_ms)
{
  double lost = (double) (statistics->transmitted - statistics->received);
  double loss = statistics->transmitted > 0 ? 100.0 * lost / (double) statistics->transmitted : 0.0;

  g_print ("\n--- %s WebSocket ping statistics ---\n", ping.address);
  g_print ("%" G_GINT64_FORMAT " pings transmitted, %" G_GINT64_FORMAT " received, %.4g%% loss, time %" G_GINT64_FORMAT
           " ms\n",
           statistics->transmitted, statistics->received, loss, elapsed_ms);
  if (statistics->received > 0)
    {
      double average = statistics->sum / (double) statistics->received;
      double variance = statistics->sum_of_squares / (double) statistics->received - average * average;

      g_print ("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", statistics->min, average, statistics->max,
               sqrt (MAX (variance, 0.0)));
    }
}

static void
start_pinging (void)
{
  ping.state = STATE_PINGING;
  ping.started_at = g_get_monotonic_time ();
  ping.deadline = ping.started_at;
}

static int
send_ping (struct libwebsocket *wsi)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + PING_SIZE_MAX + LWS_SEND_BUFFER_POST_PADDING] = { 0 };
  unsigned char *payload = buffer + LWS_SEND_BUFFER_PRE_PADDING;
  struct stamp stamp = { .sequence = ping.statistics.transmitted + 1, .time = g_get_monotonic_time () };

  if (ping.state != STATE_PINGING)
    return 0;
  memcpy (payload, &stamp, sizeof stamp);
  if (libwebsocket_write (wsi, payload, option_size, LWS_WRITE_PING) < 0)
    return 1;

  ping.statistics.transmitted++;
  if (option_flood)
    g_print (".");
  if (option_count > 0 && ping.statistics.transmitted >= option_count)
    {
      ping.state = STATE_WAITING_FOR_ANSWERS;
      ping.deadline = stamp.time + ANSWER_WAIT_MS * 1000;
    }
  return 0;
}

/* An answer is one that we asked for and did not have yet. */
static void
receive_pong (struct libwebsocket *wsi, const void *payload, gsize length)
{
  struct stamp stamp;
  double ms;

  if (length != (gsize) option_size)
    return;
  memcpy (&stamp, payload, sizeof stamp);
  if (stamp.sequence <= ping.statistics.last_sequence || stamp.sequence > ping.statistics.transmitted)
    return;

  ms = (double) (g_get_monotonic_time () - stamp.time) / 1000.0;
  ping.statistics.last_sequence = stamp.sequence;
  statistics_add (&ping.statistics, ms);
  if (option_flood)
    {
      g_print ("\b \b");
      libwebsocket_callback_on_writable (wsi);
    }
  else
    {
      g_print ("%zu bytes from %s: seq=%" G_GINT64_FORMAT " time=%.3f ms\n", length, ping.address, stamp.sequence, ms);
    }
  if (ping.state == STATE_WAITING_FOR_ANSWERS && stamp.sequence == ping.statistics.transmitted)
    ping.state = STATE_ENDED;
}

static int
callback_ping (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      start_pinging ();
      break;

    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return send_ping (wsi);

    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      receive_pong (wsi, in, len);
      break;

    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      g_printerr ("classic-ping: %.*s\n", (int) len, (const char *) in);
      ping.state = STATE_ENDED;
      break;

    case LWS_CALLBACK_CLOSED:
      if (ping.state != STATE_ENDED)
        g_printerr ("classic-ping: the server closed the connection\n");
      ping.state = STATE_ENDED;
      break;

    default:
      break;
    }
  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .callback = callback_ping },
  { .callback = NULL },
};

static void
deadline_reached (gint64 now)
{
  switch (ping.state)
    {
    case STATE_PINGING:
      libwebsocket_callback_on_writable (ping.wsi);
      ping.deadline = now + (option_flood ? FLOOD_INTERVAL_MS : option_interval) * G_GINT64_CONSTANT (1000);
      break;

    case STATE_CONNECTING:
      g_printerr ("classic-ping: no connection to %s within %d ms\n", ping.address, ANSWER_WAIT_MS);
      ping.state = STATE_ENDED;
      break;

    default:
      ping.state = STATE_ENDED;
    }
}

static void
run (struct libwebsocket_context *context)
{
  ping.deadline = g_get_monotonic_time () + ANSWER_WAIT_MS * 1000;
  while (ping.state != STATE_ENDED && !stop_requested)
    {
      gint64 now = g_get_monotonic_time ();
      gint64 wait = (ping.deadline - now + 999) / 1000;

      if (now >= ping.deadline)
        deadline_reached (now);
      else if (libwebsocket_service (context, (int) MIN (wait, TURN_MAX_MS)) < 0)
        break;
    }
}

/* Returns whether there is something to run. */
static int
ssl_connection_from_options (void)
{
  if (option_self_signed)
    return 2;
  return option_tls ? 1 : 0;
}

static gboolean
start (struct libwebsocket_context *context)
{
  ping.wsi = libwebsocket_client_connect (context, ping.address, option_port, ssl_connection_from_options (), "/",
                                          ping.address, NULL, option_protocol);
  if (ping.wsi == NULL)
    {
      g_printerr ("classic-ping: no connection to %s\n", ping.address);
      return FALSE;
    }
  g_print ("PING %s port %d: %d bytes of payload\n", ping.address, option_port, option_size);
  return TRUE;
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("ADDRESS - ping over a WebSocket");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (options, option_entries, NULL);
  if (!g_option_context_parse (options, argc, argv, &error))
    g_printerr ("classic-ping: %s\n", error->message);
  else if (*argc != 2)
    g_printerr ("classic-ping: one ADDRESS is needed\n");
  else if (option_port < 1 || option_port > G_MAXUINT16)
    g_printerr ("classic-ping: the port must be between 1 and %d\n", G_MAXUINT16);
  else if (option_count < 0)
    g_printerr ("classic-ping: the count can't be negative\n");
  else if (option_interval < 1)
    g_printerr ("classic-ping: the interval must be at least 1 ms\n");
  else if (option_size < (int) sizeof (struct stamp) || option_size > PING_SIZE_MAX)
    g_printerr ("classic-ping: the size must be between %zu and %d bytes\n", sizeof (struct stamp), PING_SIZE_MAX);
  else
    return TRUE;
  g_printerr ("Try 'classic-ping --help'.\n");
  return FALSE;
}

int
main (int argc, char **argv)
{
  struct sigaction action = { .sa_handler = on_stop_signal };
  struct libwebsocket_context *context;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv))
    return EXIT_USAGE;
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  ping.address = argv[1];
  protocols[0].name = option_protocol;

  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  if (context == NULL)
    {
      g_printerr ("classic-ping: could not make a context\n");
      return EXIT_FAILURE;
    }
  if (start (context))
    run (context);
  if (ping.statistics.transmitted > 0)
    statistics_print (&ping.statistics, (g_get_monotonic_time () - ping.started_at) / 1000);

  ping.state = STATE_ENDED;
  libwebsocket_context_destroy (context);
  g_free (option_protocol);
  return ping.statistics.received > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
