/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include <string.h>

#include "owner.h"

/* A server's connection from its first byte to its last. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)
#define PING_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PING)
#define PONG_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_PONG)

#define UPGRADE_HEADERS "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* --- opening */

static void
test_echo (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->echo = TRUE;
  raw_peer_upgrade (peer);
  raw_peer_send_frame (peer, TEXT_FRAME, "Hello", 5);
  raw_peer_expect_frame (peer, TEXT_FRAME, "Hello", 5);
  raw_peer_send_frame (peer, BINARY_FRAME, "", 0);
  raw_peer_expect_frame (peer, BINARY_FRAME, "", 0);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peer);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext Hello\nbinary \nclosed 1000 -\n");
  g_assert_cmpuint (owner_n_connections (owner), ==, 0);
}

/* A client that knows its server may send frames before the answer has come. */
static void
test_eager_frames (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *head = NULL;

  owner->echo = TRUE;
  g_byte_array_append (bytes, (const guint8 *) raw_peer_upgrade_request, (guint) strlen (raw_peer_upgrade_request));
  raw_frame_append (bytes, TEXT_FRAME, "one", 3);
  raw_frame_append (bytes, PING_FRAME, "two", 3);
  raw_frame_append (bytes, TEXT_FRAME, "three", 5);
  raw_peer_send (peer, bytes->data, bytes->len);

  head = raw_peer_read_head (peer);
  g_assert_cmpstr (strstr (head, "HTTP/1.1 101 "), ==, head);
  raw_peer_expect_frame (peer, TEXT_FRAME, "one", 3);
  raw_peer_expect_frame (peer, PONG_FRAME, "two", 3);
  raw_peer_expect_frame (peer, TEXT_FRAME, "three", 5);
  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext one\ntext three\n");
}

/* Head and frames, cut up at every byte. */
static void
test_byte_at_a_time (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) raw_peer_upgrade_request, (guint) strlen (raw_peer_upgrade_request));
  raw_frame_append (bytes, TEXT_FRAME, "gr\xc3\xbc\xc3\x9f dich", 11);
  raw_frame_append (bytes, WIRE_OPCODE_TEXT, "a", 1);
  raw_frame_append (bytes, PING_FRAME, "?", 1);
  raw_frame_append (bytes, WIRE_FRAME_FIN, "b", 1);
  for (guint i = 0; i < bytes->len; i++)
    {
      raw_peer_send (peer, bytes->data + i, 1);
      owner_settle (owner);
    }
  owner_wait (owner, OWNER_DATA, 3);

  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext gr\xc3\xbc\xc3\x9f dich\ntext a\ntext b\n");
}

typedef struct {
  const char *name;
  const char *bytes;
  gsize length;
  guint status;
} RefusedCase;

#define REFUSED(name, bytes, status) { name, bytes, sizeof (bytes) - 1, status }

