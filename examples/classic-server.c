/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The demo server of the classic API: it serves a web page, counts for each
 * visitor, and mirrors what one visitor draws to all of them.
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include <libwebsockets.h>

/* Meson defines where the page is installed. The folder beside this one is for who compiles it by hand. */
#ifndef DEMO_DIR
#define DEMO_DIR "../data"
#endif

#define EXIT_USAGE 2
#define DEFAULT_PORT 7681

#define TICKS_PER_SECOND 20
#define TICK_PERIOD (G_USEC_PER_SEC / TICKS_PER_SECOND)

/* "l #rrggbb 999 10000 10000 10000 10000;" is the longest one. */
#define COMMAND_MAX 40
/* A ring of 768 KiB. Newcomers are sent its younger half, so that they
 * don't fill it by coming in; the last part is for what was already under way
 * when the visitors were told to hold. */
#define RING_SIZE 16384
#define RING_HISTORY (RING_SIZE / 2)
#define RING_NEARLY_FULL (RING_SIZE - RING_SIZE / 16)
#define RING_RELAXED (RING_SIZE - RING_SIZE / 4)
/* Old commands leave several to a message: less work on both sides. */
#define MESSAGE_SIZE 4096
/* One check a second. */
#define STALLED_CHECKS_MAX 5

enum {
  PROTOCOL_HTTP,
  PROTOCOL_INCREMENT,
  PROTOCOL_MIRROR,
  N_PROTOCOLS
};

static int option_port = DEFAULT_PORT;
static gboolean option_fork;
static char *option_resources;
static char *option_certificate;
static char *option_key;

static const GOptionEntry option_entries[] = {
  { "port", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &option_port, "Port to listen on (default 7681)", "N" },
  { "fork", 'f', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_fork, "Serve from a process of its own", NULL },
  { "resources", 'r', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &option_resources,
    "Folder of the web page (default " DEMO_DIR ")", "DIR" },
  { "certificate", 'C', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &option_certificate,
    "Serve https:// and wss://, with the certificate and its chain in this file (PEM)", "FILE" },
  { "key", 'k', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &option_key,
    "File with the private key (default: it is in the file of the certificate)", "FILE" },
  G_OPTION_ENTRY_NULL
};

static volatile sig_atomic_t stop_requested;

static void
on_stop_signal (int number)
{
  stop_requested = 1;
}

static void
watch_stop_signals (void)
{
  struct sigaction action = { .sa_handler = on_stop_signal };

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

/* http-only: the page. A table of names instead of a look into the folder:
 * no request can leave it. */

struct resource {
  const char *path;
  const char *file;
  const char *content_type;
};

static const struct resource resources[] = {
  { "/", "index.html", "text/html; charset=utf-8" },
  { "/index.html", "index.html", "text/html; charset=utf-8" },
  { "/demo.css", "demo.css", "text/css; charset=utf-8" },
  { "/demo.js", "demo.js", "text/javascript; charset=utf-8" },
  { "/board.js", "board.js", "text/javascript; charset=utf-8" },
  { "/counter.js", "counter.js", "text/javascript; charset=utf-8" },
  { "/link.js", "link.js", "text/javascript; charset=utf-8" },
  { "/pens.js", "pens.js", "text/javascript; charset=utf-8" },
  { "/favicon.svg", "favicon.svg", "image/svg+xml" },
};

static const struct resource *
find_resource (const char *target)
{
  g_autofree char *path = g_strndup (target, strcspn (target, "?"));

  for (gsize i = 0; i < G_N_ELEMENTS (resources); i++)
    {
      if (g_str_equal (resources[i].path, path))
        return &resources[i];
    }
  return NULL;
}

static int
send_not_found (struct libwebsocket *wsi)
{
  static const char body[] = "<!doctype html><title>404 Not Found</title>"
                             "<p>There is nothing here. <a href=\"/\">The demo is over there.</a>\n";
  g_autofree char *reply = g_strdup_printf ("HTTP/1.1 404 Not Found\r\n"
                                            "Content-Type: text/html; charset=utf-8\r\n"
                                            "Content-Length: %zu\r\n"
                                            "Connection: close\r\n"
                                            "\r\n"
                                            "%s",
                                            strlen (body), body);

  return libwebsocket_write (wsi, (unsigned char *) reply, strlen (reply), LWS_WRITE_HTTP) < 0;
}

static int
send_resource (struct libwebsocket *wsi, const struct resource *resource)
{
  g_autofree char *file = g_build_filename (option_resources, resource->file, NULL);

  if (libwebsockets_serve_http_file (wsi, file, resource->content_type) != 0)
    g_printerr ("classic-server: could not serve %s\n", file);
  return 0;
}

static int
callback_http (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  const struct resource *resource;

  if (reason != LWS_CALLBACK_HTTP)
    return 0;
  resource = find_resource (in);
  return resource == NULL ? send_not_found (wsi) : send_resource (wsi, resource);
}

/* dumb-increment-protocol: each broadcast counts; the number leaves when the
 * connection can take it. A slow visitor misses some instead of piling them up. */

struct counter {
  unsigned int number;
};

static int
send_number (struct libwebsocket *wsi, unsigned int number)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + 16 + LWS_SEND_BUFFER_POST_PADDING];
  unsigned char *payload = buffer + LWS_SEND_BUFFER_PRE_PADDING;
  int length = g_snprintf ((char *) payload, 16, "%u", number);

  return libwebsocket_write (wsi, payload, length, LWS_WRITE_TEXT) < 0;
}

