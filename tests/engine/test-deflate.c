/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "owner.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/scope-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"

#include <string.h>

#define COMPRESSED (WIRE_FRAME_FIN | WIRE_FRAME_RSV1)

static const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
static const guint8 hello_again[] = { 0xf2, 0x00, 0x11, 0x00, 0x00 };

/* --- a client that offers compression */

static RawPeer *
connect_with (Owner *owner, const char *offer, const char *answer)
{
  RawPeer *peer = owner_connect (owner);
  const guint opened = owner->counts[OWNER_OPENED];
  g_autofree char *request =
    g_strdup_printf ("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Extensions: %s\r\n\r\n",
                     offer);
  g_autofree char *expected = g_strdup_printf ("\r\nSec-WebSocket-Extensions: %s\r\n", answer != NULL ? answer : "");
  g_autofree char *head = NULL;

  raw_peer_send_text (peer, request);
  head = raw_peer_read_head (peer);
  if (answer != NULL)
    g_assert_nonnull (strstr (head, expected));
  else
    g_assert_null (strstr (head, "Extensions"));
  owner_wait (owner, OWNER_OPENED, opened + 1);

  return peer;
}

static RawPeer *
connect_deflating (Owner *owner)
{
  return connect_with (owner, "permessage-deflate", "permessage-deflate");
}

static guint8 *
text_of (gsize length)
{
  guint8 *text = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    text[i] = (guint8) "To be, or not to be, that is the question: "[i % 43];

  return text;
}

static void
send_text (Owner *owner, const void *text, gsize length, gboolean last)
{
  g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, last, text, length, NULL));
}

/* Reads a frame, and what it inflates to. Returns its length on the wire. */
static gsize
expect_inflated (RawPeer *peer, WireInflater *inflater, guint8 first_byte, const void *expected, gsize length)
{
  RawFrame frame;
  WirePiece piece;
  WireViolation violation;
  g_autofree guint8 *buffer = g_malloc (length + 2);
  gsize got = 0;

  raw_peer_read_frame (peer, &frame);
  g_assert_cmphex (frame.first_byte, ==, first_byte);
  wire_inflater_feed (inflater, &(WirePiece){ .data = frame.payload, .length = frame.length,
                                              .opcode = WIRE_OPCODE_TEXT, .message_end = first_byte & WIRE_FRAME_FIN });
  while (wire_inflater_is_pending (inflater))
    switch (wire_inflater_next (inflater, buffer + got, length + 2 - got, &piece, &violation))
      {
      case WIRE_INFLATE_PIECE:
        got += piece.length;
        break;
      case WIRE_INFLATE_ERROR:
        g_error ("%s", violation.text);
      case WIRE_INFLATE_AGAIN:
      case WIRE_INFLATE_DONE:
        break;
      }
  g_assert_cmpmem (buffer, got, expected, length);
  got = frame.length;
  raw_frame_clear (&frame);

  return got;
}

/* --- negotiation */

static void
test_negotiated (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_with (owner, "permessage-deflate; client_max_window_bits",
                                           "permessage-deflate; client_max_window_bits=12");
  g_autofree char *text = engine_deflate_describe (owner->newest->deflate);

  g_assert_cmpstr (text, ==, "permessage-deflate; client_max_window_bits=12");
  /* Nothing is made before it is needed. */
  g_assert_null (owner->newest->deflate->inflater);
  g_assert_null (owner->newest->deflate->deflater);
}

static void
test_declined (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_with (owner, "permessage-deflate; server_max_window_bits=7", NULL);

  g_assert_null (owner->newest->deflate);
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_TEXT, hello, sizeof hello);
  raw_peer_expect_close (peer, WIRE_CLOSE_PROTOCOL_ERROR);
}

static void
test_disabled (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;

  owner->context->deflate.enabled = FALSE;
  peer = connect_with (owner, "permessage-deflate", NULL);
  g_assert_null (owner->newest->deflate);
}

