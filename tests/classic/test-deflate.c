/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * permessage-deflate below programs that know nothing of it.
 */
#include "../conformance/deflation.h"
#include "raw-peer.h"

#include <string.h>
#include <unistd.h>

#define OFFER "Sec-WebSocket-Extensions: permessage-deflate\r\n"
#define WINDOW_MAX 15
#define RSV1 0x40

/* Above the size from which messages are compressed, and in one piece; and in many. */
#define TEXT_SIZE 4000
#define LARGE_SIZE (1024 * 1024)

/* No piece has more, and no compressed message. */
#define PIECE_MAX 4096
#define INFLATED_MAX (64 * 1024 * 1024)

static struct libwebsocket *connection;
static GString *received;
static guint pieces;
static guint messages;
static gboolean echoes;
static gsize promised;          /* the smallest length of the frame that was promised */

static int
receive (struct libwebsocket *wsi, const char *bytes, size_t length)
{
  pieces++;
  g_assert_cmpuint (length, <=, PIECE_MAX);
  promised = MIN (promised, received->len + length + libwebsockets_remaining_packet_payload (wsi));
  g_assert_cmpint (bytes[length], ==, 0);
  g_string_append_len (received, bytes, (gssize) length);
  messages += libwebsockets_remaining_packet_payload (wsi) == 0;

  return echoes ? stage_write (wsi, bytes, length, LWS_WRITE_TEXT) : 0;
}

static int
callback (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      connection = wsi;
      return 0;
    case LWS_CALLBACK_CLOSED:
      connection = NULL;
      return 0;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      return receive (wsi, in, len);
    case LWS_CALLBACK_BROADCAST:
      g_assert_cmpint (libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT), ==, 0);
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "plain", .callback = callback },
  { .callback = NULL },
};

/* --- the stage */

static void
begin (gboolean echo)
{
  connection = NULL;
  received = g_string_new (NULL);
  pieces = messages = 0;
  promised = G_MAXSIZE;
  echoes = echo;
}

static void
end (struct libwebsocket_context *context)
{
  libwebsocket_context_destroy (context);
  g_string_free (received, TRUE);
}

static char *
make_text (gsize length)
{
  char *text = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    text[i] = "{\"name\": \"value\"}, "[i % 19];
  text[length] = '\0';

  return text;
}

/* A client with these fields in its request; the answer names the extension or not. */
static RawPeer *
open_with (struct libwebsocket_context *context, guint16 port, const char *fields)
{
  RawPeer *peer = raw_peer_connect (context, port);
  g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                              "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: plain\r\n%s\r\n",
                                              fields);
  g_autofree char *answer = NULL;
  g_autofree char *extensions = NULL;

  raw_peer_send_text (peer, request);
  answer = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 101 "));
  extensions = raw_head_value (answer, "Sec-WebSocket-Extensions");
  g_assert_cmpstr (extensions, ==, fields[0] != '\0' ? "permessage-deflate" : NULL);

  return peer;
}

static void
send_compressed (RawPeer *peer, Deflation *deflation, const char *text, gsize length)
{
  g_autoptr (GByteArray) compressed = deflation_compress (deflation, (const guint8 *) text, length);

  raw_peer_send_frame (peer, RAW_FIN | RSV1 | RAW_TEXT, compressed->data, compressed->len);
}

/* What the next frame holds, which is a whole message; compressed, if it is not short. */
static GByteArray *
read_message (RawPeer *peer, Deflation *deflation)
{
  g_auto (RawFrame) frame = { 0 };
  GByteArray *bytes;

  g_assert_true (raw_peer_read_frame (peer, &frame));
  g_assert_cmphex (frame.first_byte & ~RSV1, ==, RAW_FIN | RAW_TEXT);
  if (frame.first_byte & RSV1)
    return deflation_inflate (deflation, frame.payload, frame.length);

  g_assert_cmpuint (frame.length, <, TEXT_SIZE);
  bytes = g_byte_array_new ();
  g_byte_array_append (bytes, frame.payload, (guint) frame.length);

  return bytes;
}

static void
expect_message (RawPeer *peer, Deflation *deflation, const char *text, gsize length)
{
  g_autoptr (GByteArray) bytes = read_message (peer, deflation);

  g_assert_cmpmem (bytes->data, bytes->len, text, length);
}

/* --- tests */

