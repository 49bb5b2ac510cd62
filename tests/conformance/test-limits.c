/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 6455: large messages, many frames, and what our end sends of its own accord.
 */
#include "scene.h"

#include <string.h>
#include <sys/socket.h>

#define LARGE (16 * 1024 * 1024)
#define SMALL_FRAGMENT 64
#define CHAPTER (256 * 1024)

/* --- receiving */

/* A message of LARGE bytes in fragments of that size, and after it another one. What
 * costs more with each fragment does not end. */
static void
check_fragments (Scene *scene, WireOpcode opcode, gsize size)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *payload = g_malloc (size);
  End *end = scene->end;

  memset (payload, 'x', size);
  for (gsize at = 0; at < LARGE; at += size)
    {
      guint8 fin = at + size == LARGE ? WIRE_FRAME_FIN : 0;

      scene_append_frame (scene, bytes, (guint8) (fin | (at == 0 ? opcode : WIRE_OPCODE_CONTINUATION)), payload, size);
      if (bytes->len >= CHAPTER || fin != 0)
        {
          scene_send (scene, bytes->data, bytes->len);
          g_byte_array_set_size (bytes, 0);
        }
    }
  END_UNTIL (end, end->payload->len == LARGE);
  if (end->face->whole_messages)
    {
      EndMessage *message;

      END_UNTIL (end, end->messages.length == 1);
      message = g_queue_pop_head (&end->messages);
      g_assert_cmphex (message->opcode, ==, opcode);
      g_assert_cmpuint (g_bytes_get_size (message->payload), ==, LARGE);
      end_message_free (message);
    }
  for (gsize i = 0; i < LARGE; i++)
    if (end->payload->data[i] != 'x')
      g_error ("Byte %zu is 0x%x", i, end->payload->data[i]);
  scene_part (scene);
}

static void
test_text_in_small_fragments (Scene *scene, gconstpointer data)
{
  check_fragments (scene, WIRE_OPCODE_TEXT, SMALL_FRAGMENT);
}

static void
test_binary_in_small_fragments (Scene *scene, gconstpointer data)
{
  check_fragments (scene, WIRE_OPCODE_BINARY, SMALL_FRAGMENT);
}

static void
test_large_text (Scene *scene, gconstpointer data)
{
  check_fragments (scene, WIRE_OPCODE_TEXT, LARGE);
}

static void
test_large_binary (Scene *scene, gconstpointer data)
{
  check_fragments (scene, WIRE_OPCODE_BINARY, LARGE);
}

/* The object API's limit is 16 MiB: one byte more is refused by the length alone. */
static void
test_too_big (Scene *scene, gconstpointer data)
{
  const guint8 header[] = { WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, WIRE_FRAME_LENGTH_64, 0, 0, 0, 0, 1, 0, 0, 1 };
  g_autofree guint8 *masked = g_memdup2 (header, sizeof header);

  if (!scene->end->face->whole_messages)
    {
      g_test_skip ("who is given messages in pieces needs no limit");
      return;
    }
  if (scene->setting->role == WIRE_ROLE_SERVER)
    masked[1] |= WIRE_FRAME_MASKED;
  scene_send (scene, masked, sizeof header);
  raw_peer_expect_close (scene->peer, WIRE_CLOSE_TOO_BIG);
  scene_expect_end (scene, WIRE_CLOSE_TOO_BIG);
}

