/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <sys/socket.h>

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

/* Nobody is given up because we are late, nor who takes what he gets, if slowly. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define PING_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PING)
#define PONG_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PONG)

#define MANY 20

/* --- late iterations */

/* The deadline comes before what lies in the kernel was read. */
static void
pass_deadline_unread (Owner *owner, EngineConnection *connection)
{
  guint8 state = connection->state;

  engine_context_hold (owner->context);
  engine_timer_wheel_clear (&owner->context->wheel, &connection->timer);
  engine_connection_on_deadline (connection);
  g_assert_cmpint (connection->state, ==, state);
  g_assert_true (engine_timer_is_set (&connection->timer));
  engine_context_release (owner->context);
}

static void
test_late_for_head (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  while (owner->context->first == NULL)
    owner_turn (owner);
  owner_settle (owner);
  raw_peer_send_text (peer, raw_peer_upgrade_request);
  pass_deadline_unread (owner, owner->context->first);
  owner_wait (owner, OWNER_OPENED, 1);
}

static void
test_late_for_pong (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner_advance (owner, owner->context->limits.ping_ticks);
  raw_peer_expect_frame (peer, PING_FRAME, owner->context->ping_payload, 8);
  g_assert_true (owner->newest->ping_sent);
  raw_peer_send_frame (peer, PONG_FRAME, owner->context->ping_payload, 8);
  pass_deadline_unread (owner, owner->newest);
  owner_settle (owner);
  g_assert_false (owner->newest->ping_sent);
}

static void
test_late_for_close (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  pass_deadline_unread (owner, owner->newest);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1000 -\n");
}

/* Else a RST might take our Close from the peer. */
static void
test_late_for_end (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  EngineConnection *connection = owner->newest;

  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  while (connection->state != ENGINE_STATE_LINGERING)
    owner_turn (owner);
  raw_peer_send_text (peer, "more");
  raw_peer_shutdown (peer);
  pass_deadline_unread (owner, connection);
  owner_wait (owner, OWNER_RELEASED, 1);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peer);
}

/* Once is enough: who sends something else all the time is given up nevertheless. */
static void
test_late_once (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  guint ticks = 0;

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  while (owner->counts[OWNER_CLOSED] == 0)
    {
      raw_peer_send_frame (peer, TEXT_FRAME, "not a Close", 11);
      owner_advance (owner, 1);
      g_assert_cmpuint (++ticks, <=, owner->context->limits.close_ticks + 3);
    }
  g_assert_nonnull (strstr (owner->log->str, "closed 1006"));
}

/* All have answered while we were busy for longer than they had time, and each iteration
 * reads one of them. */
static void
test_all_late (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  g_autoptr (GString) expected = g_string_new (NULL);
  EngineConnection *connections[MANY];

  for (guint i = 0; i < MANY; i++)
    {
      g_ptr_array_add (peers, owner_connect_open (owner));
      connections[i] = owner->newest;
    }
  for (guint i = 0; i < MANY; i++)
    {
      engine_connection_close (connections[i], WIRE_CLOSE_NORMAL, NULL, 0);
      raw_peer_send_close (peers->pdata[i], WIRE_CLOSE_NORMAL);
    }
  owner->context->limits.iteration_microseconds = 0;
  g_string_truncate (owner->log, 0);
  owner->context->wheel_start -= 7 * owner->context->tick_microseconds;
  owner_wait (owner, OWNER_CLOSED, MANY);
  for (guint i = 0; i < MANY; i++)
    g_string_append (expected, "closed 1000 -\n");
  g_assert_cmpstr (owner->log->str, ==, expected->str);
}

/* --- nothing can be sent any more */

static void
test_last_words (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GError) error = NULL;

  raw_peer_send_frame (peer, TEXT_FRAME, "last words", 10);
  raw_peer_send_close (peer, WIRE_CLOSE_GOING_AWAY);
  raw_peer_reset (peer);
  engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "who?", 4, NULL);
  g_assert_false (engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "?", 1, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext last words\nclosed 1001 -\n");
}

/* Each answer fails; what is asked comes nevertheless. */
static void
test_last_words_answered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  owner->echo = TRUE;
  owner->context->limits.iteration_frames = 1;
  for (guint i = 0; i < MANY; i++)
    raw_frame_append (bytes, TEXT_FRAME, "?", 1);
  raw_peer_send (peer, bytes->data, bytes->len);
  raw_peer_reset (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, MANY);
  g_assert_nonnull (strstr (owner->log->str, "closed 1006 The connection was lost"));
}

/* --- slow readers */

/* Reads some of what waits, until the other end knows. */
static void
take (EngineConnection *connection, RawPeer *peer, gsize length)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;
  gsize left = engine_progress_left (connection);
  guint8 buffer[4096];

  while (length > 0 || engine_progress_left (connection) == left)
    {
      gssize got = recv (peer->fd, buffer, CLAMP (length, 1, sizeof buffer), MSG_DONTWAIT);

      length -= MIN (length, (gsize) MAX (got, 0));
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
}

