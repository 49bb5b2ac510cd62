/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include <string.h>
#include <sys/socket.h>

#include "owner.h"

/* How a connection ends: Close frames, violations and the order of TCP's FINs. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define CLOSE_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE)

/* --- by the peer */

static const guint16 echoed_codes[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1014, 3000, 4999,
                                        WIRE_CLOSE_NO_STATUS };

static void
test_code_echoed (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (echoed_codes); i++)
    {
      g_autoptr (Owner) owner = owner_new ();
      g_autoptr (RawPeer) peer = owner_connect_open (owner);
      g_autofree char *log = g_strdup_printf ("opened /\nclosed %u -\n", echoed_codes[i]);

      raw_peer_send_close (peer, echoed_codes[i]);
      raw_peer_expect_close (peer, echoed_codes[i]);
      /* The server closes TCP first: the peer has not done so here. */
      raw_peer_expect_end (peer);
      g_assert_cmpstr (owner->log->str, ==, log);
      g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 0);
      raw_peer_shutdown (peer);
      owner_wait (owner, OWNER_RELEASED, 1);
    }
}

static void
test_reason_told (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  raw_peer_send_frame (peer, CLOSE_FRAME, "\x03\xe9moving on", 11);
  /* The code comes back, the reason is for us alone. */
  raw_peer_expect_frame (peer, CLOSE_FRAME, "\x03\xe9", 2);
  raw_peer_expect_end (peer);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1001 moving on\n");
}

static void
test_data_after_close (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  raw_frame_append (bytes, TEXT_FRAME, "before", 6);
  raw_frame_append (bytes, CLOSE_FRAME, "\x03\xe8", 2);
  raw_frame_append (bytes, TEXT_FRAME, "after", 5);
  raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "after", 5);
  raw_frame_append (bytes, CLOSE_FRAME, "\x03\xe9", 2);
  g_byte_array_append (bytes, (const guint8 *) "\xff\xff\xff\xff", 4);
  raw_peer_send (peer, bytes->data, bytes->len);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_send_frame (peer, TEXT_FRAME, "long after", 10);
  raw_peer_expect_end (peer);

  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext before\nclosed 1000 -\n");
}

/* After our FIN the peer's bytes are discarded, not answered with a RST, which
 * might take the Close frame from it. */
static void
test_lingering (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autofree guint8 *junk = g_malloc0 (1024 * 1024);

  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  owner_wait (owner, OWNER_CLOSED, 1);
  raw_peer_send (peer, junk, 1024 * 1024);
  owner_settle (owner);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peer);
  owner_pass_deadline (owner, owner->context->limits.linger_ticks, OWNER_RELEASED);

  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
}

/* The echo of a Close stands behind output that nobody takes. */
static void
test_draining_limit (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autofree guint8 *zeros = g_malloc0 (8 * 1024 * 1024);

  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, zeros, 8 * 1024 * 1024, NULL);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  while (owner->newest->state != ENGINE_STATE_DRAINING)
    owner_turn (owner);
  owner_pass_deadline (owner, owner->context->limits.close_ticks, OWNER_CLOSED);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1000 -\n");
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
}

/* Reads that much of what waits, and no more. */
static void
take (Owner *owner, RawPeer *peer, gsize length)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;
  guint8 buffer[4096];

  while (length > 0)
    {
      gssize got = recv (peer->fd, buffer, MIN (length, sizeof buffer), MSG_DONTWAIT);

      if (got > 0)
        length -= (gsize) got;
      else
        g_assert_cmpint (g_get_monotonic_time (), <, end);
      owner_turn (owner);
    }
}

#define SLOW_SIZE (8 * 1024 * 1024)
#define SLOW_STEP (256 * 1024)

static RawPeer *
begin_slow_close (Owner *owner, gboolean ours)
{
  RawPeer *peer = owner_connect_slow (owner);
  g_autofree guint8 *zeros = g_malloc0 (SLOW_SIZE);

  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, zeros, SLOW_SIZE, NULL);
  if (ours)
    engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  else
    raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  while (owner->newest->state == ENGINE_STATE_OPEN)
    owner_turn (owner);

  return peer;
}