static const RefusedCase refused_cases[] = {
  REFUSED ("tls-client-hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
  REFUSED ("nul", "\0\0\0\0", 400),
  REFUSED ("bytes-above-ascii", "\xff\xfe\xfd\xfc\xfb", 400),
  REFUSED ("frame-before-handshake", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 400),
  REFUSED ("http2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
  REFUSED ("lone-lf", "GET / HTTP/1.1\nHost: a\n\n", 400),
  REFUSED ("nul-in-name", "GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n", 400),
  REFUSED ("two-hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
  REFUSED ("no-version", "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE_HEADERS "\r\n", 400),
  REFUSED ("version-12", "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE_HEADERS "Sec-WebSocket-Version: 12\r\n\r\n", 426),
  REFUSED ("method", "POST / HTTP/1.1\r\nHost: a\r\n" UPGRADE_HEADERS "Sec-WebSocket-Version: 13\r\n\r\n", 405),
};

static void
test_refused (gconstpointer data)
{
  const RefusedCase *test = data;
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  raw_peer_send (peer, test->bytes, test->length);
  raw_peer_expect_refusal (peer, test->status);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpstr (owner->log->str, ==, "");
  g_assert_cmpuint (owner->counts[OWNER_HANDSHAKE] + owner->counts[OWNER_REQUEST], ==, 0);
}

static void
test_refused_version_names_ours (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE_HEADERS "Sec-WebSocket-Version: 14\r\n\r\n");
  head = raw_peer_read_head (peer);

  g_assert_nonnull (strstr (head, " 426 "));
  g_assert_nonnull (strstr (head, "\r\nSec-WebSocket-Version: 13\r\n"));
}

static void
test_refused_by_owner (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->refuse = 403;
  raw_peer_send_text (peer, raw_peer_upgrade_request);
  raw_peer_expect_refusal (peer, 403);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpuint (owner->counts[OWNER_HANDSHAKE], ==, 1);
  g_assert_cmpuint (owner->counts[OWNER_OPENED] + owner->counts[OWNER_CLOSED], ==, 0);
}

static void
test_random_bytes (void)
{
  g_autoptr (Owner) owner = owner_new ();

  for (guint round = 0; round < 50; round++)
    {
      g_autoptr (RawPeer) peer = owner_connect (owner);
      guint8 bytes[300];

      for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) g_test_rand_int ();
      /* An "A" may begin a head, and then its end would be awaited. */
      bytes[0] |= 0x80;
      raw_peer_send (peer, bytes, sizeof bytes);
      raw_peer_expect_refusal (peer, 400);
    }
  owner_wait (owner, OWNER_RELEASED, 50);

  g_assert_cmpstr (owner->log->str, ==, "");
}

static void
test_head_too_large (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *filler = g_strnfill (WIRE_HEAD_MAX_SIZE + 1024, 'a');

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nX: ");
  raw_peer_send_text (peer, filler);
  raw_peer_expect_refusal (peer, 431);
}

/* --- deadlines */

static void
test_handshake_deadline_silent (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  while (owner_n_connections (owner) == 0)
    owner_turn (owner);
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_DEBUG, "The client sent no request within 10 s");
  owner_pass_deadline (owner, owner->context->limits.handshake_ticks, OWNER_RELEASED);
  g_test_assert_expected_messages ();

  raw_peer_expect_end (peer);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  g_assert_cmpstr (owner->log->str, ==, "");
}

/* Bytes that make no whole head do not move the deadline. */
static void
test_handshake_deadline_slow (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  raw_peer_send_text (peer, "GET / HTTP/1.1\r\n");
  while (owner_n_connections (owner) == 0 || owner->context->first->unread == NULL)
    owner_turn (owner);
  for (guint i = 0; i < owner->context->limits.handshake_ticks; i++)
    {
      raw_peer_send_text (peer, "X");
      owner_advance (owner, 1);
    }
  g_assert_cmpint (owner->context->first->state, ==, ENGINE_STATE_HANDSHAKE);
  owner_advance (owner, 1);

  raw_peer_expect_refusal (peer, 408);
}

/* All other tests stop the clock; here the loop must wake up by itself. */
static void
test_deadline_by_the_clock (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  gint64 start;

  owner->context->tick_microseconds = 20000;
  owner->context->limits.handshake_ticks = 2;
  peer = owner_connect (owner);
  start = g_get_monotonic_time ();
  while (owner->counts[OWNER_RELEASED] == 0)
    g_assert_true (engine_loop_service (owner->context, -1));

  g_assert_cmpint (g_get_monotonic_time () - start, >=, 40000);
  raw_peer_expect_end (peer);
}

static void
test_ping (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  const EngineLimits *limits = &owner->context->limits;
  guint8 *ours = owner->context->ping_payload;

  owner_pass_deadline (owner, limits->ping_ticks - 1, OWNER_CLOSED);
  raw_peer_expect_frame (peer, PING_FRAME, ours, 8);
  raw_peer_send_frame (peer, PONG_FRAME, ours, 8);
  raw_peer_send_frame (peer, PONG_FRAME, "unasked", 7);
  owner_wait (owner, OWNER_PONG, 1);
  /* Well past the time for a Pong: the next Ping, not the end. */
  owner_pass_deadline (owner, limits->ping_ticks - 1, OWNER_CLOSED);
  raw_peer_expect_frame (peer, PING_FRAME, ours, 8);

  g_assert_cmpstr (owner->log->str, ==, "opened /\npong unasked\n");
}

static void
test_ping_unanswered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  const EngineLimits *limits = &owner->context->limits;

  owner_pass_deadline (owner, limits->ping_ticks - 1, OWNER_CLOSED);
  owner_pass_deadline (owner, limits->pong_ticks, OWNER_CLOSED);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1006 The peer did not answer a ping within 20 s\n");
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  raw_peer_expect_lost (peer);
}

/* The first byte of a frame is a sign of life as good as a Pong. */
static void
test_ping_any_byte (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  const EngineLimits *limits = &owner->context->limits;
  guint32 last_received;

  owner_pass_deadline (owner, limits->ping_ticks - 1, OWNER_CLOSED);
  last_received = owner->newest->last_received;
  raw_peer_send (peer, "\x81", 1);
  while (owner->newest->last_received == last_received)
    owner_turn (owner);
  owner_pass_deadline (owner, limits->pong_ticks, OWNER_CLOSED);

  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
  g_assert_cmpint (owner->newest->state, ==, ENGINE_STATE_OPEN);
}

/* Whoever talks is not asked. */
static void
test_ping_postponed (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  guint half = owner->context->limits.ping_ticks / 2;

  owner->echo = TRUE;
  for (guint i = 0; i < 6; i++)
    {
      owner_advance (owner, half);
      raw_peer_send_frame (peer, TEXT_FRAME, "x", 1);
      raw_peer_expect_frame (peer, TEXT_FRAME, "x", 1);
    }
  g_assert_cmpuint (peer->input->len, ==, 0);
}

static void
test_no_pings (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;

  owner->context->limits.ping_ticks = 0;
  peer = owner_connect_open (owner);
  g_assert_false (engine_timer_is_set (&owner->newest->timer));
}

/* Long after all other deadlines. */
#define RARE_PINGS 1000

/* Sends a byte every few seconds, for as long as the peer lets it or the bytes last;
 * returns how long that was: an end is noticed at the next byte. */
static guint
trickle (Owner *owner, RawPeer *peer, const guint8 *bytes, gsize length, guint ticks)
{
  guint passed = 0;

  for (gsize i = 0; i < length && owner->counts[OWNER_CLOSED] == 0; i++)
    {
      raw_peer_send (peer, bytes + i, 1);
      for (guint tick = 0; tick < ticks; tick++)
        owner_advance (owner, 1);
      passed += ticks;
    }

  return passed;
}

/* Each byte is a sign of life, and yet a header has to come to its end, with pings or without. */
static void
test_slow_header (gconstpointer pings)
{
  static const guint8 header[14] = { 0x82, 0xff, 0, 0, 0, 0, 0, 0x20 };
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  guint limit = owner->context->limits.frame_ticks;
  guint passed;

  owner->context->limits.ping_ticks = GPOINTER_TO_UINT (pings);
  peer = owner_connect_open (owner);
  passed = trickle (owner, peer, header, sizeof header - 1, limit / 4);
  g_assert_cmpuint (passed, >=, limit);
  g_assert_cmpuint (passed, <=, 2 * limit + limit / 4);
  raw_peer_expect_close (peer, WIRE_CLOSE_POLICY);
  raw_peer_expect_end (peer);
  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1008 a frame came too slowly\n");
}

/* A frame that is handed on whole waits for its end in our memory. */
static void
test_slow_small_frame (void)
{
  guint8 frame[1000] = { 0x82, 0xfe, 0x0f, 0xa0 };
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  g_assert_cmpuint (trickle (owner, peer, frame, sizeof frame, 2), <=, 2 * owner->context->limits.frame_ticks + 2);
  raw_peer_expect_close (peer, WIRE_CLOSE_POLICY);
  raw_peer_expect_end (peer);
}

/* The beginning of a frame from a peer that is silent ever after. */
static void
test_begun_frame (gconstpointer pings)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  guint limit = owner->context->limits.frame_ticks;

  owner->context->limits.ping_ticks = GPOINTER_TO_UINT (pings);
  peer = owner_connect_open (owner);
  raw_peer_send (peer, "\x81", 1);
  owner_settle (owner);
  owner_advance (owner, limit - 1);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
  for (guint i = 0; i < limit + 3; i++)
    owner_advance (owner, 1);
  raw_peer_expect_close (peer, WIRE_CLOSE_POLICY);
}

