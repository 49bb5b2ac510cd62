/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program as one was written in January 2011, in the C of its day: it must compile
 * and run as it stands. It chats with itself, first in one process, then with a
 * forked service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <libwebsockets.h>

#define MAX_MESSAGE 100
#define ROUNDS 25

/* Gives up after so many idle iterations of the loop. */
#define MAX_TURNS 60000

enum demo_protocols {
  PROTOCOL_HTTP_ONLY,
  PROTOCOL_CHAT,
  PROTOCOL_COUNT
};

struct per_session_data__chat {
  struct libwebsocket *wsi;
  int sent;
  char name[16];
};

static int seen_by_server;
static int seen_by_client;
static int last_received;
static int was_closed;
static int finished;

static int
callback_http_only (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                    size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_HTTP:
      if (libwebsockets_serve_http_file (wsi, "/nonexistent/test.html", "text/html"))
        fprintf (stderr, "Failed to send HTTP file\n");
      break;

    default:
      break;
    }

  return 0;
}

static int
say (struct libwebsocket *wsi, const char *text)
{
  unsigned char buf[LWS_SEND_BUFFER_PRE_PADDING + MAX_MESSAGE + LWS_SEND_BUFFER_POST_PADDING];
  int n;

  n = sprintf ((char *) &buf[LWS_SEND_BUFFER_PRE_PADDING], "%s", text);
  n = libwebsocket_write (wsi, &buf[LWS_SEND_BUFFER_PRE_PADDING], n, LWS_WRITE_TEXT);
  if (n < 0)
    {
      fprintf (stderr, "ERROR writing to socket\n");
      return 1;
    }

  return 0;
}

static int
callback_chat (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  struct per_session_data__chat *pss = user;
  unsigned char buf[LWS_SEND_BUFFER_PRE_PADDING + MAX_MESSAGE + LWS_SEND_BUFFER_POST_PADDING];
  unsigned char *p = &buf[LWS_SEND_BUFFER_PRE_PADDING];

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      if (pss->sent != 0 || pss->name[0] != '\0')
        exit (10);
      pss->wsi = wsi;
      strcpy (pss->name, "server");
      break;

    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      pss->wsi = wsi;
      strcpy (pss->name, "client");
      libwebsocket_callback_on_writable (wsi);
      break;

    case LWS_CALLBACK_CLIENT_WRITEABLE:
      if (say (pss->wsi, "hello\n"))
        return 1;
      if (++pss->sent < ROUNDS)
        libwebsocket_callback_on_writable (wsi);
      break;

    case LWS_CALLBACK_RECEIVE:
      if (len != 6 || strcmp (in, "hello\n") != 0)
        exit (11);
      if (libwebsockets_remaining_packet_payload (wsi))
        exit (12);
      seen_by_server++;
      /* to everybody who uses this protocol */
      memcpy (p, in, len);
      libwebsockets_broadcast (libwebsockets_get_protocol (wsi), p, len);
      break;

    case LWS_CALLBACK_BROADCAST:
      last_received++;
      /* the client end of it is not for us */
      if (strcmp (pss->name, "server") != 0)
        break;
      if (libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT) < 0)
        return 1;
      break;

    case LWS_CALLBACK_CLIENT_RECEIVE:
      ((char *) in)[len] = '\0';
      if (strcmp (in, "goodbye") == 0)
        {
          finished = 1;
          break;
        }
      if (strcmp (in, "hello\n") != 0)
        exit (13);
      seen_by_client++;
      break;

    case LWS_CALLBACK_CLOSED:
      if (pss->wsi != wsi)
        exit (14);
      was_closed++;
      break;

    default:
      break;
    }

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  [PROTOCOL_HTTP_ONLY] = {
    .name = "http-only",
    .callback = callback_http_only,
  },
  [PROTOCOL_CHAT] = {
    .name = "chat-protocol",
    .callback = callback_chat,
    .per_session_data_size = sizeof (struct per_session_data__chat),
  },
  [PROTOCOL_COUNT] = {
    .callback = NULL
  }
};