/* A peer that goes on taking gets all of what was sent before the Close. */
static void
test_slow_reader (gconstpointer ours)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = begin_slow_close (owner, ours != NULL);
  g_autofree guint8 *rest = g_malloc (SLOW_SIZE);
  guint rounds = owner->context->limits.drain_ticks / owner->context->limits.close_ticks - 1;

  for (guint i = 0; i < rounds; i++)
    {
      take (owner, peer, SLOW_STEP);
      owner_advance (owner, owner->context->limits.close_ticks);
      g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 0);
    }
  /* The header of the frame came first. */
  raw_peer_read (peer, SLOW_SIZE + 10 - rounds * SLOW_STEP, rest);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  if (ours != NULL)
    raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peer);
  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1000 -\n");
}

/* ... but not for ever. */
static void
test_too_slow_reader (gconstpointer ours)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = begin_slow_close (owner, ours != NULL);
  guint ticks = 0;

  while (owner->counts[OWNER_RELEASED] == 0)
    {
      take (owner, peer, 16 * 1024);
      owner_advance (owner, 1);
      ticks++;
      g_assert_cmpuint (ticks, <=, owner->context->limits.drain_ticks + owner->context->limits.close_ticks + 2);
    }
  g_assert_cmpuint (ticks, >=, owner->context->limits.drain_ticks - owner->context->limits.close_ticks);
}

/* --- by us */

static void
test_our_close (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_close (owner->newest, 4001, "enough", 6);
  engine_connection_close (owner->newest, 4002, NULL, 0);
  g_assert_false (engine_connection_send_data (owner->newest, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "x", 1, NULL));
  raw_peer_expect_frame (peer, CLOSE_FRAME, "\x0f\xa1" "enough", 8);
  /* What the peer had sent before it read our Close: nobody wants it any more, but a
   * Ping is answered until the peer's Close is there. */
  raw_peer_send_frame (peer, TEXT_FRAME, "late", 4);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PING, "late", 4);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "late", 4);
  raw_peer_send_close (peer, 4001);
  raw_peer_expect_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "late", 4);
  raw_peer_expect_end (peer);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 4001 -\n");
}

static void
test_our_reason_cut (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autofree char *reason = g_strnfill (200, 'r');
  RawFrame frame;

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, reason, 200);
  raw_peer_read_frame (peer, &frame);

  g_assert_cmphex (frame.first_byte, ==, CLOSE_FRAME);
  g_assert_cmpuint (frame.length, ==, WIRE_CONTROL_MAX);
  raw_frame_clear (&frame);
}

static void
test_our_close_unanswered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_send_frame (peer, TEXT_FRAME, "not yet", 7);
  owner_settle (owner);
  owner_pass_deadline (owner, owner->context->limits.close_ticks, OWNER_CLOSED);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1006 The peer did not answer our Close within 5 s\n");
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  raw_peer_expect_lost (peer);
}

/* Both at once: each Close is the answer to the other. */
static void
test_crossing (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  raw_peer_send_close (peer, 3001);
  engine_connection_close (owner->newest, 3002, NULL, 0);
  raw_peer_expect_close (peer, 3002);
  raw_peer_expect_end (peer);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 3001 -\n");
}

/* A paused connection still hears of the end that it asked for. */
static void
test_close_while_paused (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_pause (owner->newest, TRUE);
  raw_peer_send_frame (peer, TEXT_FRAME, "unheard", 7);
  owner_settle (owner);
  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_expect_end (peer);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1000 -\n");
}

static void
test_abort (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_abort (owner->newest, ENGINE_ERROR_SYSTEM, "no more %s", "patience");
  engine_connection_abort (owner->newest, ENGINE_ERROR_SYSTEM, "again");
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1006 no more patience\n");
  raw_peer_expect_end (peer);
}

