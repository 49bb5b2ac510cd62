/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 7692: what our end compresses, windows of all sizes, and messages that are more than
 * they look.
 */
#include "deflation.h"
#include "scene.h"

#include <string.h>

#define WINDOW_MAX 15

/* zlib can't compress with a window of 256 bytes: messages then leave as they are. */
#define WINDOW_COMPRESSED_MIN 9

/* More than that a server of ours grants no client. */
#define WINDOW_GRANTED_MAX 12

/* Repeats itself within a large window, and only there. */
#define CHAPTER 20000
#define BOOK (3 * CHAPTER)

#define LARGE (16 * 1024 * 1024)
#define BOMB (64 * 1024 * 1024)

static gboolean
is_server (Scene *scene)
{
  return scene->setting->role == WIRE_ROLE_SERVER;
}

/* Opens with a parameter of one side, such as "no_context_takeover". */
static void
open_with (Scene *scene, gboolean of_server, const char *parameter)
{
  g_autofree char *parameters = g_strdup_printf ("; %s_%s", of_server ? "server" : "client", parameter);

  scene_meet (scene, NULL);
  scene_open_deflate (scene, parameters);
}

static void
open_with_window (Scene *scene, gboolean of_server, guint bits)
{
  g_autofree char *parameter = g_strdup_printf ("max_window_bits=%u", bits);

  open_with (scene, of_server, parameter);
}

static GByteArray *
make_book (void)
{
  GByteArray *book = g_byte_array_sized_new (BOOK);
  guint32 state = 7692;

  for (guint i = 0; i < BOOK; i++)
    {
      guint8 call;

      state = state * 1664525 + 1013904223;
      call = i < CHAPTER ? (guint8) ('a' + (state >> 24) % 20) : book->data[i - CHAPTER];
      g_byte_array_append (book, &call, 1);
    }

  return book;
}

/* --- our end sends */

static void
say (Scene *scene, guint8 first_byte, const guint8 *payload, gsize length)
{
  g_assert_true (scene->end->face->send (scene->end, first_byte, payload, length));
}

/* The peer reads a message in one frame, compressed or not; returns the payload's length
 * on the wire. */
static gsize
hear (Scene *scene, Deflation *deflation, WireOpcode opcode, const guint8 *payload, gsize length)
{
  g_autoptr (GByteArray) last_received = NULL;
  RawFrame frame;
  gsize size;

  scene_read_frame (scene, &frame);
  g_assert_cmphex (frame.first_byte & (guint8) ~WIRE_FRAME_RSV1, ==, WIRE_FRAME_FIN | opcode);
  if (frame.first_byte & WIRE_FRAME_RSV1)
    last_received = deflation_inflate (deflation, frame.payload, frame.length);
  else
    {
      last_received = g_byte_array_new ();
      g_byte_array_append (last_received, frame.payload, (guint) frame.length);
    }
  g_assert_cmpmem (last_received->data, last_received->len, payload, length);
  size = frame.length;
  raw_frame_clear (&frame);

  return size;
}

static void
hear_fragment (Scene *scene, guint8 first_byte, GByteArray *compressed)
{
  RawFrame frame;

  scene_read_frame (scene, &frame);
  g_assert_cmphex (frame.first_byte, ==, first_byte);
  g_byte_array_append (compressed, frame.payload, (guint) frame.length);
  raw_frame_clear (&frame);
}

static void
test_sent (Scene *scene, gconstpointer data)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 255, 256, 257, 1000, 4096, 40000, BOOK };
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();
  gsize size = 0;

  scene_meet (scene, NULL);
  scene_open_deflate (scene, "");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (lengths); i++)
    {
      WireOpcode opcode = i % 2 == 0 ? WIRE_OPCODE_TEXT : WIRE_OPCODE_BINARY;

      say (scene, (guint8) (WIRE_FRAME_FIN | opcode), book->data, lengths[i / 2]);
      size = hear (scene, deflation, opcode, book->data, lengths[i / 2]);
    }
  g_assert_cmpuint (size, <, BOOK);
  scene_part (scene);
}

/* RSV1 is set in the first of the fragments, which are one message for zlib. */
static void
test_sent_in_fragments (Scene *scene, gconstpointer data)
{
  static const guint8 firsts[] = { WIRE_OPCODE_TEXT, WIRE_OPCODE_CONTINUATION,
                                   WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION };
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();
  g_autoptr (GByteArray) compressed = g_byte_array_new ();
  g_autoptr (GByteArray) last_received = NULL;

  scene_meet (scene, NULL);
  scene_open_deflate (scene, "");
  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    {
      say (scene, firsts[i], book->data + i * CHAPTER, CHAPTER);
      hear_fragment (scene, (guint8) (firsts[i] | (i == 0 ? WIRE_FRAME_RSV1 : 0)), compressed);
      /* A control frame in between has nothing to do with it. */
      say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_PING, (const guint8 *) "between", 7);
      scene_expect_frame (scene, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "between", 7);
    }
  last_received = deflation_inflate (deflation, compressed->data, compressed->len);
  g_assert_cmpmem (last_received->data, last_received->len, book->data, book->len);
  scene_part (scene);
}