static void
test_malformed (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "Sec-WebSocket-Extensions: permessage-deflate;\r\n\r\n");
  raw_peer_expect_refusal (peer, 400);
  g_assert_cmpuint (owner->counts[OWNER_HANDSHAKE], ==, 0);
}

/* --- receiving */

static void
test_receive (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);

  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_TEXT, hello, sizeof hello);
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_TEXT, hello_again, sizeof hello_again);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "plain", 5);
  owner_wait (owner, OWNER_DATA, 3);
  g_assert_cmpmem (owner->received->data, owner->received->len, "HelloHelloplain", 15);
}

/* A control frame may stand between the fragments; each byte may come alone. */
static void
test_receive_bytes (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  raw_frame_append (bytes, WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, hello, 3);
  raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "?", 1);
  raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, hello + 3, sizeof hello - 3);
  for (guint i = 0; i < bytes->len; i++)
    {
      raw_peer_send (peer, bytes->data + i, 1);
      owner_settle (owner);
    }
  while (owner->received->len < 5)
    raw_peer_pump (peer);
  g_assert_cmpmem (owner->received->data, owner->received->len, "Hello", 5);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "?", 1);
}

/* Where RSV1 must not be. */
static void
test_reserved_bits (void)
{
  static const struct {
    guint8 before;              /* a frame that is all right; 0: none */
    guint8 first_byte;
  } bad[] = {
    { 0, COMPRESSED | WIRE_OPCODE_PING },
    { 0, COMPRESSED | WIRE_OPCODE_CLOSE },
    { 0, COMPRESSED | WIRE_OPCODE_CONTINUATION },
    { WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, COMPRESSED | WIRE_OPCODE_CONTINUATION },
    { WIRE_OPCODE_TEXT, COMPRESSED | WIRE_OPCODE_CONTINUATION },
    { 0, WIRE_FRAME_FIN | 0x20 | WIRE_OPCODE_TEXT },
    { 0, COMPRESSED | 0x10 | WIRE_OPCODE_BINARY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Owner) owner = owner_new ();
      g_autoptr (RawPeer) peer = connect_deflating (owner);

      if (bad[i].before != 0)
        raw_peer_send_frame (peer, bad[i].before, "", 0);
      raw_peer_send_frame (peer, bad[i].first_byte, "", 0);
      raw_peer_expect_close (peer, WIRE_CLOSE_PROTOCOL_ERROR);
      g_assert_cmpuint (owner->received->len, ==, 0);
    }
}

static void
test_broken (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);

  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_TEXT, "\x06", 1);
  raw_peer_expect_close (peer, WIRE_CLOSE_INVALID_PAYLOAD);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 0);
}

/* --- bombs */

#define BOMB_SIZE (32 * 1024 * 1024)

static GByteArray *
bomb_new (gsize size)
{
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 9, 8);
  g_autofree guint8 *zeros = g_malloc0 (size);
  GByteArray *bomb = g_byte_array_new ();

  g_assert_true (wire_deflater_run (deflater, zeros, size, TRUE, G_MAXSIZE, bomb));

  return bomb;
}

/* 32 KiB stand for 32 MiB: nobody gets more than the limit. */
static void
test_bomb (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GByteArray) bomb = bomb_new (BOMB_SIZE);
  g_autoptr (RawPeer) peer = NULL;

  g_assert_cmpuint (bomb->len, <, 40000);
  owner->context->limits.message_limit = 1000000;
  peer = connect_deflating (owner);
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_BINARY, bomb->data, bomb->len);
  raw_peer_expect_close (peer, WIRE_CLOSE_TOO_BIG);
  g_assert_cmpuint (owner->received->len, <=, 1000000);
}

/* Who takes pieces gets them in many iterations, and others are served in between. */
static void
test_bomb_in_turns (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GByteArray) bomb = bomb_new (BOMB_SIZE);
  g_autoptr (RawPeer) peer = NULL;
  guint turns = 0;

  owner->context->limits.iteration_frames = 10;
  peer = connect_deflating (owner);
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_BINARY, bomb->data, bomb->len);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "behind", 6);
  while (owner->received->len < BOMB_SIZE + 6)
    {
      const guint before = owner->received->len;

      raw_peer_pump (peer);
      g_assert_cmpuint (owner->received->len - before, <=, 10 * 64 * 1024 + 6);
      turns++;
    }
  g_assert_cmpuint (turns, >=, BOMB_SIZE / (10 * 64 * 1024));
  g_assert_cmpmem (owner->received->data + BOMB_SIZE, 6, "behind", 6);
}

