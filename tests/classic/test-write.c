/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <unistd.h>

#define OUTPUT_LIMIT (16 * 1024 * 1024)

/* More than the socket buffers of both sides hold. */
#define KERNEL_MAX (16 * 1024 * 1024)

static struct libwebsocket *connection;
static guint closed;
static guint pongs;
static guint writeables;

static int
callback_keep (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  if (reason == LWS_CALLBACK_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
    connection = wsi;
  closed += reason == LWS_CALLBACK_CLOSED;
  pongs += reason == LWS_CALLBACK_CLIENT_RECEIVE_PONG;
  writeables += reason == LWS_CALLBACK_CLIENT_WRITEABLE;

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "keep", .callback = callback_keep },
  { .callback = NULL },
};

/* --- a server or a client of ours, and the raw other side */

typedef struct {
  struct libwebsocket_context *context;
  RawPeer *peer;
} Pair;

static void
pair_open_as_server (Pair *pair)
{
  guint16 port;

  closed = pongs = writeables = 0;
  pair->context = stage_listen (protocols, &port);
  pair->peer = raw_peer_open (pair->context, port, NULL);
}

static void
pair_open_as_client (Pair *pair)
{
  guint16 port;
  int listener = raw_listen (&port);

  closed = pongs = writeables = 0;
  connection = NULL;
  pair->context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (pair->context);
  g_assert_nonnull (libwebsocket_client_connect (pair->context, "127.0.0.1", port, 0, "/", NULL, NULL, NULL));
  pair->peer = raw_peer_accept (pair->context, listener);
  raw_peer_accept_handshake (pair->peer, NULL);
  STAGE_SERVE_UNTIL (pair->context, connection != NULL);
  close (listener);
}

static void
pair_close (Pair *pair)
{
  libwebsocket_context_destroy (pair->context);
  raw_peer_free (pair->peer);
}

typedef void (*PairTest) (Pair *pair);

static void
test_as_server (gconstpointer data)
{
  Pair pair;

  pair_open_as_server (&pair);
  ((PairTest) data) (&pair);
  pair_close (&pair);
}

static void
test_as_client (gconstpointer data)
{
  Pair pair;

  pair_open_as_client (&pair);
  ((PairTest) data) (&pair);
  pair_close (&pair);
}

static void
add_for_both_roles (const char *name, PairTest test)
{
  g_autofree char *as_server = g_strdup_printf ("/classic/write/server/%s", name);
  g_autofree char *as_client = g_strdup_printf ("/classic/write/client/%s", name);

  g_test_add_data_func (as_server, test, test_as_server);
  g_test_add_data_func (as_client, test, test_as_client);
}

static void
write_ok (const char *text, int protocol)
{
  g_assert_cmpint (stage_write (connection, text, strlen (text), protocol), ==, 0);
}

static void
expect (Pair *pair, guint8 first_byte, const char *text)
{
  raw_peer_expect_frame (pair->peer, first_byte, text, strlen (text));
}

/* --- what is sent */

static void
test_types (Pair *pair)
{
  write_ok ("t\xc3\xa4xt", LWS_WRITE_TEXT);
  expect (pair, RAW_FIN | RAW_TEXT, "t\xc3\xa4xt");
  g_assert_cmpint (stage_write (connection, "\0\xff\1", 3, LWS_WRITE_BINARY), ==, 0);
  raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_BINARY, "\0\xff\1", 3);
  write_ok ("ping", LWS_WRITE_PING);
  expect (pair, RAW_FIN | RAW_PING, "ping");
  write_ok ("pong", LWS_WRITE_PONG);
  expect (pair, RAW_FIN | RAW_PONG, "pong");
  write_ok ("", LWS_WRITE_TEXT);
  expect (pair, RAW_FIN | RAW_TEXT, "");
  g_assert_cmpint (libwebsocket_write (connection, NULL, 0, LWS_WRITE_PING), ==, 0);
  expect (pair, RAW_FIN | RAW_PING, "");

  raw_peer_send_frame (pair->peer, RAW_FIN | RAW_PONG, "ping", 4);
  STAGE_SERVE_UNTIL (pair->context, pongs == 1);
}