/* What our end compresses keeps to the window that it was told of. */
static void
test_window_sent (Scene *scene, gconstpointer data)
{
  const guint bits = GPOINTER_TO_UINT (data);
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, bits);
  g_autoptr (GByteArray) book = make_book ();

  open_with_window (scene, is_server (scene), bits);
  for (guint i = 0; i < 3; i++)
    {
      gsize size;

      say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, book->data, book->len);
      size = hear (scene, deflation, WIRE_OPCODE_TEXT, book->data, book->len);
      if (bits >= WINDOW_COMPRESSED_MIN)
        g_assert_cmpuint (size, <, book->len);
      else
        g_assert_cmpuint (size, ==, book->len);
    }
  scene_part (scene);
}

/* Each message can be inflated by who has forgotten the others, in one frame or in two. */
static void
test_no_takeover_sent (Scene *scene, gconstpointer data)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();

  open_with (scene, is_server (scene), "no_context_takeover");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GByteArray) compressed = g_byte_array_new ();
      g_autoptr (GByteArray) last_received = NULL;

      say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, book->data, 1000);
      deflation_reset (deflation);
      g_assert_cmpuint (hear (scene, deflation, WIRE_OPCODE_TEXT, book->data, 1000), <, 1000);

      say (scene, WIRE_OPCODE_BINARY, book->data, 500);
      hear_fragment (scene, WIRE_FRAME_RSV1 | WIRE_OPCODE_BINARY, compressed);
      say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, book->data + 500, 500);
      hear_fragment (scene, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, compressed);
      deflation_reset (deflation);
      last_received = deflation_inflate (deflation, compressed->data, compressed->len);
      g_assert_cmpmem (last_received->data, last_received->len, book->data, 1000);
    }
  scene_part (scene);
}

/* Where messages may refer to earlier ones they do. */
static void
test_takeover_sent (Scene *scene, gconstpointer data)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();
  gsize first, second;

  scene_meet (scene, NULL);
  scene_open_deflate (scene, "");
  say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, book->data, 1000);
  first = hear (scene, deflation, WIRE_OPCODE_TEXT, book->data, 1000);
  say (scene, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, book->data, 1000);
  second = hear (scene, deflation, WIRE_OPCODE_TEXT, book->data, 1000);
  g_assert_cmpuint (second, <, first / 4);
  scene_part (scene);
}

/* --- our end receives */

/* Sends in frames of at most @cut bytes. */
static void
send_compressed (Scene *scene, WireOpcode opcode, const GByteArray *compressed, gsize cut)
{
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  for (gsize at = 0; at == 0 || at < compressed->len; at += cut)
    {
      gsize length = MIN (cut, compressed->len - at);
      guint8 first_byte = at == 0 ? (guint8) (opcode | WIRE_FRAME_RSV1) : WIRE_OPCODE_CONTINUATION;

      if (at + length == compressed->len)
        first_byte |= WIRE_FRAME_FIN;
      scene_append_frame (scene, frames, first_byte, compressed->data + at, length);
    }
  scene_send (scene, frames->data, frames->len);
}

static void
expect_payload (Scene *scene, const guint8 *payload, gsize length)
{
  End *end = scene->end;

  END_UNTIL (end, end->payload->len >= length);
  g_assert_cmpmem (end->payload->data, end->payload->len, payload, length);
  g_byte_array_set_size (end->payload, 0);
  if (!end->face->whole_messages)
    return;

  END_UNTIL (end, end->messages.length == 1);
  end_message_free (g_queue_pop_head (&end->messages));
}

/* The peer uses all of the window that it may have; with one of 256 bytes it refers to
 * nothing that is farther away. */
static void
test_window_received (Scene *scene, gconstpointer data)
{
  const guint bits = GPOINTER_TO_UINT (data);
  const guint granted = is_server (scene) ? MIN (bits, WINDOW_GRANTED_MAX) : bits;
  g_autoptr (Deflation) deflation = deflation_new (MAX (granted, WINDOW_COMPRESSED_MIN), WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();
  const gsize length = bits < WINDOW_COMPRESSED_MIN ? 80 : book->len;

  open_with_window (scene, !is_server (scene), bits);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GByteArray) compressed = deflation_compress (deflation, book->data, length);

      send_compressed (scene, WIRE_OPCODE_TEXT, compressed, i == 0 ? G_MAXUINT : 100);
      expect_payload (scene, book->data, length);
    }
  scene_part (scene);
}

