/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-lws PORT [CERTIFICATE KEY]: today's libwebsockets as a server of the benchmarks.
 * On the path /fan each message goes to all connections on /fan, on any other it is
 * echoed. What comes in pieces goes out in pieces.
 */
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define RECEIVE_SIZE 65536

/* A piece of a message, shared by all connections that it goes to. */
struct piece {
  unsigned users;
  size_t length;
  enum lws_write_protocol how;
  unsigned char data[];         /* with LWS_PRE bytes in front */
};

struct entry {
  struct entry *next;
  struct piece *piece;
};

struct session {
  struct lws *wsi;
  struct entry *first;
  struct entry **end;
  int fan;
  struct session *next_fan;
  struct session **link;
};

static struct session *fans;
static volatile sig_atomic_t stop;

static void
piece_release (struct piece *piece)
{
  if (--piece->users == 0)
    free (piece);
}

static struct piece *
piece_new (struct lws *wsi, const void *data, size_t length)
{
  struct piece *piece = malloc (sizeof *piece + LWS_PRE + length);
  enum lws_write_protocol type = lws_frame_is_binary (wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;

  piece->users = 1;
  piece->length = length;
  piece->how = lws_write_ws_flags (type, lws_is_first_fragment (wsi), lws_is_final_fragment (wsi));
  memcpy (piece->data + LWS_PRE, data, length);

  return piece;
}

static void
session_queue (struct session *session, struct piece *piece)
{
  struct entry *entry = malloc (sizeof *entry);

  piece->users++;
  entry->next = NULL;
  entry->piece = piece;
  *session->end = entry;
  session->end = &entry->next;
  lws_callback_on_writable (session->wsi);
}

static void
session_drop_first (struct session *session)
{
  struct entry *entry = session->first;

  session->first = entry->next;
  if (session->first == NULL)
    session->end = &session->first;
  piece_release (entry->piece);
  free (entry);
}

static void
session_open (struct session *session, struct lws *wsi)
{
  char path[16] = "";

  session->wsi = wsi;
  session->end = &session->first;
  lws_hdr_copy (wsi, path, sizeof path, WSI_TOKEN_GET_URI);
  session->fan = strcmp (path, "/fan") == 0;
  if (!session->fan)
    return;
  session->next_fan = fans;
  session->link = &fans;
  if (fans != NULL)
    fans->link = &session->next_fan;
  fans = session;
}

static void
session_close (struct session *session)
{
  while (session->first != NULL)
    session_drop_first (session);
  if (!session->fan)
    return;
  *session->link = session->next_fan;
  if (session->next_fan != NULL)
    session->next_fan->link = session->link;
}

static void
session_receive (struct session *session, const void *data, size_t length)
{
  struct piece *piece = piece_new (session->wsi, data, length);

  if (!session->fan)
    session_queue (session, piece);
  else
    for (struct session *fan = fans; fan != NULL; fan = fan->next_fan)
      session_queue (fan, piece);
  piece_release (piece);
}

static int
session_write (struct session *session)
{
  while (session->first != NULL)
    {
      struct piece *piece = session->first->piece;

      if (lws_write (session->wsi, piece->data + LWS_PRE, piece->length, piece->how) < (int) piece->length)
        return -1;
      session_drop_first (session);
      if (lws_partial_buffered (session->wsi) || lws_send_pipe_choked (session->wsi))
        break;
    }
  if (session->first != NULL)
    lws_callback_on_writable (session->wsi);

  return 0;
}

static int
on_bench (struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      session_open (user, wsi);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      session_receive (user, in, length);
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return session_write (user);
    case LWS_CALLBACK_CLOSED:
      session_close (user);
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
  static const struct lws_protocols protocols[] = {
    { .name = "bench",
      .callback = on_bench,
      .per_session_data_size = sizeof (struct session),
      .rx_buffer_size = RECEIVE_SIZE },
    { .name = NULL },
  };
  static const struct lws_extension extensions[] = {
    { "permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate" },
    { NULL, NULL, NULL },
  };
  struct lws_context_creation_info info = {
    .iface = "127.0.0.1",
    .protocols = protocols,
    .extensions = extensions,
    .gid = (gid_t) -1,
    .uid = (uid_t) -1,
    .pt_serv_buf_size = RECEIVE_SIZE,
  };
  struct rlimit files = { 0 };
  struct lws_context *context;

  if (argc != 2 && argc != 4)
    {
      fprintf (stderr, "Usage: bench-lws PORT [CERTIFICATE KEY]\n");
      return 2;
    }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  signal (SIGTERM, on_signal);

  lws_set_log_level (LLL_ERR, NULL);
  info.port = atoi (argv[1]);
  if (argc == 4)
    {
      info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
      info.ssl_cert_filepath = argv[2];
      info.ssl_private_key_filepath = argv[3];
    }
  context = lws_create_context (&info);
  if (context == NULL)
    return 1;
  while (!stop && lws_service (context, 0) >= 0)
    ;
  lws_context_destroy (context);

  return 0;
}
