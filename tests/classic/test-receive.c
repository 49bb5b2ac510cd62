/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <unistd.h>

/* Frames of up to this many bytes come in one piece, and no piece has more. */
#define WHOLE_MAX 4096

static GString *received;       /* of the frame under way */
static guint pieces;
static guint frames;
static guint pongs;
static guint closed;
static gboolean overwrites;
static gboolean pauses;         /* after each piece */
static struct libwebsocket *paused;
static enum libwebsocket_callback_reasons expected_reason;

static void
receive (struct libwebsocket *wsi, char *bytes, size_t length)
{
  size_t remaining = libwebsockets_remaining_packet_payload (wsi);

  g_assert_cmpuint (length, <=, WHOLE_MAX);
  if (pauses)
    g_assert_cmpint (libwebsocket_rx_flow_control (wsi, 0), ==, 0);
  paused = wsi;

  /* It is a string, whatever follows on the wire. */
  g_assert_cmpint (bytes[length], ==, 0);
  g_string_append_len (received, bytes, (gssize) length);
  pieces++;
  frames += remaining == 0;

  if (overwrites)
    {
      memset (bytes, 'X', length);
      bytes[length] = 'X';
    }
}

static int
callback_receive (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                  size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      g_assert_cmpint (reason, ==, expected_reason);
      receive (wsi, in, len);
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      g_assert_cmpint (((char *) in)[len], ==, 0);
      g_assert_cmpstr (in, ==, "pong");
      pongs++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      closed++;
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "receive", .callback = callback_receive },
  { .callback = NULL },
};

static void
reset (void)
{
  g_string_truncate (received, 0);
  pieces = frames = pongs = closed = 0;
  overwrites = FALSE;
  expected_reason = LWS_CALLBACK_RECEIVE;
}

static void
open_server (struct libwebsocket_context **context, RawPeer **peer)
{
  guint16 port;

  reset ();
  *context = stage_listen (protocols, &port);
  *peer = raw_peer_open (*context, port, NULL);
}

static void
open_client (struct libwebsocket_context **context, RawPeer **peer)
{
  guint16 port;
  int listener = raw_listen (&port);

  reset ();
  expected_reason = LWS_CALLBACK_CLIENT_RECEIVE;
  *context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (*context);
  g_assert_nonnull (libwebsocket_client_connect (*context, "127.0.0.1", port, 0, "/", NULL, NULL, NULL));
  *peer = raw_peer_accept (*context, listener);
  raw_peer_accept_handshake (*peer, NULL);
  close (listener);
}

typedef void (*Opener) (struct libwebsocket_context **context, RawPeer **peer);

static void
fill (guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i * 31 + (i >> 8));
}

/* --- pieces */