static void
test_server (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree char *text = make_text (TEXT_SIZE);
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (TRUE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  for (guint i = 1; i <= 3; i++)
    {
      send_compressed (peer, deflation, text, TEXT_SIZE);
      expect_message (peer, deflation, text, TEXT_SIZE);
      g_assert_cmpuint (messages, ==, i);
    }
  raw_peer_send_message (peer, "as it is");
  raw_peer_expect_text (peer, "as it is");
  raw_peer_free (peer);
  end (context);
}

/* Whoever does not offer it gets messages as they are. */
static void
test_not_offered (void)
{
  g_autofree char *text = make_text (TEXT_SIZE);
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, "");
  STAGE_SERVE_UNTIL (context, connection != NULL);
  g_assert_cmpint (stage_write_text (connection, text), ==, 0);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_TEXT, text, TEXT_SIZE);
  raw_peer_free (peer);
  end (context);
}

/* The last piece alone has nothing behind it, although nobody knows before it is inflated. */
static void
test_pieces (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree char *text = make_text (LARGE_SIZE);
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  for (guint i = 1; i <= 2; i++)
    {
      g_string_truncate (received, 0);
      send_compressed (peer, deflation, text, LARGE_SIZE);
      STAGE_SERVE_UNTIL (context, received->len >= LARGE_SIZE);
      g_assert_cmpmem (received->str, received->len, text, LARGE_SIZE);
      g_assert_cmpuint (messages, ==, i);
    }
  g_assert_cmpuint (pieces, >, 2);
  raw_peer_free (peer);
  end (context);
}

/* A program of 2011 allocates what it is told of on the first piece. Each case is a frame, of which
 * @first bytes come before the rest; *exact, whether what is promised is what comes. */
static void
expect_promise (gsize length, const char *text, gsize first, gboolean exact)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) compressed = deflation_compress (deflation, (const guint8 *) text, length);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  raw_append_frame (frame, TRUE, RAW_FIN | RSV1 | RAW_TEXT, compressed->data, compressed->len);
  raw_peer_send (peer, frame->data, MIN (first, frame->len));
  stage_serve_turns (context, 3);
  g_assert_cmpuint (messages, ==, 0);
  raw_peer_send (peer, frame->data + MIN (first, frame->len), frame->len - MIN (first, frame->len));
  STAGE_SERVE_UNTIL (context, messages == 1);
  g_assert_cmpmem (received->str, received->len, text, length);
  g_assert_cmpuint (promised, >=, length);
  if (exact)
    g_assert_cmpuint (promised, ==, length);
  raw_peer_free (peer);
  end (context);
}

static void
test_remaining (void)
{
  g_autofree char *same = g_strnfill (4 * LARGE_SIZE, 'z');
  g_autofree char *text = make_text (LARGE_SIZE);
  g_autofree char *random = g_malloc (LARGE_SIZE);

  for (gsize i = 0; i < LARGE_SIZE; i++)
    random[i] = (char) g_test_rand_int_range (' ', '~');

  /* 300,000 bytes in 300: at once, and a few first. */
  expect_promise (300000, same, 0, TRUE);
  expect_promise (300000, same, 20, TRUE);
  expect_promise (PIECE_MAX + 1, text, 0, TRUE);
  expect_promise (100000, text, 0, TRUE);
  /* More than is counted ahead, and frames that come in parts. */
  expect_promise (4 * LARGE_SIZE, same, 0, FALSE);
  expect_promise (LARGE_SIZE, random, 10000, FALSE);
  expect_promise (30000, random, 10000, FALSE);
}

/* No promise is larger than that, so no message is. */
static void
test_too_long (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree char *text = g_strnfill (INFLATED_MAX + 1, 'z');
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  send_compressed (peer, deflation, text, INFLATED_MAX + 1);
  raw_peer_expect_close (peer, 1009);
  g_assert_cmpuint (messages, ==, 0);
  g_assert_cmpuint (received->len, <=, INFLATED_MAX);
  raw_peer_free (peer);
  end (context);
}

/* What can't be inflated is never taken for the end of a message. */
static void
test_broken (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree char *text = make_text (LARGE_SIZE);
  g_autoptr (GByteArray) compressed = deflation_compress (deflation, (const guint8 *) text, 100000);
  const guint8 reserved = 0xff;
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  /* The block ends, and one of a kind that doesn't exist follows. */
  g_byte_array_append (compressed, (const guint8 *) "\0\0\xff\xff", 4);
  g_byte_array_append (compressed, &reserved, 1);
  raw_peer_send_frame (peer, RAW_FIN | RSV1 | RAW_TEXT, compressed->data, compressed->len);
  raw_peer_expect_close (peer, 1007);
  g_assert_cmpuint (pieces, >, 1);
  g_assert_cmpuint (messages, ==, 0);
  raw_peer_free (peer);
  end (context);
}