#define SLOW_SIZE (8 * 1024 * 1024)

/* So little that epoll doesn't tell of it. */
#define SLOW_STEP (160 * 1024)
#define SLOW_STEPS 4

static void
test_slow_reader (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = raw_peer_connect_small (owner->port, 128 * 1024, owner_turn, owner);
  g_autofree guint8 *zeros = g_malloc0 (SLOW_SIZE);
  const EngineLimits *limits = &owner->context->limits;
  guint32 last_received;

  raw_peer_upgrade (peer);
  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, zeros, SLOW_SIZE, NULL);
  g_assert_true (owner->newest->blocked);
  owner_settle (owner);
  last_received = owner->newest->last_received;
  owner_advance (owner, limits->ping_ticks);
  for (guint i = 0; i < SLOW_STEPS; i++)
    {
      take (owner->newest, peer, SLOW_STEP);
      owner_advance (owner, limits->pong_ticks + 1);
      g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
      g_assert_cmpuint (owner->newest->last_received, ==, last_received);
    }

  /* It takes no more. */
  owner_advance (owner, limits->pong_ticks + 1);
  owner_advance (owner, limits->pong_ticks + 1);
  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1006 The peer did not answer a ping within 20 s\n");
}

/* Taken byte by byte through a window of 4 KiB, more would keep a busy machine for minutes. */
#define PROGRESS_SIZE (256 * 1024)

/* Who takes everything and doesn't answer is not slow. */
static void
test_progress (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autofree guint8 *zeros = g_malloc0 (PROGRESS_SIZE);

  engine_progress_begin (owner->newest);
  g_assert_false (engine_progress_was_made (owner->newest));
  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, zeros, PROGRESS_SIZE, NULL);
  g_assert_cmpuint (engine_progress_left (owner->newest), >, PROGRESS_SIZE / 2);
  owner_settle (owner);
  engine_progress_begin (owner->newest);
  g_assert_false (engine_progress_was_made (owner->newest));
  while (engine_progress_left (owner->newest) > 0)
    {
      take (owner->newest, peer, 1);
      owner_turn (owner);
    }
  g_assert_true (engine_progress_was_made (owner->newest));
  g_assert_false (engine_progress_was_made (owner->newest));
}

static void
stream (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  g_autofree guint8 *zeros = g_malloc0 (SLOW_SIZE);

  if (event != OWNER_REQUEST)
    return;
  engine_http_response_write (connection, (const guint8 *) "HTTP/1.1 200 OK\r\n\r\n", 19, NULL);
  engine_http_response_write (connection, zeros, SLOW_SIZE, NULL);
}

static void
test_slow_download (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = raw_peer_connect_small (owner->port, 128 * 1024, owner_turn, owner);
  const guint ticks = owner->context->limits.response_ticks;

  owner->hook = stream;
  raw_peer_send_text (peer, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  owner_wait (owner, OWNER_REQUEST, 1);
  owner_settle (owner);
  g_assert_true (owner->context->first->blocked);
  for (guint i = 0; i < SLOW_STEPS; i++)
    {
      take (owner->context->first, peer, SLOW_STEP);
      owner_advance (owner, ticks);
      g_assert_cmpuint (owner_n_connections (owner), ==, 1);
    }
  owner_advance (owner, ticks + 1);
  owner_advance (owner, ticks + 1);
  g_assert_cmpuint (owner_n_connections (owner), ==, 0);
}

/* --- pings */

static void
test_ping_interval (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  guint pings = 0;

  owner->context->limits.ping_ticks = 2;
  peer = owner_connect_open (owner);
  for (guint tick = 1; tick <= 40; tick++)
    {
      owner_advance (owner, 1);
      while (owner->newest->ping_sent)
        {
          raw_peer_expect_frame (peer, PING_FRAME, owner->context->ping_payload, 8);
          raw_peer_send_frame (peer, PONG_FRAME, owner->context->ping_payload, 8);
          owner_settle (owner);
          pings++;
        }
    }
  g_assert_cmpuint (pings, ==, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/deadline/late/head", test_late_for_head);
  g_test_add_func ("/engine/deadline/late/pong", test_late_for_pong);
  g_test_add_func ("/engine/deadline/late/close", test_late_for_close);
  g_test_add_func ("/engine/deadline/late/end", test_late_for_end);
  g_test_add_func ("/engine/deadline/late/once", test_late_once);
  g_test_add_func ("/engine/deadline/late/all", test_all_late);
  g_test_add_func ("/engine/deadline/cut/last-words", test_last_words);
  g_test_add_func ("/engine/deadline/cut/answered", test_last_words_answered);
  g_test_add_func ("/engine/deadline/slow/reader", test_slow_reader);
  g_test_add_func ("/engine/deadline/slow/progress", test_progress);
  g_test_add_func ("/engine/deadline/slow/download", test_slow_download);
  g_test_add_func ("/engine/deadline/ping-interval", test_ping_interval);

  return g_test_run ();
}