static void
pause_at_data (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_DATA)
    engine_connection_pause (connection, TRUE);
}

/* A pause holds within a frame. */
static void
test_pause (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GByteArray) bomb = bomb_new (300000);
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  guint pieces = 0;

  owner->hook = pause_at_data;
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_BINARY, bomb->data, bomb->len);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "behind", 6);
  while (owner->received->len < 300006)
    {
      owner_wait (owner, OWNER_DATA, ++pieces);
      owner_settle (owner);
      g_assert_cmpuint (owner->counts[OWNER_DATA], ==, pieces);
      g_assert_cmpuint (owner->received->len, <=, pieces * 64 * 1024);
      engine_connection_pause (owner->newest, FALSE);
    }
  g_assert_cmpmem (owner->received->data + 300000, 6, "behind", 6);
}

/* A close in the middle of it: what is left is nobody's, and the peer's answer is seen. */
static void
test_close_while_pending (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GByteArray) bomb = bomb_new (300000);
  g_autoptr (RawPeer) peer = connect_deflating (owner);

  owner->hook = pause_at_data;
  raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_BINARY, bomb->data, bomb->len);
  owner_wait (owner, OWNER_DATA, 1);
  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 1);
}

/* --- sending */

static void
test_send (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (50000);
  gsize first;

  send_text (owner, text, ENGINE_DEFLATE_THRESHOLD - 1, TRUE);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, text, ENGINE_DEFLATE_THRESHOLD - 1);
  send_text (owner, text, 300, TRUE);
  first = expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 300);
  send_text (owner, text, 300, TRUE);
  g_assert_cmpuint (expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 300), <, first / 2);
  send_text (owner, text, 50000, TRUE);
  expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 50000);
}

/* What gets no shorter is sent as it is, and what follows can be read. */
static void
test_send_noise (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);
  guint8 noise[1000];

  for (guint i = 0; i < sizeof noise; i++)
    noise[i] = (guint8) g_random_int_range (0, 128);
  for (guint i = 0; i < sizeof noise; i += 2)
    noise[i] = (guint8) g_random_int ();
  for (guint i = 0; i < 3; i++)
    {
      send_text (owner, text, 1000, TRUE);
      expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 1000);
      g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, noise, 300, NULL));
      raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, noise, 300);
    }
}

static void
test_send_fragments (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);

  for (guint i = 0; i < 2; i++)
    {
      send_text (owner, text, 500, FALSE);
      expect_inflated (peer, inflater, WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, text, 500);
      g_assert_true (engine_connection_send_control (owner->newest, WIRE_OPCODE_PING, (const guint8 *) "?", 1, NULL));
      raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "?", 1);
      send_text (owner, text + 500, 500, FALSE);
      expect_inflated (peer, inflater, WIRE_OPCODE_CONTINUATION, text + 500, 500);
      send_text (owner, NULL, 0, FALSE);
      expect_inflated (peer, inflater, WIRE_OPCODE_CONTINUATION, "", 0);
      send_text (owner, NULL, 0, TRUE);
      expect_inflated (peer, inflater, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, "", 0);
    }
}

/* A fragment that is too large even when it is compressed is not sent, whichever of its message it
 * is; those before and behind it make a message. */
