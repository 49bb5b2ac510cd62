/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "duo.h"
#include "http-peer.h"

#include "../classic/stage.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Clients that mean no good, at a server of the object API, which puts messages together. */

static void
count_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static RawPeer *
enter (Duo *duo)
{
  RawPeer *peer = http_connect (duo->port);

  raw_peer_upgrade (peer);

  return peer;
}

/* The header of a frame with a length of 64 bits and a mask of zeros. */
static void
announce (RawPeer *peer, guint64 length)
{
  guint8 header[14] = { 0x82, 0xff };
  guint64 big_endian = GUINT64_TO_BE (length);

  memcpy (header + 2, &big_endian, sizeof big_endian);
  raw_peer_send (peer, header, sizeof header);
}

#define PROMISES 50
#define PROMISED (15 * 1024 * 1024)
#define KEPT 100

/* What is announced costs nothing, only what comes. */
static void
test_empty_promises (Duo *duo, gconstpointer data)
{
  RawPeer *peers[PROMISES];
  char bytes[KEPT] = { 0 };
  gsize before;

  for (guint i = 0; i < PROMISES; i++)
    peers[i] = enter (duo);
  DUO_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (duo->protocol)) == PROMISES);
  before = stage_resident_memory ();
  for (guint i = 0; i < PROMISES; i++)
    {
      announce (peers[i], PROMISED);
      raw_peer_send (peers[i], bytes, sizeof bytes);
    }
  for (guint i = 0; i < PROMISES; i++)
    {
      g_autoptr (LwsgConnection) connection = g_list_model_get_item (G_LIST_MODEL (duo->protocol), i);

      DUO_UNTIL (connection->parts != NULL && lwsg_block_get_length (connection->parts) == KEPT);
    }
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + PROMISED / 2);
  for (guint i = 0; i < PROMISES; i++)
    raw_peer_free (peers[i]);
}

/* The limit as high as it goes, and every kind of length above it. */
static void
test_lifted_limit (Duo *duo, gconstpointer data)
{
  static const struct {
    guint64 length;
    guint16 code;
  } cases[] = {
    { (guint64) G_MAXUINT32 + 1, WIRE_CLOSE_TOO_BIG },
    { G_MAXINT64 - 1, WIRE_CLOSE_TOO_BIG },
    { G_MAXINT64, WIRE_CLOSE_TOO_BIG },
    { (guint64) G_MAXINT64 + 1, WIRE_CLOSE_PROTOCOL_ERROR },
    { G_MAXUINT64 - 14, WIRE_CLOSE_PROTOCOL_ERROR },
    { G_MAXUINT64 - 1, WIRE_CLOSE_PROTOCOL_ERROR },
    { G_MAXUINT64, WIRE_CLOSE_PROTOCOL_ERROR },
  };
  guint messages = 0;

  g_signal_connect (duo->protocol, "message", G_CALLBACK (count_message), &messages);
  g_object_set (duo->server, "max-message-size", G_MAXUINT, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = enter (duo);

      announce (peer, cases[i].length);
      raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "after", 5);
      raw_peer_expect_close (peer, cases[i].code);
      raw_peer_expect_end (peer);
    }
  g_assert_cmpuint (messages, ==, 0);
  g_signal_handlers_disconnect_by_data (duo->protocol, &messages);
}

/* Many small fragments come to the limit, too. */
static void
test_fragments (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint messages = 0;

  g_signal_connect (duo->protocol, "message", G_CALLBACK (count_message), &messages);
  g_object_set (duo->server, "max-message-size", (guint) 1000, NULL);
  peer = enter (duo);
  raw_frame_append (bytes, WIRE_OPCODE_BINARY, "", 0);
  for (guint i = 0; i < 1001; i++)
    {
      raw_frame_append (bytes, WIRE_OPCODE_CONTINUATION, "x", 1);
      raw_frame_append (bytes, WIRE_OPCODE_CONTINUATION, "", 0);
    }
  raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, "", 0);
  raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "after", 5);
  raw_peer_send (peer, bytes->data, bytes->len);
  raw_peer_expect_close (peer, WIRE_CLOSE_TOO_BIG);
  raw_peer_expect_end (peer);
  g_assert_cmpuint (messages, ==, 0);
  g_signal_handlers_disconnect_by_data (duo->protocol, &messages);
}