static void
test_no_takeover_received (Scene *scene, gconstpointer data)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autoptr (GByteArray) book = make_book ();

  open_with (scene, !is_server (scene), "no_context_takeover");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GByteArray) compressed = deflation_compress (deflation, book->data, book->len);

      send_compressed (scene, WIRE_OPCODE_BINARY, compressed, 1000);
      expect_payload (scene, book->data, book->len);
      deflation_reset (deflation);
    }
  scene_part (scene);
}

/* --- more than it looks */

static GByteArray *
make_bomb (gsize length)
{
  g_autoptr (Deflation) deflation = deflation_new (WINDOW_MAX, WINDOW_MAX);
  g_autofree guint8 *zeros = g_malloc0 (length);

  return deflation_compress (deflation, zeros, length);
}

/* The object API's limit counts what a message becomes. */
static void
check_too_big (Scene *scene, gsize length, gsize cut)
{
  g_autoptr (GByteArray) bomb = NULL;

  if (!scene->end->face->whole_messages)
    {
      g_test_skip ("who is given messages in pieces needs no limit");
      return;
    }
  scene_meet (scene, NULL);
  scene_open_deflate (scene, "");
  bomb = make_bomb (length);
  g_assert_cmpuint (bomb->len, <, LARGE / 10);
  send_compressed (scene, WIRE_OPCODE_BINARY, bomb, cut);
  raw_peer_expect_close (scene->peer, WIRE_CLOSE_TOO_BIG);
  scene_expect_end (scene, WIRE_CLOSE_TOO_BIG);
  g_assert_cmpuint (scene->end->messages.length, ==, 0);
}

static void
test_too_big (Scene *scene, gconstpointer data)
{
  check_too_big (scene, LARGE + 1, G_MAXUINT);
}

static void
test_too_big_in_fragments (Scene *scene, gconstpointer data)
{
  check_too_big (scene, LARGE + 1, 1000);
}

/* A message of a thousand times its size: what lies in front of the limit is all that is ever made. */
static void
test_bomb (Scene *scene, gconstpointer data)
{
  check_too_big (scene, BOMB, G_MAXUINT);
}

static void
test_large (Scene *scene, gconstpointer data)
{
  g_autoptr (GByteArray) compressed = make_bomb (LARGE);
  g_autofree guint8 *zeros = g_malloc0 (LARGE);

  scene_meet (scene, NULL);
  scene_open_deflate (scene, "");
  send_compressed (scene, WIRE_OPCODE_TEXT, compressed, G_MAXUINT);
  expect_payload (scene, zeros, LARGE);
  scene_part (scene);
}

static void
add_both (const char *name, SceneFunc func)
{
  scene_add_closed (name, WIRE_ROLE_SERVER, FALSE, func, NULL);
  scene_add_closed (name, WIRE_ROLE_CLIENT, FALSE, func, NULL);
}

static void
add_windows (void)
{
  for (guint bits = 8; bits <= WINDOW_MAX; bits++)
    {
      g_autofree char *server_sent = g_strdup_printf ("7.1.2.1/sent-%u", bits);
      g_autofree char *server_received = g_strdup_printf ("7.1.2.1/received-%u", bits);
      g_autofree char *client_sent = g_strdup_printf ("7.1.2.2/sent-%u", bits);
      g_autofree char *client_received = g_strdup_printf ("7.1.2.2/received-%u", bits);
      gpointer data = GUINT_TO_POINTER (bits);

      scene_add_closed (server_sent, WIRE_ROLE_SERVER, FALSE, test_window_sent, data);
      scene_add_closed (server_received, WIRE_ROLE_CLIENT, FALSE, test_window_received, data);
      scene_add_closed (client_sent, WIRE_ROLE_CLIENT, FALSE, test_window_sent, data);
      /* The offer of a client says how large its own window is at most. */
      scene_add_closed (client_received, WIRE_ROLE_SERVER, FALSE, test_window_received, data);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_set_prefix ("rfc7692");

  add_both ("7.2.1/sent", test_sent);
  add_both ("7.2.1/sent-in-fragments", test_sent_in_fragments);
  add_both ("7.1.1/takeover-sent", test_takeover_sent);
  scene_add_closed ("7.1.1.1/sent", WIRE_ROLE_SERVER, FALSE, test_no_takeover_sent, NULL);
  scene_add_closed ("7.1.1.1/received", WIRE_ROLE_CLIENT, FALSE, test_no_takeover_received, NULL);
  scene_add_closed ("7.1.1.2/sent", WIRE_ROLE_CLIENT, FALSE, test_no_takeover_sent, NULL);
  scene_add_closed ("7.1.1.2/received", WIRE_ROLE_SERVER, FALSE, test_no_takeover_received, NULL);
  add_windows ();
  add_both ("7.2.2/16-mib", test_large);
  add_both ("8/too-big", test_too_big);
  add_both ("8/too-big-in-fragments", test_too_big_in_fragments);
  add_both ("8/bomb", test_bomb);

  return g_test_run ();
}