static void
test_fragment_limit (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_deflating (owner);
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);
  guint8 noise[3000];

  for (guint i = 0; i < sizeof noise; i++)
    noise[i] = (guint8) g_random_int ();
  owner->context->limits.fragment_limit = 2000;
  for (guint n = 0; n < 4; n++)
    {
      g_autoptr (GError) error = NULL;
      const gboolean last = n == 3;

      g_assert_false (engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, last, noise, sizeof noise, &error));
      g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, "more than 2000 bytes"));
      send_text (owner, text, 1000, last);
      expect_inflated (peer, inflater,
                       n == 0 ? WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT
                              : (last ? WIRE_FRAME_FIN : 0) | WIRE_OPCODE_CONTINUATION,
                       text, 1000);
    }
  /* Alone it goes as it is. */
  g_assert_true (engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, noise, sizeof noise, NULL));
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, noise, sizeof noise);
  send_text (owner, text, 1000, TRUE);
  expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 1000);
}

/* Without takeover a connection needs no deflater of its own. */
static void
test_send_resets (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_with (owner, "permessage-deflate; server_no_context_takeover",
                                           "permessage-deflate; server_no_context_takeover");
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, FALSE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);

  for (guint i = 0; i < 3; i++)
    {
      send_text (owner, text, 1000, TRUE);
      expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 1000);
    }
  g_assert_null (owner->newest->deflate->deflater);
}

/* zlib can't deflate with 256 bytes: such a client gets messages as they are. */
static void
test_smallest_window (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = connect_with (owner, "permessage-deflate; server_max_window_bits=8",
                                           "permessage-deflate; server_max_window_bits=8");
  g_autofree guint8 *text = text_of (1000);

  send_text (owner, text, 1000, TRUE);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, text, 1000);
  send_text (owner, text, 500, FALSE);
  raw_peer_expect_frame (peer, WIRE_OPCODE_TEXT, text, 500);
  send_text (owner, text, 500, TRUE);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, text, 500);
}

/* --- broadcasts */

static void
send_to (EngineConnection *connection, gpointer text)
{
  g_assert_true (engine_connection_send_data (connection, WIRE_OPCODE_TEXT, TRUE, text, 1000, NULL));
}

/* One frame for all, whatever else each of them was sent before and after. */
static void
test_broadcast (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[4];
  WireInflater *inflaters[4];
  g_autofree guint8 *text = text_of (1000);

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = i % 2 == 0 ? connect_deflating (owner)
                            : connect_with (owner, "permessage-deflate; server_no_context_takeover",
                                            "permessage-deflate; server_no_context_takeover");
      inflaters[i] = wire_inflater_new (12, i % 2 == 0, G_MAXUINT64);
    }

  for (guint round = 0; round < 3; round++)
    {
      engine_protocol_foreach (owner->protocol, send_to, text);
      engine_context_hold (owner->context);
      engine_protocol_share_begin (owner->protocol);
      engine_protocol_foreach (owner->protocol, send_to, text);
      for (EngineConnection *each = owner->protocol->first; each->next != NULL; each = each->next)
        {
          g_assert_true (each->output.head.block == each->next->output.head.block);
          g_assert_cmpuint (each->output.head.offset, ==, each->next->output.head.offset);
        }
      engine_protocol_share_end (owner->protocol);
      g_assert_true (engine_context_release (owner->context));
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        for (guint j = 0; j < 2; j++)
          expect_inflated (peers[i], inflaters[i], COMPRESSED | WIRE_OPCODE_TEXT, text, 1000);
    }

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      raw_peer_free (peers[i]);
      wire_inflater_free (inflaters[i]);
    }
}

/* --- idling */

/* Long after the memory has to be given back. */
#define RARE_PINGS 1000

static void
test_idle (gconstpointer pings)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);

  owner->context->limits.ping_ticks = GPOINTER_TO_UINT (pings);
  peer = connect_deflating (owner);
  for (guint i = 0; i < 3; i++)
    {
      send_text (owner, text, 1000, TRUE);
      expect_inflated (peer, inflater, COMPRESSED | WIRE_OPCODE_TEXT, text, 1000);
      raw_peer_send_frame (peer, COMPRESSED | WIRE_OPCODE_TEXT, i == 0 ? hello : hello_again,
                           i == 0 ? sizeof hello : sizeof hello_again);
      owner_wait (owner, OWNER_DATA, i + 1);
      g_assert_nonnull (owner->newest->deflate->deflater);
      owner_advance (owner, ENGINE_DEFLATE_IDLE_TICKS + 1);
      owner_advance (owner, 1);
      g_assert_null (owner->newest->deflate->deflater);
      if (pings == GUINT_TO_POINTER (ENGINE_PING_TICKS))
        {
          RawFrame ping;

          raw_peer_read_frame (peer, &ping);
          raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, ping.payload, ping.length);
          raw_frame_clear (&ping);
        }
    }
  g_assert_cmpmem (owner->received->data, owner->received->len, "HelloHelloHello", 15);
}