/* Several times what the kernel holds. */
#define ENDLESS 200000
#define ENDLESS_STEP 500
#define ENDLESS_PAYLOAD 120

typedef struct {
  RawPeer *peer;
  GByteArray *step;             /* some frames, sent over and over */
  gsize sent;                   /* of the step */
  guint left;                   /* frames */
  guint ticks;
} Endless;

/* Keeps the kernel's buffer full, from inside of the loop that is to be kept busy. */
static gboolean
send_more (gpointer data)
{
  Endless *endless = data;
  gssize sent = 0;

  endless->ticks++;
  while (endless->left > 0 && sent >= 0)
    {
      sent = send (endless->peer->fd, endless->step->data + endless->sent, endless->step->len - endless->sent,
                   MSG_NOSIGNAL);
      endless->sent += (gsize) MAX (sent, 0);
      if (endless->sent < endless->step->len)
        continue;
      endless->sent = 0;
      endless->left -= ENDLESS_STEP;
    }

  return endless->left > 0;
}

/* Who always has more to say has it heard, and keeps nothing else from being done. */
static void
test_endless_sender (Duo *duo, gconstpointer data)
{
  const char payload[ENDLESS_PAYLOAD] = { 0 };
  g_autoptr (GByteArray) step = g_byte_array_new ();
  g_autoptr (RawPeer) peer = enter (duo);
  g_autoptr (RawPeer) honest = enter (duo);
  Endless endless = { .peer = peer, .step = step, .left = ENDLESS };
  guint messages = 0;

  for (guint i = 0; i < ENDLESS_STEP; i++)
    raw_frame_append (step, WIRE_FRAME_FIN | WIRE_OPCODE_BINARY, payload, sizeof payload);
  g_signal_connect (duo->protocol, "message", G_CALLBACK (count_message), &messages);
  g_timeout_add (0, send_more, &endless);
  raw_peer_send_frame (honest, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "there?", 6);
  raw_peer_expect_frame (honest, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "there?", 6);
  DUO_UNTIL (messages == ENDLESS);
  g_assert_cmpuint (endless.ticks, >, 1);
  g_signal_handlers_disconnect_by_data (duo->protocol, &messages);
}

/* Nothing is without a limit by default. */
static void
test_defaults_are_finite (Duo *duo, gconstpointer data)
{
  static const char *const names[] = {
    "handshake-timeout", "close-timeout", "ping-interval", "pong-timeout", "dispatch-budget", "max-connections",
    "max-connections-per-peer", "max-handshakes", "max-handshakes-per-peer",
  };
  const EngineLimits *limits = &duo->server->engine->limits;
  guint message = 0;
  guint64 memory = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      guint value = 0;

      g_object_get (duo->server, names[i], &value, NULL);
      g_assert_cmpuint (value, >, 0);
      g_assert_cmpuint (value, <=, 100000);
    }
  g_object_get (duo->server, "max-message-size", &message, NULL);
  g_assert_cmpuint (message, ==, 16 * 1024 * 1024);
  g_object_get (duo->server, "max-memory", &memory, NULL);
  g_assert_cmpuint (memory, >, 0);
  g_assert_cmpuint (memory, <=, (guint64) sysconf (_SC_PHYS_PAGES) * (guint64) sysconf (_SC_PAGESIZE) / 4);
  g_assert_cmpuint (duo->server->engine->memory.limit, ==, memory);
  g_assert_cmpuint (limits->connect_ticks, >, 0);
  g_assert_cmpuint (limits->drain_ticks, >, 0);
  g_assert_cmpuint (limits->linger_ticks, >, 0);
  g_assert_cmpuint (limits->keep_alive_ticks, >, 0);
  g_assert_cmpuint (limits->response_ticks, >, 0);
  g_assert_cmpuint (limits->answer_ticks, >, 0);
  g_assert_cmpuint (limits->frame_ticks, >, 0);
  g_assert_cmpuint (limits->iteration_frames, >, 0);
}

static void
add_test (const char *path, DuoFunc func)
{
  g_test_add (path, Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, func, duo_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("/object/hostile/empty-promises", test_empty_promises);
  add_test ("/object/hostile/lifted-limit", test_lifted_limit);
  add_test ("/object/hostile/fragments", test_fragments);
  add_test ("/object/hostile/endless-sender", test_endless_sender);
  add_test ("/object/hostile/defaults-are-finite", test_defaults_are_finite);

  return g_test_run ();
}