/* The same for a sum of fragments. */
static void
test_too_big_in_fragments (Scene *scene, gconstpointer data)
{
  g_autofree guint8 *payload = g_malloc0 (LARGE / 2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (!scene->end->face->whole_messages)
    {
      g_test_skip ("who is given messages in pieces needs no limit");
      return;
    }
  scene_append_frame (scene, bytes, WIRE_OPCODE_BINARY, payload, LARGE / 2);
  scene_append_frame (scene, bytes, WIRE_OPCODE_CONTINUATION, payload, LARGE / 2);
  scene_append_frame (scene, bytes, WIRE_OPCODE_CONTINUATION, payload, 1);
  scene_send (scene, bytes->data, bytes->len);
  raw_peer_expect_close (scene->peer, WIRE_CLOSE_TOO_BIG);
  scene_expect_end (scene, WIRE_CLOSE_TOO_BIG);
  g_assert_cmpuint (scene->end->messages.length, ==, 0);
}

/* Lengths that no machine has memory for decide nothing. */
static void
test_huge_length (Scene *scene, gconstpointer data)
{
  const guint8 header[] = { WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, WIRE_FRAME_LENGTH_64, 0x7f, 255, 255, 255, 255, 255,
                            255, 255, 1, 2, 3, 4, 'a', 'b', 'c' };
  g_autofree guint8 *bytes = g_memdup2 (header, sizeof header);
  End *end = scene->end;

  if (scene->setting->role == WIRE_ROLE_SERVER)
    bytes[1] |= WIRE_FRAME_MASKED;
  scene_send (scene, bytes, sizeof header);
  if (!end->face->whole_messages)
    {
      END_UNTIL (end, end->payload->len >= 3);
      return;
    }
  raw_peer_expect_close (scene->peer, WIRE_CLOSE_TOO_BIG);
  scene_expect_end (scene, WIRE_CLOSE_TOO_BIG);
}

/* --- many messages */

static void
test_many_messages (Scene *scene, gconstpointer data)
{
  g_autofree guint8 *payload = g_malloc (4096);
  End *end = scene->end;
  gsize total = 0;

  memset (payload, 'm', 4096);
  for (gsize size = 0; size <= 4096; size = size == 0 ? 1 : size * 4)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      for (guint i = 0; i < 1000; i++)
        scene_append_frame (scene, bytes, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, payload, size);
      scene_send (scene, bytes->data, bytes->len);
      total += 1000 * size;
      END_UNTIL (end, end->payload->len == total);
      if (end->face->whole_messages)
        END_UNTIL (end, end->messages.length == 1000);
      while (end->messages.length > 0)
        {
          EndMessage *message = g_queue_pop_head (&end->messages);

          g_assert_cmpuint (g_bytes_get_size (message->payload), ==, size);
          end_message_free (message);
        }
    }
  scene_part (scene);
}

/* Fragments as our end sends them and as the peer cuts them (the case 10.1 of the
 * Autobahn test suite: 65536 bytes in fragments of 1300). */
static void
test_auto_fragmentation (Scene *scene, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *payload = g_malloc (65536);
  End *end = scene->end;

  memset (payload, '*', 65536);
  for (gsize at = 0; at < 65536; at += 1300)
    scene_append_frame (scene, bytes, (guint8) ((at + 1300 >= 65536 ? WIRE_FRAME_FIN : 0) |
                                                (at == 0 ? WIRE_OPCODE_TEXT : WIRE_OPCODE_CONTINUATION)),
                        payload, MIN (1300, 65536 - at));
  scene_send (scene, bytes->data, bytes->len);
  END_UNTIL (end, end->payload->len == 65536);
  g_assert_cmpmem (end->payload->data, end->payload->len, payload, 65536);
  if (end->face->whole_messages)
    {
      END_UNTIL (end, end->messages.length == 1);
      end_message_free (g_queue_pop_head (&end->messages));
    }
  scene_part (scene);
}

/* --- pings */

/* Several Pings in one go: Pongs to some of them in order, and one to the last. */
static void
test_pings_at_once (Scene *scene, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint last = 0;

  for (guint8 i = 1; i <= 10; i++)
    scene_append_frame (scene, bytes, WIRE_FRAME_FIN | WIRE_OPCODE_PING, &i, 1);
  scene_send (scene, bytes->data, bytes->len);
  while (last < 10)
    {
      RawFrame frame;

      scene_read_frame (scene, &frame);
      g_assert_cmphex (frame.first_byte, ==, WIRE_FRAME_FIN | WIRE_OPCODE_PONG);
      g_assert_cmpuint (frame.length, ==, 1);
      g_assert_cmpuint (frame.payload[0], >, last);
      last = frame.payload[0];
      raw_frame_clear (&frame);
    }
  scene_part (scene);
}

/* Sends to a peer that does not read until the kernel takes no more, and more waits;
 * returns the number of messages. */