static void
test_fragments (Pair *pair)
{
  write_ok ("one", LWS_WRITE_TEXT | LWS_WRITE_NO_FIN);
  write_ok ("two", LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN);
  write_ok ("?", LWS_WRITE_PING);
  write_ok ("three", LWS_WRITE_CONTINUATION);
  expect (pair, RAW_TEXT, "one");
  expect (pair, RAW_CONTINUATION, "two");
  expect (pair, RAW_FIN | RAW_PING, "?");
  expect (pair, RAW_FIN | RAW_CONTINUATION, "three");

  /* The type named again with each. */
  write_ok ("", LWS_WRITE_BINARY | LWS_WRITE_NO_FIN);
  write_ok ("x", LWS_WRITE_BINARY | LWS_WRITE_NO_FIN);
  write_ok ("", LWS_WRITE_BINARY);
  write_ok ("whole", LWS_WRITE_TEXT);
  expect (pair, RAW_BINARY, "");
  expect (pair, RAW_CONTINUATION, "x");
  expect (pair, RAW_FIN | RAW_CONTINUATION, "");
  expect (pair, RAW_FIN | RAW_TEXT, "whole");
}

static const gsize sizes[] = { 0,     1,     124,   125,   126,   127,         16383,           16384,
                               16385, 65535, 65536, 65537, 65550, 1024 * 1024, 1024 * 1024 + 1, 9 * 1024 * 1024 };

static void
fill (guint8 *bytes, gsize length, guint seed)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i * 13 + (i >> 8) + seed);
}

/* The whole buffer is as it was, padding included. */
static void
test_sizes (Pair *pair)
{
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize size = STAGE_PADDED (sizes[i]);
      g_autofree guint8 *buffer = g_malloc (size);
      g_autofree guint8 *before = NULL;

      fill (buffer, size, i);
      before = g_memdup2 (buffer, size);
      g_assert_cmpint (libwebsocket_write (connection, STAGE_PAYLOAD (buffer), sizes[i], LWS_WRITE_BINARY), ==, 0);
      g_assert_cmpmem (buffer, size, before, size);
      /* It may be used for something else at once. */
      memset (buffer, 0, size);
      raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_BINARY, STAGE_PAYLOAD (before), sizes[i]);
    }
}

/* Many at once, of all sizes that are gathered or not: in order, none missing. */
static void
test_many (Pair *pair)
{
  const guint messages = stage_is_slow () ? 300 : 3000;
  guint8 bytes[20000];

  for (guint i = 0; i < messages; i++)
    {
      gsize length = i * 37 % 3000 + (i % 100 == 0 ? 17000 : 0);

      fill (bytes, length, i);
      g_assert_cmpint (stage_write (connection, bytes, length, LWS_WRITE_BINARY), ==, 0);
    }
  for (guint i = 0; i < messages; i++)
    {
      gsize length = i * 37 % 3000 + (i % 100 == 0 ? 17000 : 0);

      fill (bytes, length, i);
      raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_BINARY, bytes, length);
    }
}

/* --- what is refused */

static void
refuse (const void *bytes, gsize length, int protocol, const char *pattern)
{
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, pattern);
  g_assert_cmpint (stage_write (connection, bytes, length, protocol), <, 0);
  g_test_assert_expected_messages ();
}