/* A frame that ends leaves nothing to wait for. */
static void
test_begun_frame_ends (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;

  owner->context->limits.ping_ticks = 0;
  peer = owner_connect_open (owner);
  raw_peer_send (peer, "\x81", 1);
  owner_settle (owner);
  g_assert_true (engine_timer_is_set (&owner->newest->timer));
  raw_peer_send (peer, "\x81\0\0\0\0x", 6);
  owner_wait (owner, OWNER_DATA, 1);
  for (guint i = 0; i < 3; i++)
    owner_advance (owner, owner->context->limits.frame_ticks + 1);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
  g_assert_false (engine_timer_is_set (&owner->newest->timer));
}

/* Slow is not wrong: a large frame is handed on as it comes, and small ones end. */
static void
test_slow_but_going_on (void)
{
  guint8 large[100] = { 0x82, 0xfe, 0x20, 0x00 };
  const guint8 small[] = { 0x82, 0x81, 0, 0, 0, 0, 'x', 0x82, 0x81, 0, 0, 0, 0, 'x', 0x82, 0x81, 0, 0, 0, 0, 'x' };
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (Owner) other_owner = owner_new ();
  g_autoptr (RawPeer) other = owner_connect_open (other_owner);
  guint ticks = owner->context->limits.frame_ticks / 10;

  raw_peer_send (peer, large, 8);
  trickle (owner, peer, large + 8, sizeof large - 8, ticks);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);

  for (guint i = 0; i < 5; i++)
    trickle (other_owner, other, small, sizeof small, ticks);
  g_assert_cmpuint (other_owner->counts[OWNER_CLOSED], ==, 0);
  g_assert_cmpuint (other_owner->received->len, ==, 15);
}