static guint
fill_output (Scene *scene, const guint8 *payload, gsize length)
{
  End *end = scene->end;
  guint sent = 0;

  /* Beyond what the kernel takes for a connection, and below the limit of ours. */
  for (; sent * length < 12 * 1024 * 1024; sent++)
    {
      g_assert_true (end->face->send (end, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, payload, length));
      end_turn (end);
    }

  return sent;
}

/* Data waits because the peer does not read; a Ping of it is answered before all of
 * that has gone. */
static void
test_ping_overtakes_data (Scene *scene, gconstpointer data)
{
  g_autofree guint8 *payload = g_malloc0 (128 * 1024);
  g_autoptr (GByteArray) ping = g_byte_array_new ();
  guint messages = fill_output (scene, payload, 128 * 1024), before = 0;
  gboolean answered = FALSE;

  scene_append_frame (scene, ping, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "first", 5);
  scene_append_frame (scene, ping, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "last", 4);
  raw_peer_send (scene->peer, ping->data, ping->len);
  for (guint i = 0; i < 20; i++)
    end_turn (scene->end);

  for (guint seen = 0; seen < messages || !answered;)
    {
      RawFrame frame;

      scene_read_frame (scene, &frame);
      if (frame.first_byte == (WIRE_FRAME_FIN | WIRE_OPCODE_PONG))
        {
          /* The last may answer for both. */
          answered = frame.length == 4;
          before = seen;
        }
      else
        seen++;
      raw_frame_clear (&frame);
    }
  g_assert_cmpuint (before, <, messages);
  scene_part (scene);
}

/* --- masks */

/* A key for each frame of a client: of many no two are alike, whatever the payload, and
 * each of its bits is set now and then. */
static void
test_masking_keys (Scene *scene, gconstpointer data)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (NULL, NULL);
  guint32 ever = 0, always = G_MAXUINT32;
  guint repeated = 0;

  for (guint i = 0; i < 1000; i++)
    {
      guint8 frame[11];
      guint32 key;

      g_assert_true (scene->end->face->send (scene->end, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, (const guint8 *) "Hello",
                                             5));
      end_turn (scene->end);
      raw_peer_read (scene->peer, sizeof frame, frame);
      g_assert_cmphex (frame[0], ==, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT);
      g_assert_cmphex (frame[1], ==, WIRE_FRAME_MASKED | 5);
      memcpy (&key, frame + 2, sizeof key);
      for (guint j = 0; j < 5; j++)
        g_assert_cmphex (frame[6 + j] ^ frame[2 + j % 4], ==, "Hello"[j]);
      repeated += !g_hash_table_add (keys, GUINT_TO_POINTER (key));
      ever |= key;
      always &= key;
    }
  /* By chance one pair in a thousand keys comes once in 8,600 runs; three pairs do not come. */
  g_assert_cmpuint (repeated, <, 3);
  g_assert_cmphex (ever, ==, G_MAXUINT32);
  g_assert_cmphex (always, ==, 0);
  scene_part (scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  scene_add_both ("5.4/16-mib-text-in-64-byte-fragments", test_text_in_small_fragments);
  scene_add_both ("5.4/16-mib-binary-in-64-byte-fragments", test_binary_in_small_fragments);
  scene_add_both ("5.4/auto-fragmentation", test_auto_fragmentation);
  scene_add_both ("5.2/16-mib-text", test_large_text);
  scene_add_both ("5.2/16-mib-binary", test_large_binary);
  scene_add_both ("5.2/huge-length", test_huge_length);
  scene_add_both ("5.6/many-messages", test_many_messages);
  scene_add_both ("5.5.3/pings-at-once", test_pings_at_once);
  scene_add_both ("5.5.3/ping-overtakes-data", test_ping_overtakes_data);
  scene_add_both ("10.4/too-big", test_too_big);
  scene_add_both ("10.4/too-big-in-fragments", test_too_big_in_fragments);
  scene_add ("5.3/masking-keys", WIRE_ROLE_CLIENT, FALSE, test_masking_keys, NULL);

  return g_test_run ();
}