static void
test_refusals (Pair *pair)
{
  g_autofree char *long_text = g_strnfill (126, 'x');

  refuse ("x", 1, LWS_WRITE_CONTINUATION, "libwebsocket_write: *LWS_WRITE_NO_FIN*");
  refuse ("x", 1, LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN, "libwebsocket_write: *LWS_WRITE_NO_FIN*");
  refuse (long_text, 126, LWS_WRITE_PING, "*at most 125*126*");
  refuse (long_text, 126, LWS_WRITE_PONG, "*at most 125*126*");
  refuse (long_text, 126, LWS_WRITE_CLOSE, "*at most 125*126*");
  refuse ("\x03", 1, LWS_WRITE_CLOSE, "libwebsocket_write: *");
  refuse ("\x03\xed", 2, LWS_WRITE_CLOSE, "libwebsocket_write: *1005*");
  refuse ("\x03\xe8\xff", 3, LWS_WRITE_CLOSE, "libwebsocket_write: *UTF-8*");
  refuse ("x", 1, 23, "*no type 23*");

  /* Nothing of it was sent, and nothing is spoilt. */
  write_ok ("good", LWS_WRITE_TEXT);
  expect (pair, RAW_FIN | RAW_TEXT, "good");
}

static void
test_http_on_websocket (Pair *pair)
{
  g_assert_cmpint (stage_write (connection, "HTTP/1.1 200 OK\r\n\r\n", 19, LWS_WRITE_HTTP), <, 0);
  write_ok ("good", LWS_WRITE_TEXT);
  expect (pair, RAW_FIN | RAW_TEXT, "good");
}

static void
test_close (Pair *pair)
{
  write_ok ("last", LWS_WRITE_TEXT);
  g_assert_cmpint (stage_write (connection, "\x0f\xa1" "bye", 5, LWS_WRITE_CLOSE), ==, 0);
  g_assert_cmpint (stage_write_text (connection, "too late"), <, 0);
  g_assert_cmpint (stage_write (connection, "", 0, LWS_WRITE_CLOSE), <, 0);
  g_assert_cmpint (stage_write (connection, "", 0, LWS_WRITE_PING), <, 0);
  expect (pair, RAW_FIN | RAW_TEXT, "last");
  raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_CLOSE, "\x0f\xa1" "bye", 5);
  g_assert_cmpuint (closed, ==, 0);
  raw_peer_send_close (pair->peer, 4001);
  STAGE_SERVE_UNTIL (pair->context, closed == 1);
}

static void
test_close_without_code (Pair *pair)
{
  g_assert_cmpint (stage_write (connection, "", 0, LWS_WRITE_CLOSE), ==, 0);
  raw_peer_expect_close (pair->peer, 1005);
}

static void
test_peer_has_closed (Pair *pair)
{
  raw_peer_send_close (pair->peer, 1000);
  raw_peer_expect_close (pair->peer, 1000);
  g_assert_cmpint (stage_write_text (connection, "too late"), <, 0);
}

/* --- a peer that does not read */

static void
test_slow_receiver (Pair *pair)
{
  const gsize size = 1024 * 1024;
  g_autofree guint8 *bytes = g_malloc (size);
  gsize taken = 0;

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_INFO, "libwebsocket_write: *bytes wait*16777216*");
  for (guint i = 0; taken <= OUTPUT_LIMIT + KERNEL_MAX; i++, taken += size)
    {
      fill (bytes, size, i);
      if (stage_write (connection, bytes, size, LWS_WRITE_BINARY) < 0)
        break;
    }
  g_test_assert_expected_messages ();
  g_assert_cmpuint (taken, >=, OUTPUT_LIMIT);
  g_assert_cmpuint (taken, <, OUTPUT_LIMIT + KERNEL_MAX);

  /* What was taken arrives, with no hole in it. */
  for (guint i = 0; i < taken / size; i++)
    {
      fill (bytes, size, i);
      raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_BINARY, bytes, size);
    }
  raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_CLOSE, "\x03\xf0too slow", 10);
  raw_peer_send_close (pair->peer, 1008);
  STAGE_SERVE_UNTIL (pair->context, closed == 1);
}