static void
test_context_destroyed (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) open = owner_connect_open (owner);
  g_autoptr (RawPeer) waiting = owner_connect (owner);

  while (owner->context->first == NULL)
    owner_turn (owner);
  engine_context_destroy (owner->context);

  g_assert_null (owner->context);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 1);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 2);
  raw_peer_expect_close (open, WIRE_CLOSE_GOING_AWAY);
  raw_peer_expect_end (open);
  raw_peer_expect_end (waiting);
}

/* --- violations */

typedef struct {
  const char *name;
  const char *bytes;
  gsize length;
  guint16 code;
} ViolationCase;

#define VIOLATION(name, bytes, code) { name, bytes, sizeof (bytes) - 1, code }
#define NO_KEY "\0\0\0\0"

static const ViolationCase violation_cases[] = {
  VIOLATION ("unmasked", "\x81\x01x", 1002),
  VIOLATION ("reserved-bit", "\xc1\x81" NO_KEY "x", 1002),
  VIOLATION ("reserved-opcode", "\x83\x81" NO_KEY "x", 1002),
  VIOLATION ("reserved-control-opcode", "\x8b\x80" NO_KEY, 1002),
  VIOLATION ("fragmented-ping", "\x09\x80" NO_KEY, 1002),
  VIOLATION ("long-ping", "\x89\xfe\x00\x7e" NO_KEY, 1002),
  VIOLATION ("lonely-continuation", "\x80\x81" NO_KEY "x", 1002),
  VIOLATION ("message-in-message", "\x01\x81" NO_KEY "x\x01\x81" NO_KEY "y", 1002),
  VIOLATION ("longer-length-than-needed", "\x81\xfe\x00\x01" NO_KEY "x", 1002),
  VIOLATION ("length-of-64-bits", "\x82\xff\x80\0\0\0\0\0\0\0" NO_KEY, 1002),
  VIOLATION ("bad-utf8", "\x81\x82" NO_KEY "\xc3\x28", 1007),
  VIOLATION ("cut-utf8", "\x81\x81" NO_KEY "\xc3", 1007),
  VIOLATION ("longest-length", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" NO_KEY, 1009),
  VIOLATION ("too-long", "\x82\xfe\x03\xe9" NO_KEY, 1009),
  VIOLATION ("close-of-one-byte", "\x88\x81" NO_KEY "\x03", 1002),
  VIOLATION ("close-code-0", "\x88\x82" NO_KEY "\x00\x00", 1002),
  VIOLATION ("close-code-999", "\x88\x82" NO_KEY "\x03\xe7", 1002),
  VIOLATION ("close-code-1004", "\x88\x82" NO_KEY "\x03\xec", 1002),
  VIOLATION ("close-code-1005", "\x88\x82" NO_KEY "\x03\xed", 1002),
  VIOLATION ("close-code-1006", "\x88\x82" NO_KEY "\x03\xee", 1002),
  VIOLATION ("close-code-1015", "\x88\x82" NO_KEY "\x03\xf7", 1002),
  VIOLATION ("close-code-2999", "\x88\x82" NO_KEY "\x0b\xb7", 1002),
  VIOLATION ("close-code-5000", "\x88\x82" NO_KEY "\x13\x88", 1002),
  VIOLATION ("close-reason-no-utf8", "\x88\x83" NO_KEY "\x03\xe8\xff", 1007),
};

#define VIOLATION_MESSAGE_LIMIT 1000

static void
violate (const ViolationCase *test, gboolean bytewise)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *closed = g_strdup_printf ("closed %u ", test->code);

  owner->context->limits.message_limit = VIOLATION_MESSAGE_LIMIT;
  peer = owner_connect_open (owner);
  raw_frame_append (bytes, TEXT_FRAME, "before", 6);
  g_byte_array_append (bytes, (const guint8 *) test->bytes, (guint) test->length);
  raw_frame_append (bytes, TEXT_FRAME, "after", 5);
  raw_frame_append (bytes, CLOSE_FRAME, "\x03\xe8", 2);
  for (guint i = 0; bytewise && i < bytes->len; i++)
    {
      raw_peer_send (peer, bytes->data + i, 1);
      owner_turn (owner);
    }
  if (!bytewise)
    raw_peer_send (peer, bytes->data, bytes->len);

  raw_peer_expect_close (peer, test->code);
  raw_peer_expect_end (peer);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_true (g_str_has_prefix (owner->log->str, "opened /\ntext before\n"));
  g_assert_nonnull (strstr (owner->log->str, closed));
  g_assert_null (strstr (owner->log->str, "after"));
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 1);
}

