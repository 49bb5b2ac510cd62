/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * server-classic PORT [CERTIFICATE KEY]: the server of the benchmarks on the classic API. On the path
 * /fan each message goes to all connections on /fan, on any other it is echoed.
 * The API does not tell text from binary: all goes out as text. Files come from the
 * directory in BENCH_FILES.
 */
#include <glib.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* More is not put together for a fan-out. */
#define MESSAGE_MAX (16 * 1024 * 1024)

typedef struct {
  gboolean fan;
  gboolean fragment; /* a frame is being echoed in pieces */
  GByteArray *parts; /* a frame that came in pieces, with padding in front */
} Session;

static volatile sig_atomic_t stop;

/* The pieces of a large frame are echoed as fragments. */
static int
echo (struct libwebsocket *wsi, unsigned char *payload, size_t length)
{
  gboolean more = libwebsockets_remaining_packet_payload (wsi) > 0;

  return libwebsocket_write (wsi, payload, length, more ? LWS_WRITE_TEXT | LWS_WRITE_NO_FIN : LWS_WRITE_TEXT);
}

static int
fan_out_pieces (struct libwebsocket *wsi, Session *session, const unsigned char *payload, size_t length)
{
  static const guint8 padding[LWS_SEND_BUFFER_PRE_PADDING];
  g_autoptr (GByteArray) whole = NULL;

  if (session->parts == NULL)
    {
      session->parts = g_byte_array_new ();
      g_byte_array_append (session->parts, padding, sizeof padding);
    }
  if (session->parts->len + length > MESSAGE_MAX)
    return -1;
  g_byte_array_append (session->parts, payload, (guint) length);
  if (libwebsockets_remaining_packet_payload (wsi) > 0)
    return 0;

  whole = g_steal_pointer (&session->parts);
  length = whole->len - sizeof padding;
  g_byte_array_append (whole, padding, LWS_SEND_BUFFER_POST_PADDING);

  return libwebsockets_broadcast (libwebsockets_get_protocol (wsi), whole->data + sizeof padding, length);
}

static int
fan_out (struct libwebsocket *wsi, Session *session, unsigned char *payload, size_t length)
{
  if (session->parts != NULL || libwebsockets_remaining_packet_payload (wsi) > 0)
    return fan_out_pieces (wsi, session, payload, length);

  return libwebsockets_broadcast (libwebsockets_get_protocol (wsi), payload, length);
}

static int
serve_file (struct libwebsocket *wsi, const char *path)
{
  const char *directory = g_getenv ("BENCH_FILES");
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *file = NULL;

  if (directory == NULL)
    return -1;
  file = g_build_filename (directory, name, NULL);

  return libwebsockets_serve_http_file (wsi, file, "application/octet-stream");
}

static int
on_bench (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  Session *session = user;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      session->fan = strcmp (in, "/fan") == 0;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      return session->fan ? fan_out (wsi, session, in, len) : echo (wsi, in, len);
    case LWS_CALLBACK_BROADCAST:
      if (session->fan)
        libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT);
      return 0;
    case LWS_CALLBACK_HTTP:
      return serve_file (wsi, in);
    case LWS_CALLBACK_CLOSED:
      g_clear_pointer (&session->parts, g_byte_array_unref);
      return 0;
    default:
      return 0;
    }
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
    { .name = "bench", .callback = on_bench, .per_session_data_size = sizeof (Session) },
    { .callback = NULL },
  };
  struct rlimit files = { 0 };
  struct libwebsocket_context *context;

  if ((argc != 2 && argc != 4) || atoi (argv[1]) <= 0)
    {
      g_printerr ("Usage: server-classic PORT [CERTIFICATE KEY]\n");
      return 2;
    }

  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  signal (SIGINT, on_signal);
  signal (SIGTERM, on_signal);

  context = libwebsocket_create_context (atoi (argv[1]), protocols, argc == 4 ? argv[2] : NULL,
                                         argc == 4 ? argv[3] : NULL, -1, -1);
  if (context == NULL)
    return 1;
  while (!stop && libwebsocket_service (context, -1) >= 0)
    ;
  libwebsocket_context_destroy (context);

  return 0;
}