/* One message may be larger than the limit, if nothing else waits. */
static void
test_larger_than_limit (Pair *pair)
{
  const gsize size = OUTPUT_LIMIT + 1024 * 1024;
  g_autofree guint8 *bytes = g_malloc (size);

  fill (bytes, size, 5);
  g_assert_cmpint (stage_write (connection, bytes, size, LWS_WRITE_BINARY), ==, 0);
  raw_peer_expect_frame (pair->peer, RAW_FIN | RAW_BINARY, bytes, size);
}

static void
fill_pipe (Pair *pair)
{
  g_autofree char *bytes = g_strnfill (1024 * 1024, 'x');

  for (guint i = 0; i < 10; i++)
    g_assert_cmpint (stage_write (connection, bytes, 1024 * 1024, LWS_WRITE_BINARY), ==, 0);
}

/* A pong is not kept waiting by what is queued. */
static void
test_pong_overtakes (Pair *pair)
{
  guint before_pong = 0;
  guint pings = 0;

  fill_pipe (pair);
  raw_peer_send_frame (pair->peer, RAW_FIN | RAW_PING, "first", 5);
  raw_peer_send_frame (pair->peer, RAW_FIN | RAW_PING, "alive?", 6);
  stage_serve_turns (pair->context, 5);
  g_assert_cmpint (stage_write (connection, "you?", 4, LWS_WRITE_PING), ==, 0);

  for (guint frames = 0; frames < 12;)
    {
      g_auto (RawFrame) frame = { 0 };

      g_assert_true (raw_peer_read_frame (pair->peer, &frame));
      frames++;
      pings += frame.first_byte == (RAW_FIN | RAW_PING);
      if (frame.first_byte != (RAW_FIN | RAW_PONG))
        continue;
      /* Of two pings the last is answered. */
      g_assert_cmpmem (frame.payload, frame.length, "alive?", 6);
      before_pong = frames;
    }
  g_assert_cmpuint (before_pong, >, 0);
  g_assert_cmpuint (before_pong, <, 9);
  g_assert_cmpuint (pings, ==, 1);
}

/* Asked while the connection is full: told when it is empty, not before. */
static void
test_writeable_after_draining (Pair *pair)
{
  fill_pipe (pair);
  g_assert_cmpint (libwebsocket_callback_on_writable (connection), ==, 0);
  stage_serve_turns (pair->context, 10);
  g_assert_cmpuint (writeables, ==, 0);
  for (guint i = 0; i < 10; i++)
    {
      g_auto (RawFrame) frame = { 0 };

      g_assert_true (raw_peer_read_frame (pair->peer, &frame));
      g_assert_cmpuint (frame.length, ==, 1024 * 1024);
    }
  STAGE_SERVE_UNTIL (pair->context, writeables == 1);
}

/* --- masks */

static void
test_masks_differ (Pair *pair)
{
  guint32 masks[50];

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      write_ok ("same", LWS_WRITE_TEXT);
      g_assert_true (raw_peer_await (pair->peer, 10));
      memcpy (&masks[i], pair->peer->input->data + 2, 4);
      for (guint j = 0; j < i; j++)
        g_assert_cmphex (masks[i], !=, masks[j]);
      expect (pair, RAW_FIN | RAW_TEXT, "same");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_for_both_roles ("types", test_types);
  add_for_both_roles ("fragments", test_fragments);
  add_for_both_roles ("sizes", test_sizes);
  add_for_both_roles ("many", test_many);
  add_for_both_roles ("refusals", test_refusals);
  add_for_both_roles ("http-on-websocket", test_http_on_websocket);
  add_for_both_roles ("close", test_close);
  add_for_both_roles ("close-without-code", test_close_without_code);
  add_for_both_roles ("peer-has-closed", test_peer_has_closed);
  add_for_both_roles ("slow-receiver", test_slow_receiver);
  add_for_both_roles ("larger-than-limit", test_larger_than_limit);
  add_for_both_roles ("pong-overtakes", test_pong_overtakes);
  add_for_both_roles ("writeable-after-draining", test_writeable_after_draining);
  g_test_add_data_func ("/classic/write/client/masks-differ", test_masks_differ, test_as_client);

  return g_test_run ();
}