static void
test_violation (gconstpointer data)
{
  violate (data, FALSE);
}

static void
test_violation_bytewise (gconstpointer data)
{
  violate (data, TRUE);
}

/* The limit counts whole messages, not frames. */
static void
test_fragments_too_long (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = NULL;
  char half[VIOLATION_MESSAGE_LIMIT / 2];

  memset (half, 'h', sizeof half);
  owner->context->limits.message_limit = VIOLATION_MESSAGE_LIMIT;
  peer = owner_connect_open (owner);
  raw_peer_send_frame (peer, WIRE_OPCODE_TEXT, half, sizeof half);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN, half, sizeof half);
  raw_peer_send_frame (peer, WIRE_OPCODE_TEXT, half, sizeof half);
  raw_peer_send_frame (peer, WIRE_OPCODE_CONTINUATION, half, sizeof half);
  raw_peer_send_frame (peer, WIRE_FRAME_FIN, "h", 1);
  raw_peer_expect_close (peer, WIRE_CLOSE_TOO_BIG);
  raw_peer_expect_end (peer);

  g_assert_cmpuint (owner->received->len, ==, 2 * VIOLATION_MESSAGE_LIMIT);
}

/* After our own Close a violation is no reason for another one. */
static void
test_violation_while_closing (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_send (peer, "\xff\xff", 2);
  raw_peer_expect_end (peer);

  g_assert_true (g_str_has_prefix (owner->log->str, "opened /\nclosed 1002 "));
}

static void
add_violation (const ViolationCase *test, const char *twin, GTestDataFunc func)
{
  g_autofree char *path = g_strconcat ("/engine/closing/", twin, "/", test->name, NULL);

  g_test_add_data_func (path, test, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/closing/peer/code-echoed", test_code_echoed);
  g_test_add_func ("/engine/closing/peer/reason-told", test_reason_told);
  g_test_add_func ("/engine/closing/peer/data-after", test_data_after_close);
  g_test_add_func ("/engine/closing/peer/lingering", test_lingering);
  g_test_add_func ("/engine/closing/peer/draining-limit", test_draining_limit);
  g_test_add_data_func ("/engine/closing/peer/slow-reader", NULL, test_slow_reader);
  g_test_add_data_func ("/engine/closing/peer/too-slow-reader", NULL, test_too_slow_reader);
  g_test_add_data_func ("/engine/closing/ours/slow-reader", GINT_TO_POINTER (TRUE), test_slow_reader);
  g_test_add_data_func ("/engine/closing/ours/too-slow-reader", GINT_TO_POINTER (TRUE), test_too_slow_reader);
  g_test_add_func ("/engine/closing/ours/answered", test_our_close);
  g_test_add_func ("/engine/closing/ours/reason-cut", test_our_reason_cut);
  g_test_add_func ("/engine/closing/ours/unanswered", test_our_close_unanswered);
  g_test_add_func ("/engine/closing/ours/crossing", test_crossing);
  g_test_add_func ("/engine/closing/ours/paused", test_close_while_paused);
  g_test_add_func ("/engine/closing/ours/abort", test_abort);
  g_test_add_func ("/engine/closing/ours/context-destroyed", test_context_destroyed);
  for (gsize i = 0; i < G_N_ELEMENTS (violation_cases); i++)
    {
      add_violation (&violation_cases[i], "violation", test_violation);
      add_violation (&violation_cases[i], "violation-bytewise", test_violation_bytewise);
    }
  g_test_add_func ("/engine/closing/fragments-too-long", test_fragments_too_long);
  g_test_add_func ("/engine/closing/violation-while-closing", test_violation_while_closing);

  return g_test_run ();
}