/* Messages that stop in the middle keep what they need; when they have ended it goes. */
static void
test_idle_within_messages (gconstpointer pings)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  g_autoptr (WireInflater) inflater = wire_inflater_new (12, TRUE, G_MAXUINT64);
  g_autofree guint8 *text = text_of (1000);

  owner->context->limits.ping_ticks = GPOINTER_TO_UINT (pings);
  peer = connect_deflating (owner);
  raw_peer_send_frame (peer, WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, hello, 3);
  send_text (owner, text, 500, FALSE);
  expect_inflated (peer, inflater, WIRE_FRAME_RSV1 | WIRE_OPCODE_TEXT, text, 500);
  for (guint i = 0; i < 5; i++)
    {
      owner_advance (owner, ENGINE_DEFLATE_IDLE_TICKS);
      g_assert_nonnull (owner->newest->deflate->deflater);
    }

  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, hello + 3, sizeof hello - 3);
  owner_settle (owner);
  g_assert_cmpmem (owner->received->data, owner->received->len, "Hello", 5);
  send_text (owner, text + 500, 500, TRUE);
  expect_inflated (peer, inflater, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, text + 500, 500);
  for (guint i = 0; i < 3; i++)
    owner_advance (owner, ENGINE_DEFLATE_IDLE_TICKS + 1);
  g_assert_null (owner->newest->deflate->deflater);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/deflate/negotiated", test_negotiated);
  g_test_add_func ("/engine/deflate/declined", test_declined);
  g_test_add_func ("/engine/deflate/disabled", test_disabled);
  g_test_add_func ("/engine/deflate/malformed", test_malformed);
  g_test_add_func ("/engine/deflate/receive", test_receive);
  g_test_add_func ("/engine/deflate/receive-bytes", test_receive_bytes);
  g_test_add_func ("/engine/deflate/reserved-bits", test_reserved_bits);
  g_test_add_func ("/engine/deflate/broken", test_broken);
  g_test_add_func ("/engine/deflate/bomb", test_bomb);
  g_test_add_func ("/engine/deflate/bomb-in-turns", test_bomb_in_turns);
  g_test_add_func ("/engine/deflate/pause", test_pause);
  g_test_add_func ("/engine/deflate/close-while-pending", test_close_while_pending);
  g_test_add_func ("/engine/deflate/send", test_send);
  g_test_add_func ("/engine/deflate/send-noise", test_send_noise);
  g_test_add_func ("/engine/deflate/send-fragments", test_send_fragments);
  g_test_add_func ("/engine/deflate/fragment-limit", test_fragment_limit);
  g_test_add_func ("/engine/deflate/send-resets", test_send_resets);
  g_test_add_func ("/engine/deflate/smallest-window", test_smallest_window);
  g_test_add_func ("/engine/deflate/broadcast", test_broadcast);
  g_test_add_data_func ("/engine/deflate/idle/with-pings", GUINT_TO_POINTER (ENGINE_PING_TICKS), test_idle);
  g_test_add_data_func ("/engine/deflate/idle/without-pings", NULL, test_idle);
  g_test_add_data_func ("/engine/deflate/idle/rare-pings", GUINT_TO_POINTER (RARE_PINGS), test_idle);
  g_test_add_data_func ("/engine/deflate/idle/within/rare-pings", GUINT_TO_POINTER (RARE_PINGS),
                        test_idle_within_messages);
  g_test_add_data_func ("/engine/deflate/idle/within/without-pings", NULL, test_idle_within_messages);

  return g_test_run ();
}