static int
callback_increment (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                    size_t len)
{
  struct counter *counter = user;

  switch (reason)
    {
    case LWS_CALLBACK_BROADCAST:
      counter->number++;
      libwebsocket_callback_on_writable (wsi);
      break;

    case LWS_CALLBACK_RECEIVE:
      if (g_str_equal (in, "reset\n"))
        {
          counter->number = 0;
          libwebsocket_callback_on_writable (wsi);
        }
      break;

    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return send_number (wsi, counter->number);

    default:
      break;
    }
  return 0;
}

/* lws-mirror-protocol: one drawing command in each message that comes in,
 *
 *   l #rrggbb WIDTH X0 Y0 X1 Y1;   a line
 *   o #rrggbb WIDTH X Y RADIUS;    a circle
 *   c;                             an empty board
 *
 * one or more in each that goes out, with "v N;" when the number of visitors
 * changed. The server looks only at what it needs; the page checks the rest. */

struct visitor {
  struct libwebsocket *wsi;
  char command[COMMAND_MAX];
  gsize command_length;
  guint64 next;
  guint64 next_at_check;
  unsigned int stalled_checks;
  unsigned int visitors_told;
};

static struct {
  struct {
    char text[COMMAND_MAX];
    gsize length;
  } ring[RING_SIZE];

  /* How many commands there were: number N stands in slot N % RING_SIZE. */
  guint64 end;
  GPtrArray *visitors;
  gboolean held;
} board;

static guint64
board_oldest (guint64 commands)
{
  return board.end > commands ? board.end - commands : 0;
}

static guint64
board_longest_backlog (void)
{
  guint64 longest = 0;

  for (guint i = 0; i < board.visitors->len; i++)
    {
      const struct visitor *visitor = g_ptr_array_index (board.visitors, i);

      longest = MAX (longest, board.end - visitor->next);
    }
  return longest;
}

/* Nobody may draw faster than the slowest visitor can look. */
static void
board_control_flow (void)
{
  guint64 limit = board.held ? RING_RELAXED : RING_NEARLY_FULL;
  gboolean hold = board_longest_backlog () > limit;

  if (hold == board.held)
    return;
  board.held = hold;
  for (guint i = 0; i < board.visitors->len; i++)
    {
      const struct visitor *visitor = g_ptr_array_index (board.visitors, i);

      libwebsocket_rx_flow_control (visitor->wsi, !hold);
    }
}

static void
board_add (const char *command, gsize length)
{
  gsize slot = board.end++ % RING_SIZE;

  memcpy (board.ring[slot].text, command, length);
  board.ring[slot].length = length;
}

static void
visitor_enter (struct visitor *visitor, struct libwebsocket *wsi)
{
  visitor->wsi = wsi;
  visitor->next = board_oldest (RING_HISTORY);
  g_ptr_array_add (board.visitors, visitor);
  if (board.held)
    libwebsocket_rx_flow_control (wsi, 0);
  libwebsocket_callback_on_writable_all_protocol (libwebsockets_get_protocol (wsi));
}