/* However a small frame was cut up on its way, it comes whole. */
static void
test_whole_frames (gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 125, 126, 1000, 4095, WHOLE_MAX };
  static const gsize steps[] = { 1, 7, 1024 };
  struct libwebsocket_context *context;
  RawPeer *peer;
  guint8 bytes[WHOLE_MAX];

  ((Opener) data) (&context, &peer);
  fill (bytes, sizeof bytes);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (steps); j++)
      {
        g_autoptr (GByteArray) frame = g_byte_array_new ();

        g_string_truncate (received, 0);
        pieces = frames = 0;
        raw_append_frame (frame, peer->masks, RAW_FIN | RAW_BINARY, bytes, sizes[i]);
        for (gsize sent = 0; sent < frame->len; sent += steps[j])
          {
            g_assert_cmpuint (pieces, ==, 0);
            raw_peer_send (peer, frame->data + sent, MIN (steps[j], frame->len - sent));
            g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
          }
        STAGE_SERVE_UNTIL (context, pieces > 0);
        g_assert_cmpuint (pieces, ==, 1);
        g_assert_cmpuint (frames, ==, 1);
        g_assert_cmpmem (received->str, received->len, bytes, sizes[i]);
      }

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* A larger one comes as it arrives, and says how much is to follow. */
static void
test_pieces (gconstpointer data)
{
  static const gsize sizes[] = { WHOLE_MAX + 1, 65535, 65536, 300000, 3000000 };
  struct libwebsocket_context *context;
  RawPeer *peer;

  ((Opener) data) (&context, &peer);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *bytes = g_malloc (sizes[i]);
      g_autoptr (GByteArray) frame = g_byte_array_new ();

      fill (bytes, sizes[i]);
      raw_append_frame (frame, peer->masks, RAW_FIN | RAW_BINARY, bytes, sizes[i]);
      g_string_truncate (received, 0);
      pieces = frames = 0;
      raw_peer_send (peer, frame->data, 2500);
      STAGE_SERVE_UNTIL (context, pieces > 0);
      g_assert_cmpuint (frames, ==, 0);
      raw_peer_send (peer, frame->data + 2500, frame->len - 2500);
      STAGE_SERVE_UNTIL (context, frames == 1);
      g_assert_cmpuint (pieces, >, 1);
      g_assert_cmpmem (received->str, received->len, bytes, sizes[i]);
    }

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* An echo of 2011 has room for the largest piece on its stack, and no byte more. */

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  unsigned char buffer[STAGE_PADDED (WHOLE_MAX)];

  if (reason != LWS_CALLBACK_RECEIVE)
    return 0;

  g_assert_cmpuint (len, <=, WHOLE_MAX);
  memcpy (STAGE_PAYLOAD (buffer), in, len);

  return libwebsocket_write (wsi, STAGE_PAYLOAD (buffer), len, LWS_WRITE_BINARY);
}

static struct libwebsocket_protocols echo_protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

static void
test_echo (void)
{
  static const gsize sizes[] = { 5000, WHOLE_MAX, WHOLE_MAX + 1, 20000, 300000 };
  guint16 port;
  struct libwebsocket_context *context = stage_listen (echo_protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *bytes = g_malloc (sizes[i]);
      g_autoptr (GByteArray) echo = g_byte_array_new ();

      fill (bytes, sizes[i]);
      raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, bytes, sizes[i]);
      while (echo->len < sizes[i])
        {
          g_auto (RawFrame) frame = { 0 };

          g_assert_true (raw_peer_read_frame (peer, &frame));
          g_byte_array_append (echo, frame.payload, (guint) frame.length);
        }
      g_assert_cmpmem (echo->data, echo->len, bytes, sizes[i]);
    }

  libwebsocket_context_destroy (context);
}

/* Who stops the reception gets no further piece, although it has arrived. */
static void
test_pauses (void)
{
  const gsize size = 10 * WHOLE_MAX;
  g_autofree guint8 *bytes = g_malloc (size);
  struct libwebsocket_context *context;
  RawPeer *peer;

  open_server (&context, &peer);
  fill (bytes, size);
  pauses = TRUE;
  raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, bytes, size);
  while (received->len < size)
    {
      const guint before = pieces;

      STAGE_SERVE_UNTIL (context, pieces > before);
      stage_serve_turns (context, 3);
      g_assert_cmpuint (pieces, ==, before + 1);
      g_assert_cmpint (libwebsocket_rx_flow_control (paused, 1), ==, 0);
    }
  g_assert_cmpmem (received->str, received->len, bytes, size);
  pauses = FALSE;

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* What has come and what is to come make up the frame, at every piece. */

static gsize announced;
static gsize counted;

static int
callback_sum (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  if (reason != LWS_CALLBACK_RECEIVE)
    return 0;

  counted += len;
  g_assert_cmpuint (counted + libwebsockets_remaining_packet_payload (wsi), ==, announced);

  return 0;
}

static struct libwebsocket_protocols sum_protocols[] = {
  { .name = "sum", .callback = callback_sum },
  { .callback = NULL },
};