/* Each piece is answered as it comes. */
static void
test_echo_pieces (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) echo = g_byte_array_new ();
  g_autofree char *text = make_text (LARGE_SIZE);
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint16 port;

  begin (TRUE);
  context = stage_listen (protocols, &port);
  peer = open_with (context, port, OFFER);
  send_compressed (peer, deflation, text, LARGE_SIZE);
  while (echo->len < LARGE_SIZE)
    {
      g_autoptr (GByteArray) bytes = read_message (peer, deflation);

      g_byte_array_append (echo, bytes->data, bytes->len);
    }
  g_assert_cmpmem (echo->data, echo->len, text, LARGE_SIZE);
  g_assert_cmpuint (messages, ==, 1);
  raw_peer_free (peer);
  end (context);
}

static void
test_broadcast (void)
{
  g_autofree char *text = make_text (TEXT_SIZE);
  g_autofree guint8 *buffer = g_malloc (STAGE_PADDED (TEXT_SIZE));
  struct libwebsocket_context *context;
  Deflation *deflations[2];
  RawPeer *peers[2];
  RawPeer *plain;
  guint16 port;

  begin (FALSE);
  context = stage_listen (protocols, &port);
  plain = open_with (context, port, "");
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      deflations[i] = deflation_new (WINDOW_MAX, WINDOW_MAX);
      peers[i] = open_with (context, port, OFFER);
    }
  memcpy (STAGE_PAYLOAD (buffer), text, TEXT_SIZE);
  for (guint times = 0; times < 3; times++)
    {
      g_assert_cmpint (libwebsockets_broadcast (&protocols[0], STAGE_PAYLOAD (buffer), TEXT_SIZE), ==, 0);
      g_assert_cmpmem (STAGE_PAYLOAD (buffer), TEXT_SIZE, text, TEXT_SIZE);
      raw_peer_expect_frame (plain, RAW_FIN | RAW_TEXT, text, TEXT_SIZE);
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        expect_message (peers[i], deflations[i], text, TEXT_SIZE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      raw_peer_free (peers[i]);
      deflation_free (deflations[i]);
    }
  raw_peer_free (plain);
  end (context);
}

static void
test_client (void)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree char *text = make_text (TEXT_SIZE);
  g_autofree guint8 *buffer = g_malloc (STAGE_PADDED (TEXT_SIZE));
  struct libwebsocket_context *context;
  guint16 port;
  int listener = raw_listen (&port);
  RawPeer *peer;

  begin (FALSE);
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (libwebsocket_client_connect (context, "127.0.0.1", port, 0, "/", NULL, NULL, NULL));
  peer = raw_peer_accept (context, listener);
  raw_peer_accept_handshake (peer, OFFER);
  STAGE_SERVE_UNTIL (context, connection != NULL);

  memcpy (STAGE_PAYLOAD (buffer), text, TEXT_SIZE);
  for (guint i = 1; i <= 2; i++)
    {
      g_assert_cmpint (libwebsocket_write (connection, STAGE_PAYLOAD (buffer), TEXT_SIZE, LWS_WRITE_TEXT), ==, 0);
      g_assert_cmpmem (STAGE_PAYLOAD (buffer), TEXT_SIZE, text, TEXT_SIZE);
      expect_message (peer, deflation, text, TEXT_SIZE);
      send_compressed (peer, deflation, text, TEXT_SIZE);
      STAGE_SERVE_UNTIL (context, messages == i);
    }
  g_assert_cmpuint (received->len, ==, 2 * TEXT_SIZE);
  raw_peer_free (peer);
  close (listener);
  end (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/deflate/server", test_server);
  g_test_add_func ("/classic/deflate/not-offered", test_not_offered);
  g_test_add_func ("/classic/deflate/pieces", test_pieces);
  g_test_add_func ("/classic/deflate/remaining", test_remaining);
  g_test_add_func ("/classic/deflate/too-long", test_too_long);
  g_test_add_func ("/classic/deflate/broken", test_broken);
  g_test_add_func ("/classic/deflate/echo-pieces", test_echo_pieces);
  g_test_add_func ("/classic/deflate/broadcast", test_broadcast);
  g_test_add_func ("/classic/deflate/client", test_client);

  return g_test_run ();
}