static void
visitor_leave (struct visitor *visitor)
{
  g_ptr_array_remove_fast (board.visitors, visitor);
  board_control_flow ();
  libwebsocket_callback_on_writable_all_protocol (libwebsockets_get_protocol (visitor->wsi));
}

/* Text that may stand beside others' in one message: a command that visitors
 * may use, ASCII, with its end at the end. */
static gboolean
is_command (const char *text, gsize length)
{
  if (length < 2 || strchr ("loc", text[0]) == NULL || text[length - 1] != ';')
    return FALSE;
  for (gsize i = 0; i < length - 1; i++)
    {
      if (!g_ascii_isprint (text[i]) || text[i] == ';')
        return FALSE;
    }
  return TRUE;
}

/* Even a short message may come in pieces. */
static int
visitor_receive (struct visitor *visitor, const char *piece, gsize length)
{
  if (length > COMMAND_MAX - visitor->command_length)
    return 1;
  memcpy (visitor->command + visitor->command_length, piece, length);
  visitor->command_length += length;
  if (libwebsockets_remaining_packet_payload (visitor->wsi) > 0)
    return 0;

  if (!is_command (visitor->command, visitor->command_length))
    return 1;
  board_add (visitor->command, visitor->command_length);
  visitor->command_length = 0;
  board_control_flow ();
  libwebsocket_callback_on_writable_all_protocol (libwebsockets_get_protocol (visitor->wsi));
  return 0;
}

static gsize
visitor_gather (struct visitor *visitor, char *message)
{
  gsize length = 0;

  if (visitor->visitors_told != board.visitors->len)
    {
      visitor->visitors_told = board.visitors->len;
      length = g_snprintf (message, MESSAGE_SIZE, "v %u;", visitor->visitors_told);
    }

  visitor->next = MAX (visitor->next, board_oldest (RING_SIZE));
  while (visitor->next < board.end && length + COMMAND_MAX <= MESSAGE_SIZE)
    {
      gsize slot = visitor->next++ % RING_SIZE;

      memcpy (message + length, board.ring[slot].text, board.ring[slot].length);
      length += board.ring[slot].length;
    }
  return length;
}

static int
visitor_write (struct visitor *visitor)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + MESSAGE_SIZE + LWS_SEND_BUFFER_POST_PADDING];
  unsigned char *payload = buffer + LWS_SEND_BUFFER_PRE_PADDING;
  gsize length = visitor_gather (visitor, (char *) payload);

  if (length > 0 && libwebsocket_write (visitor->wsi, payload, length, LWS_WRITE_TEXT) < 0)
    return 1;
  if (visitor->next < board.end)
    libwebsocket_callback_on_writable (visitor->wsi);
  board_control_flow ();
  return 0;
}

/* One who takes nothing for seconds would hold all others for ever. */
static gboolean
visitor_is_stalled (struct visitor *visitor)
{
  if (visitor->next == visitor->next_at_check && visitor->next < board.end)
    visitor->stalled_checks++;
  else
    visitor->stalled_checks = 0;
  visitor->next_at_check = visitor->next;
  return visitor->stalled_checks >= STALLED_CHECKS_MAX;
}

static int
callback_mirror (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  struct visitor *visitor = user;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      visitor_enter (visitor, wsi);
      break;

    case LWS_CALLBACK_RECEIVE:
      return visitor_receive (visitor, in, len);

    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return visitor_write (visitor);

    case LWS_CALLBACK_BROADCAST:
      return visitor_is_stalled (visitor);

    case LWS_CALLBACK_CLOSED:
      visitor_leave (visitor);
      break;

    default:
      break;
    }
  return 0;
}

static struct libwebsocket_protocols protocols[N_PROTOCOLS + 1] = {
  [PROTOCOL_HTTP] = { .name = "http-only", .callback = callback_http },
  [PROTOCOL_INCREMENT] = { .name = "dumb-increment-protocol",
                           .callback = callback_increment,
                           .per_session_data_size = sizeof (struct counter) },
  [PROTOCOL_MIRROR] = { .name = "lws-mirror-protocol",
                        .callback = callback_mirror,
                        .per_session_data_size = sizeof (struct visitor) },
  [N_PROTOCOLS] = { .callback = NULL },
};