static void
test_remaining (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (sum_protocols, &port);
  g_autoptr (RawPeer) peer = raw_peer_open (context, port, NULL);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree guint8 *bytes = g_malloc (100000);

  announced = 100000;
  counted = 0;
  fill (bytes, announced);
  raw_append_frame (frame, TRUE, RAW_FIN | RAW_BINARY, bytes, announced);
  for (gsize sent = 0, step = 1; sent < frame->len; sent += step, step = step * 2 % 10007)
    {
      raw_peer_send (peer, frame->data + sent, MIN (step, frame->len - sent));
      g_assert_cmpint (libwebsocket_service (context, 0), ==, 0);
    }
  STAGE_SERVE_UNTIL (context, counted == announced);

  libwebsocket_context_destroy (context);
}

/* The byte behind a piece is the next frame's: it is given back. */
static void
test_overwritten (gconstpointer data)
{
  struct libwebsocket_context *context;
  RawPeer *peer;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  ((Opener) data) (&context, &peer);
  overwrites = TRUE;
  for (guint i = 0; i < 50; i++)
    raw_append_frame (bytes, peer->masks, RAW_FIN | RAW_TEXT, "word ", 5);
  raw_append_frame (bytes, peer->masks, RAW_FIN | RAW_PONG, "pong", 4);
  raw_peer_send (peer, bytes->data, bytes->len);
  STAGE_SERVE_UNTIL (context, pongs == 1);
  g_assert_cmpuint (frames, ==, 50);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpmem (received->str + i * 5, 5, "word ", 5);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

static void
test_fragments (gconstpointer data)
{
  struct libwebsocket_context *context;
  RawPeer *peer;

  ((Opener) data) (&context, &peer);
  /* A character may be cut. */
  raw_peer_send_frame (peer, RAW_TEXT, "", 0);
  raw_peer_send_frame (peer, RAW_CONTINUATION, "one\xc3", 4);
  raw_peer_send_frame (peer, RAW_FIN | RAW_PING, "?", 1);
  raw_peer_send_frame (peer, RAW_CONTINUATION, "", 0);
  raw_peer_send_frame (peer, RAW_FIN | RAW_CONTINUATION, "\xa4two", 4);
  raw_peer_expect_frame (peer, RAW_FIN | RAW_PONG, "?", 1);
  STAGE_SERVE_UNTIL (context, received->len == 8);
  g_assert_cmpstr (received->str, ==, "one\xc3\xa4two");
  g_assert_cmpuint (pieces, ==, 2);

  /* An empty message is one, too. */
  raw_peer_send_frame (peer, RAW_FIN | RAW_TEXT, "", 0);
  STAGE_SERVE_UNTIL (context, pieces == 3);
  g_assert_cmpuint (received->len, ==, 8);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* --- what breaks the protocol */

typedef struct {
  const char *bytes;
  gsize length;
  guint16 code;
} Violation;

#define V(bytes, code) { bytes, sizeof (bytes) - 1, code }

static const Violation from_clients[] = {
  V ("\x81\x01x", 1002),                                           /* not masked */
  V ("\xc1\x81\0\0\0\0x", 1002),                                   /* reserved bits */
  V ("\xa1\x81\0\0\0\0x", 1002),
  V ("\x91\x81\0\0\0\0x", 1002),
  V ("\x83\x81\0\0\0\0x", 1002),                                   /* opcodes that are none */
  V ("\x8b\x81\0\0\0\0x", 1002),
  V ("\x09\x80\0\0\0\0", 1002),                                    /* a ping in fragments */
  V ("\x89\xfe\0\x7e\0\0\0\0", 1002),                              /* ... of 126 bytes */
  V ("\x80\x81\0\0\0\0x", 1002),                                   /* a continuation of nothing */
  V ("\x01\x81\0\0\0\0x\x81\x81\0\0\0\0y", 1002),                  /* a message within another */
  V ("\x82\xfe\0\x7d\0\0\0\0", 1002),                              /* lengths longer than need be */
  V ("\x82\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", 1002),
  V ("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1002),    /* more than 63 bits */
  V ("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 1002),
  V ("\x81\x82\0\0\0\0\xc3\x28", 1007),                            /* not UTF-8 */
  V ("\x81\x81\0\0\0\0\xc3", 1007),                                /* ... and none any more */
  V ("\x81\x83\0\0\0\0\xed\xa0\x80", 1007),
  V ("\x88\x81\0\0\0\0x", 1002),                                   /* a Close of one byte */
  V ("\x88\x82\0\0\0\0\x03\xed", 1002),                            /* 1005 */
  V ("\x88\x82\0\0\0\0\x03\xee", 1002),                            /* 1006 */
  V ("\x88\x82\0\0\0\0\x03\xe7", 1002),                            /* 999 */
  V ("\x88\x83\0\0\0\0\x03\xe8\xff", 1007),
};

static const Violation from_servers[] = {
  V ("\x81\x81\0\0\0\0x", 1002),                                   /* masked */
  V ("\xc1\x01x", 1002),
  V ("\x83\x01x", 1002),
  V ("\x80\x01x", 1002),
  V ("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1002),
  V ("\x81\x02\xc3\x28", 1007),
  V ("\x88\x02\x03\xed", 1002),
};

/* What came before it is delivered, and nothing that comes after. */
static void
violate (Opener opener, const Violation *violation)
{
  struct libwebsocket_context *context;
  RawPeer *peer;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_auto (RawFrame) frame = { 0 };

  opener (&context, &peer);
  raw_append_frame (bytes, peer->masks, RAW_FIN | RAW_TEXT, "before", 6);
  g_byte_array_append (bytes, (const guint8 *) violation->bytes, (guint) violation->length);
  raw_append_frame (bytes, peer->masks, RAW_FIN | RAW_TEXT, "after", 5);
  raw_peer_send (peer, bytes->data, bytes->len);

  raw_peer_expect_close (peer, violation->code);
  STAGE_SERVE_UNTIL (context, closed == 1);
  g_assert_true (g_str_has_prefix (received->str, "before"));
  g_assert_null (strstr (received->str, "after"));
  if (peer->masks)
    raw_peer_await_end (peer);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

static void
test_violations (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (from_clients); i++)
    violate (open_server, &from_clients[i]);
  for (guint i = 0; i < G_N_ELEMENTS (from_servers); i++)
    violate (open_client, &from_servers[i]);
}

/* An announced length sets nothing aside. */
static void
test_huge_announcement (void)
{
  struct libwebsocket_context *context;
  RawPeer *peer;
  gsize before = stage_resident_memory ();

  open_server (&context, &peer);
  raw_peer_send (peer, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14);
  raw_peer_send_text (peer, "some bytes of it");
  STAGE_SERVE_UNTIL (context, received->len == strlen ("some bytes of it"));
  g_assert_cmpuint (frames, ==, 0);
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + 16 * 1024 * 1024);
  libwebsocket_context_destroy (context);
  g_assert_cmpuint (closed, ==, 1);
  raw_peer_free (peer);
}

static void
add_for_both_roles (const char *name, GTestDataFunc test)
{
  g_autofree char *as_server = g_strdup_printf ("/classic/receive/server/%s", name);
  g_autofree char *as_client = g_strdup_printf ("/classic/receive/client/%s", name);

  g_test_add_data_func (as_server, open_server, test);
  g_test_add_data_func (as_client, open_client, test);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  received = g_string_new (NULL);

  add_for_both_roles ("whole-frames", test_whole_frames);
  add_for_both_roles ("pieces", test_pieces);
  add_for_both_roles ("overwritten", test_overwritten);
  add_for_both_roles ("fragments", test_fragments);
  g_test_add_func ("/classic/receive/echo", test_echo);
  g_test_add_func ("/classic/receive/pauses", test_pauses);
  g_test_add_func ("/classic/receive/remaining", test_remaining);
  g_test_add_func ("/classic/receive/violations", test_violations);
  g_test_add_func ("/classic/receive/huge-announcement", test_huge_announcement);

  result = g_test_run ();
  g_string_free (received, TRUE);

  return result;
}