/* What waits for the program is not the peer's fault. */
static void
test_slow_while_paused (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  raw_peer_send (peer, "\x82", 1);
  owner_settle (owner);
  engine_connection_pause (owner->newest, TRUE);
  for (guint i = 0; i < 20; i++)
    owner_advance (owner, owner->context->limits.frame_ticks);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
  engine_connection_pause (owner->newest, FALSE);
  raw_peer_send (peer, "\x81\0\0\0\0x", 6);
  owner_wait (owner, OWNER_DATA, 1);
}

/* --- the peer vanishes */

typedef enum {
  STAGE_SILENT,
  STAGE_HALF_HEAD,
  STAGE_OPEN,
  STAGE_HALF_FRAME,
  STAGE_BLOCKED,
  STAGE_CLOSING,
  STAGE_DRAINING,
  STAGE_LINGERING,
} Stage;

typedef struct {
  const char *name;
  Stage stage;
  gboolean reset;               /* a RST, otherwise a FIN */
  const char *log;              /* a prefix */
} VanishCase;

static const VanishCase vanish_cases[] = {
  { "silent/fin", STAGE_SILENT, FALSE, "" },
  { "silent/reset", STAGE_SILENT, TRUE, "" },
  { "half-head/fin", STAGE_HALF_HEAD, FALSE, "" },
  { "half-head/reset", STAGE_HALF_HEAD, TRUE, "" },
  { "open/fin", STAGE_OPEN, FALSE, "opened /\nclosed 1006 The peer closed the connection without a Close frame\n" },
  { "open/reset", STAGE_OPEN, TRUE, "opened /\nclosed 1006 The connection was lost: " },
  { "half-frame/fin", STAGE_HALF_FRAME, FALSE, "opened /\nclosed 1006 The peer closed" },
  { "half-frame/reset", STAGE_HALF_FRAME, TRUE, "opened /\nclosed 1006 The connection was lost: " },
  { "blocked/fin", STAGE_BLOCKED, FALSE, "opened /\nclosed 1006 The peer closed" },
  { "blocked/reset", STAGE_BLOCKED, TRUE, "opened /\nclosed 1006 The connection was lost" },
  { "closing/fin", STAGE_CLOSING, FALSE, "opened /\nclosed 1006 The peer closed" },
  { "closing/reset", STAGE_CLOSING, TRUE, "opened /\nclosed 1006 The connection was lost" },
  { "draining/fin", STAGE_DRAINING, FALSE, "opened /\nclosed 1000 -\n" },
  { "draining/reset", STAGE_DRAINING, TRUE, "opened /\nclosed 1000 -\n" },
  { "lingering/fin", STAGE_LINGERING, FALSE, "opened /\nclosed 1000 -\n" },
  { "lingering/reset", STAGE_LINGERING, TRUE, "opened /\nclosed 1000 -\n" },
};

static void
wait_for_state (Owner *owner, EngineState state)
{
  while (owner->newest->state != state)
    owner_turn (owner);
}

static RawPeer *
reach_handshake (Owner *owner, const char *bytes)
{
  RawPeer *peer = owner_connect (owner);

  raw_peer_send_text (peer, bytes);
  while (owner->context->first == NULL || (bytes[0] != '\0' && owner->context->first->unread == NULL))
    owner_turn (owner);

  return peer;
}

static RawPeer *
reach_blocked (Owner *owner)
{
  RawPeer *peer = owner_connect_slow (owner);
  g_autofree guint8 *zeros = g_malloc0 (8 * 1024 * 1024);

  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, zeros, 8 * 1024 * 1024, NULL);
  g_assert_true (owner->newest->blocked);

  return peer;
}