static gboolean
broadcast_tick (int protocol)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + 1 + LWS_SEND_BUFFER_POST_PADDING] = { 0 };

  return libwebsockets_broadcast (&protocols[protocol], buffer + LWS_SEND_BUFFER_PRE_PADDING, 1) >= 0;
}

static gboolean
tick (void)
{
  static unsigned int ticks;

  if (++ticks % TICKS_PER_SECOND == 0 && !broadcast_tick (PROTOCOL_MIRROR))
    return FALSE;
  return broadcast_tick (PROTOCOL_INCREMENT);
}

/* Where another process does the service, this one has only the ticks to do. */
static gboolean
wait_until (struct libwebsocket_context *context, gint64 time)
{
  gint64 microseconds = MAX (time - g_get_monotonic_time (), 0);

  if (!option_fork)
    return libwebsocket_service (context, (int) ((microseconds + 999) / 1000)) >= 0;
  g_usleep (microseconds);
  return TRUE;
}

static gboolean
run (struct libwebsocket_context *context)
{
  gint64 next_tick = g_get_monotonic_time ();

  while (!stop_requested)
    {
      if (g_get_monotonic_time () >= next_tick)
        {
          if (!tick ())
            return FALSE;
          /* After a suspend, don't make up for what was missed. */
          next_tick = MAX (next_tick + TICK_PERIOD, g_get_monotonic_time ());
        }
      if (!wait_until (context, next_tick))
        return FALSE;
    }
  return TRUE;
}

static gboolean
serve (struct libwebsocket_context *context)
{
  if (option_fork && libwebsockets_fork_service_loop (context) < 0)
    {
      g_printerr ("classic-server: could not start the service process\n");
      return FALSE;
    }
  g_print ("Listening on %s://%s:%d (Ctrl-C ends it)\n", option_certificate != NULL ? "https" : "http",
           option_certificate != NULL ? "localhost" : "127.0.0.1", option_port);

  if (!run (context) && !stop_requested)
    {
      g_printerr ("classic-server: the service came to an unexpected end\n");
      return FALSE;
    }
  return TRUE;
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- a page, a counter and a board for all");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (options, option_entries, NULL);
  if (!g_option_context_parse (options, argc, argv, &error))
    g_printerr ("classic-server: %s\n", error->message);
  else if (*argc > 1)
    g_printerr ("classic-server: unexpected argument '%s'\n", (*argv)[1]);
  else if (option_port < 1 || option_port > G_MAXUINT16)
    g_printerr ("classic-server: the port must be between 1 and %d\n", G_MAXUINT16);
  else if (option_key != NULL && option_certificate == NULL)
    g_printerr ("classic-server: a key needs its certificate\n");
  else
    return TRUE;
  g_printerr ("Try 'classic-server --help'.\n");
  return FALSE;
}

static gboolean
find_page (void)
{
  g_autofree char *index = NULL;

  if (option_resources == NULL)
    option_resources = g_strdup (DEMO_DIR);
  index = g_build_filename (option_resources, "index.html", NULL);
  if (g_file_test (index, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  g_printerr ("classic-server: there is no %s; name the folder of the web page with --resources\n", index);
  return FALSE;
}

int
main (int argc, char **argv)
{
  struct libwebsocket_context *context;
  gboolean served;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv))
    return EXIT_USAGE;
  if (!find_page ())
    return EXIT_FAILURE;

  watch_stop_signals ();
  board.visitors = g_ptr_array_new ();
  context = libwebsocket_create_context (option_port, protocols, option_certificate, option_key, -1, -1);
  if (context == NULL)
    {
      g_printerr ("classic-server: could not serve on port %d\n", option_port);
      return EXIT_FAILURE;
    }
  served = serve (context);

  libwebsocket_context_destroy (context);
  g_ptr_array_unref (board.visitors);
  g_free (option_resources);
  g_free (option_certificate);
  g_free (option_key);
  return served ? EXIT_SUCCESS : EXIT_FAILURE;
}
