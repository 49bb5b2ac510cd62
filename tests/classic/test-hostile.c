/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <sys/socket.h>

/* Clients that mean no good, beside one that is served all the same. */

#define GARBAGE_CLIENTS 200
#define GARBAGE_CLIENTS_SLOW 40

static guint opened;
static guint closed;
static GString *received;

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      opened++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      closed++;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      g_string_append_len (received, in, (gssize) len);
      return stage_write (wsi, in, len, LWS_WRITE_BINARY) < 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

static struct libwebsocket_context *
begin (guint16 *port)
{
  opened = closed = 0;
  g_string_truncate (received, 0);

  return stage_listen (protocols, port);
}

/* The one who is honest. */
static void
end (struct libwebsocket_context *context, guint16 port)
{
  g_autoptr (RawPeer) honest = raw_peer_open (context, port, "echo");

  raw_peer_send_message (honest, "well?");
  raw_peer_expect_frame (honest, RAW_FIN | RAW_BINARY, "well?", 5);
  raw_peer_say_goodbye (honest);
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (closed, ==, opened);
}

/* At every point of a handshake and of the frames behind it. */
static void
test_resets_everywhere (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  const char *request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

  g_byte_array_append (bytes, (const guint8 *) request, (guint) strlen (request));
  raw_append_frame (bytes, TRUE, RAW_FIN | RAW_TEXT, "one message", 11);
  raw_append_frame (bytes, TRUE, RAW_FIN | RAW_CLOSE, "", 0);
  for (guint length = 0; length <= bytes->len; length++)
    {
      g_autoptr (RawPeer) peer = raw_peer_connect (context, port);

      raw_peer_send (peer, bytes->data, length);
      if (length % 2 == 0)
        stage_serve_turns (context, 1);
      if (length % 3 == 0)
        raw_peer_reset (peer);
    }
  end (context, port);
}

/* FIN instead of a Close: what came before it counts. */
static void
test_half_closes (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) open = raw_peer_open (context, port, NULL);
  g_autoptr (RawPeer) asking = raw_peer_connect (context, port);
  g_autoptr (RawPeer) silent = raw_peer_connect (context, port);
  g_autoptr (RawPeer) requesting = raw_peer_connect (context, port);
  g_autofree char *head = NULL;

  raw_peer_send_message (open, "last");
  raw_peer_send_text (asking, "GET / HTT");
  raw_peer_send_text (requesting, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  g_assert_cmpint (shutdown (open->fd, SHUT_WR), ==, 0);
  g_assert_cmpint (shutdown (asking->fd, SHUT_WR), ==, 0);
  g_assert_cmpint (shutdown (silent->fd, SHUT_WR), ==, 0);
  g_assert_cmpint (shutdown (requesting->fd, SHUT_WR), ==, 0);
  raw_peer_await_end (asking);
  raw_peer_await_end (silent);
  /* This one may well wait for its answer. */
  head = raw_peer_read_head (requesting);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 404 "));
  raw_peer_await_end (open);
  g_assert_cmpstr (received->str, ==, "last");
  end (context, port);
}

/* A byte in each iteration. */
static void
test_slow_writer (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_connect (context, port);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const char *request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  g_autofree char *head = NULL;

  g_byte_array_append (bytes, (const guint8 *) request, (guint) strlen (request));
  raw_append_frame (bytes, TRUE, RAW_TEXT, "slow", 4);
  raw_append_frame (bytes, TRUE, RAW_FIN | RAW_CONTINUATION, "ly", 2);
  for (guint i = 0; i < bytes->len; i++)
    {
      raw_peer_send (peer, bytes->data + i, 1);
      g_assert_cmpint (libwebsocket_service (context, STAGE_TURN_MS), ==, 0);
    }
  head = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "slow", 4);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_BINARY, "ly", 2);
  end (context, port);
}

/* Bytes without sense, before the handshake and after it. */
static void
test_garbage (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  guint clients = stage_is_slow () ? GARBAGE_CLIENTS_SLOW : GARBAGE_CLIENTS;

  for (guint i = 0; i < clients; i++)
    {
      g_autoptr (RawPeer) peer = i % 2 == 0 ? raw_peer_open (context, port, NULL) : raw_peer_connect (context, port);
      guint8 bytes[3000];
      gsize length = (gsize) g_test_rand_int_range (1, sizeof bytes);

      for (gsize j = 0; j < length; j++)
        bytes[j] = (guint8) g_test_rand_int_range (0, 256);
      raw_peer_send (peer, bytes, length);
      stage_serve_turns (context, 1);
    }
  end (context, port);
}

/* Requests that never end cost little and are cut off. */
static void
test_endless_head (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_connect (context, port);
  g_autofree char *head = NULL;

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: a\r\n");
  for (guint i = 0; i < 1000 && peer->input->len == 0; i++)
    {
      raw_peer_send_text (peer, "X-Header: and another one, and another one\r\n");
      g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
      raw_peer_look (peer);
    }
  head = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 431 "));
  raw_peer_await_end (peer);
  end (context, port);
}

/* Announced, never sent: 50 times 15 MiB. */
static void
test_empty_promises (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  RawPeer *peers[50];
  gsize before;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = raw_peer_open (context, port, NULL);
  before = stage_resident_memory ();
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      raw_peer_send (peers[i], "\x82\xff\0\0\0\0\0\xf0\0\0\0\0\0\0", 14);
      raw_peer_send (peers[i], "something", 9);
      stage_serve_turns (context, 1);
    }
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + 8 * 1024 * 1024);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
  end (context, port);
}

/* Never reads, but asks: pings by the thousand cost no memory. */
static void
test_ping_flood (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *payload = g_strnfill (125, 'p');
  guint rounds = stage_is_slow () ? 20 : 300;
  gsize before;

  for (guint i = 0; i < 1000; i++)
    raw_append_frame (bytes, TRUE, RAW_FIN | RAW_PING, payload, 125);
  before = stage_resident_memory ();
  for (guint i = 0; i < rounds; i++)
    raw_peer_send (peer, bytes->data, bytes->len);
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + 8 * 1024 * 1024);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_PONG, payload, 125);
  end (context, port);
}

/* Empty and one-byte fragments without end. */
static void
test_fragment_flood (void)
{
  guint16 port;
  struct libwebsocket_context *context = begin (&port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint rounds = stage_is_slow () ? 2 : 50;
  gsize before;

  raw_peer_send_frame (peer, RAW_BINARY, "", 0);
  for (guint i = 0; i < 2000; i++)
    raw_append_frame (bytes, TRUE, RAW_CONTINUATION, "x", i % 100 == 0);
  before = stage_resident_memory ();
  for (guint i = 0; i < rounds; i++)
    raw_peer_send (peer, bytes->data, bytes->len);
  STAGE_SERVE_UNTIL (context, received->len == rounds * 20);
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + 8 * 1024 * 1024);
  end (context, port);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  received = g_string_new (NULL);

  g_test_add_func ("/classic/hostile/resets-everywhere", test_resets_everywhere);
  g_test_add_func ("/classic/hostile/half-closes", test_half_closes);
  g_test_add_func ("/classic/hostile/slow-writer", test_slow_writer);
  g_test_add_func ("/classic/hostile/garbage", test_garbage);
  g_test_add_func ("/classic/hostile/endless-head", test_endless_head);
  g_test_add_func ("/classic/hostile/empty-promises", test_empty_promises);
  g_test_add_func ("/classic/hostile/ping-flood", test_ping_flood);
  g_test_add_func ("/classic/hostile/fragment-flood", test_fragment_flood);

  result = g_test_run ();
  g_string_free (received, TRUE);

  return result;
}