static RawPeer *
reach_stage (Owner *owner, Stage stage)
{
  RawPeer *peer;

  if (stage <= STAGE_HALF_HEAD)
    return reach_handshake (owner, stage == STAGE_SILENT ? "" : "GET / HT");

  peer = stage == STAGE_BLOCKED || stage == STAGE_DRAINING ? reach_blocked (owner) : owner_connect_open (owner);
  switch (stage)
    {
    case STAGE_HALF_FRAME:
      raw_peer_send (peer, "\x81\x85\x01\x02\x03", 5);
      while (owner->newest->unread == NULL)
        owner_turn (owner);
      break;
    case STAGE_CLOSING:
      engine_connection_close (owner->newest, WIRE_CLOSE_GOING_AWAY, NULL, 0);
      raw_peer_expect_close (peer, WIRE_CLOSE_GOING_AWAY);
      break;
    case STAGE_DRAINING:
      raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
      wait_for_state (owner, ENGINE_STATE_DRAINING);
      break;
    case STAGE_LINGERING:
      raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
      raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
      g_assert_cmpint (owner->newest->state, ==, ENGINE_STATE_LINGERING);
      break;
    default:
      break;
    }

  return peer;
}

static void
test_vanish (gconstpointer data)
{
  const VanishCase *test = data;
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = reach_stage (owner, test->stage);

  if (test->reset)
    raw_peer_reset (peer);
  else
    {
      raw_peer_shutdown (peer);
      raw_peer_expect_lost (peer);
    }
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_true (g_str_has_prefix (owner->log->str, test->log));
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, test->stage <= STAGE_HALF_HEAD ? 0 : 1);
  g_assert_cmpuint (owner_n_connections (owner), ==, 0);
}

/* What came in front of the FIN counts. */
static void
test_data_before_end (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  raw_peer_send_frame (peer, TEXT_FRAME, "last words", 10);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_CLOSED, 1);

  g_assert_true (g_str_has_prefix (owner->log->str, "opened /\ntext last words\nclosed 1006 "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/connection/echo", test_echo);
  g_test_add_func ("/engine/connection/eager-frames", test_eager_frames);
  g_test_add_func ("/engine/connection/byte-at-a-time", test_byte_at_a_time);
  for (gsize i = 0; i < G_N_ELEMENTS (refused_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/connection/refused/", refused_cases[i].name, NULL);

      g_test_add_data_func (path, &refused_cases[i], test_refused);
    }
  g_test_add_func ("/engine/connection/refused/version-names-ours", test_refused_version_names_ours);
  g_test_add_func ("/engine/connection/refused/by-owner", test_refused_by_owner);
  g_test_add_func ("/engine/connection/refused/random-bytes", test_random_bytes);
  g_test_add_func ("/engine/connection/refused/head-too-large", test_head_too_large);
  g_test_add_func ("/engine/connection/handshake-deadline/silent", test_handshake_deadline_silent);
  g_test_add_func ("/engine/connection/handshake-deadline/slow", test_handshake_deadline_slow);
  g_test_add_func ("/engine/connection/deadline-by-the-clock", test_deadline_by_the_clock);
  g_test_add_func ("/engine/connection/ping/answered", test_ping);
  g_test_add_func ("/engine/connection/ping/unanswered", test_ping_unanswered);
  g_test_add_func ("/engine/connection/ping/any-byte", test_ping_any_byte);
  g_test_add_func ("/engine/connection/ping/postponed", test_ping_postponed);
  g_test_add_func ("/engine/connection/ping/none", test_no_pings);
  for (gsize i = 0; i < G_N_ELEMENTS (vanish_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/connection/vanish/", vanish_cases[i].name, NULL);

      g_test_add_data_func (path, &vanish_cases[i], test_vanish);
    }
  g_test_add_data_func ("/engine/connection/slow/header", GUINT_TO_POINTER (ENGINE_PING_TICKS), test_slow_header);
  g_test_add_data_func ("/engine/connection/slow/header/no-pings", NULL, test_slow_header);
  g_test_add_data_func ("/engine/connection/slow/header/rare-pings", GUINT_TO_POINTER (RARE_PINGS), test_slow_header);
  g_test_add_data_func ("/engine/connection/slow/begun/no-pings", NULL, test_begun_frame);
  g_test_add_data_func ("/engine/connection/slow/begun/rare-pings", GUINT_TO_POINTER (RARE_PINGS), test_begun_frame);
  g_test_add_func ("/engine/connection/slow/begun/ends", test_begun_frame_ends);
  g_test_add_func ("/engine/connection/slow/small-frame", test_slow_small_frame);
  g_test_add_func ("/engine/connection/slow/going-on", test_slow_but_going_on);
  g_test_add_func ("/engine/connection/slow/paused", test_slow_while_paused);
  g_test_add_func ("/engine/connection/data-before-end", test_data_before_end);

  return g_test_run ();
}