/* A client-only program has a list of its own. */
static struct libwebsocket_protocols client_protocols[] = {
  {
    "chat-protocol",
    callback_chat,
    sizeof (struct per_session_data__chat),
  },
  {
    NULL, NULL, 0
  }
};

/* The only thing here that is newer: nobody has a port of his own on a test machine. */
static int
free_port (void)
{
  struct sockaddr_in address;
  socklen_t length = sizeof (address);
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  memset (&address, 0, sizeof (address));
  address.sin_family = AF_INET;
  if (fd < 0 || bind (fd, (struct sockaddr *) &address, length) < 0 ||
      getsockname (fd, (struct sockaddr *) &address, &length) < 0)
    exit (20);
  close (fd);

  return ntohs (address.sin_port);
}

static struct libwebsocket_context *
create_server (int *port)
{
  struct libwebsocket_context *context = NULL;
  int tries;

  for (tries = 0; tries < 20 && context == NULL; tries++)
    {
      *port = free_port ();
      context = libwebsocket_create_context (*port, protocols, NULL, NULL, -1, -1);
    }
  if (context == NULL)
    {
      fprintf (stderr, "libwebsocket init failed\n");
      exit (21);
    }

  return context;
}

static void
chat_in_one_process (void)
{
  struct libwebsocket_context *context;
  struct libwebsocket *wsi;
  int port;
  int turns = 0;
  int n = 0;

  context = create_server (&port);
  wsi = libwebsocket_client_connect (context, "localhost", port, 0, "/", "http://localhost", "origin",
                                     protocols[PROTOCOL_CHAT].name);
  if (wsi == NULL)
    {
      fprintf (stderr, "libwebsocket connect failed\n");
      exit (22);
    }

  while (n >= 0 && seen_by_client < ROUNDS && turns++ < MAX_TURNS)
    n = libwebsocket_service (context, 1);

  if (seen_by_server != ROUNDS || seen_by_client != ROUNDS || last_received != 2 * ROUNDS)
    {
      fprintf (stderr, "seen %d and %d, heard %d\n", seen_by_server, seen_by_client, last_received);
      exit (23);
    }

  libwebsocket_client_close (wsi);
  while (n >= 0 && was_closed < 2 && turns++ < MAX_TURNS)
    n = libwebsocket_service (context, 1);
  libwebsocket_context_destroy (context);
  if (was_closed != 2)
    exit (24);
}

static void
chat_with_forked_service (void)
{
  unsigned char buf[LWS_SEND_BUFFER_PRE_PADDING + 7 + LWS_SEND_BUFFER_POST_PADDING];
  struct libwebsocket_context *server;
  struct libwebsocket_context *client;
  int port;
  int turns = 0;
  int n;

  server = create_server (&port);
  n = libwebsockets_fork_service_loop (server);
  if (n < 0)
    {
      fprintf (stderr, "Unable to fork service loop %d\n", n);
      exit (30);
    }

  client = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, client_protocols, NULL, NULL, -1, -1);
  if (client == NULL ||
      libwebsocket_client_connect (client, "127.0.0.1", port, 0, "/", "127.0.0.1", "127.0.0.1",
                                   "chat-protocol") == NULL)
    exit (31);

  seen_by_client = 0;
  while (n >= 0 && seen_by_client < ROUNDS && turns++ < MAX_TURNS)
    n = libwebsocket_service (client, 1);
  if (seen_by_client != ROUNDS)
    exit (32);

  memcpy (&buf[LWS_SEND_BUFFER_PRE_PADDING], "goodbye", 7);
  if (libwebsockets_broadcast (&protocols[PROTOCOL_CHAT], &buf[LWS_SEND_BUFFER_PRE_PADDING], 7) < 0)
    exit (33);
  while (n >= 0 && !finished && turns++ < MAX_TURNS)
    n = libwebsocket_service (client, 1);
  if (!finished)
    exit (34);

  libwebsocket_context_destroy (server);
  libwebsocket_context_destroy (client);
}

int
main (int argc, char **argv)
{
  chat_in_one_process ();
  chat_with_forked_service ();

  return 0;
}
