/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <unistd.h>

/* libwebsocket_rx_flow_control(): what nobody wants stays with the sender. */

/* A prime: what is lost, doubled or moved shows. */
#define PATTERN_PERIOD 65521

#define FRAME_SIZE (1024 * 1024)
#define FLOOD_FRAMES 100
#define FLOOD_FRAMES_SLOW 10

/* How much a flood that nobody reads may cost this process. */
#define MEMORY_BOUND (8 * 1024 * 1024)

/* The kernel's buffers take some; then the sender is stuck for as many iterations. */
#define STUCK_TURNS 20

static guint8 pattern[2 * PATTERN_PERIOD];
static struct libwebsocket *connection;
static gsize received;
static guint callbacks;
static guint closed;
static gboolean stop_each_time;

static void
check_pattern (const guint8 *bytes, gsize length)
{
  while (length > 0)
    {
      gsize offset = received % PATTERN_PERIOD;
      gsize step = MIN (length, PATTERN_PERIOD);

      g_assert_true (memcmp (bytes, pattern + offset, step) == 0);
      received += step;
      bytes += step;
      length -= step;
    }
}

static int
callback_check (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      connection = wsi;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      callbacks++;
      check_pattern (in, len);
      if (stop_each_time)
        g_assert_cmpint (libwebsocket_rx_flow_control (wsi, 0), ==, 0);
      return 0;
    case LWS_CALLBACK_CLOSED:
      closed++;
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "check", .callback = callback_check },
  { .callback = NULL },
};

static struct libwebsocket_context *
begin (RawPeer **peer)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);

  received = callbacks = closed = 0;
  stop_each_time = FALSE;
  *peer = raw_peer_open (context, port, NULL);

  return context;
}

/* --- the flood */

typedef struct {
  GByteArray *frame;            /* the one under way */
  gsize sent;                   /* of it */
  guint frames;                 /* that were begun */
  guint total;
} Flood;

static void
flood_next_frame (Flood *flood)
{
  g_autofree guint8 *bytes = g_malloc (FRAME_SIZE);
  gsize start = (gsize) flood->frames * FRAME_SIZE;

  for (gsize i = 0; i < FRAME_SIZE;)
    {
      gsize step = MIN (FRAME_SIZE - i, PATTERN_PERIOD);

      memcpy (bytes + i, pattern + (start + i) % PATTERN_PERIOD, step);
      i += step;
    }
  g_byte_array_set_size (flood->frame, 0);
  raw_append_frame (flood->frame, TRUE, RAW_FIN | RAW_BINARY, bytes, FRAME_SIZE);
  flood->sent = 0;
  flood->frames++;
}

/* Sends what the kernel takes; FALSE if that was nothing. */
static gboolean
flood_go_on (Flood *flood, RawPeer *peer)
{
  gsize step;

  if (flood->sent == flood->frame->len)
    {
      if (flood->frames == flood->total)
        return FALSE;
      flood_next_frame (flood);
    }
  step = raw_peer_send_some (peer, flood->frame->data + flood->sent, flood->frame->len - flood->sent);
  flood->sent += step;

  return step > 0;
}

static void
flood_until_stuck (Flood *flood, RawPeer *peer, struct libwebsocket_context *context)
{
  for (guint stuck = 0; stuck < STUCK_TURNS; stuck++)
    {
      if (flood_go_on (flood, peer))
        stuck = 0;
      g_assert_cmpint (libwebsocket_service (context, STAGE_TURN_MS), ==, 0);
    }
  g_assert_cmpuint (flood->frames, <, flood->total);
}

static void
assert_memory (gsize before)
{
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (stage_resident_memory (), <, before + MEMORY_BOUND);
}

static void
flood_run (gboolean stops_each_time)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);
  Flood flood = { .frame = g_byte_array_sized_new (FRAME_SIZE + 14),
                  .total = stage_is_slow () ? FLOOD_FRAMES_SLOW : FLOOD_FRAMES };
  gint64 deadline = stage_deadline ();
  gsize before;

  /* What the process needs once is there. */
  flood_next_frame (&flood);
  before = stage_resident_memory ();

  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  flood_until_stuck (&flood, peer, context);
  g_assert_cmpuint (callbacks, ==, 0);
  assert_memory (before);

  stop_each_time = stops_each_time;
  while (received < (gsize) flood.total * FRAME_SIZE)
    {
      guint callbacks_before = callbacks;

      libwebsocket_rx_flow_control (connection, 1);
      stage_turn (context, deadline);
      if (stops_each_time)
        g_assert_cmpuint (callbacks, <=, callbacks_before + 1);
      flood_go_on (&flood, peer);
      assert_memory (before);
    }
  g_assert_cmpuint (received, ==, (gsize) flood.total * FRAME_SIZE);
  stop_each_time = FALSE;
  libwebsocket_rx_flow_control (connection, 1);
  raw_peer_say_goodbye (peer);

  libwebsocket_context_destroy (context);
  g_byte_array_unref (flood.frame);
  raw_peer_free (peer);
}

static void
test_flood (void)
{
  flood_run (FALSE);
}

/* One piece at a time, as a program that feeds something slow. */
static void
test_flood_piece_by_piece (void)
{
  flood_run (TRUE);
}

/* --- smaller things */

/* Those that lay behind in the same packet wait, too, and need no new packet. */
static void
test_stops_at_once (void)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 10; i++)
    raw_append_frame (bytes, TRUE, RAW_FIN | RAW_BINARY, pattern + i, 1);
  stop_each_time = TRUE;
  raw_peer_send (peer, bytes->data, bytes->len);
  for (guint i = 1; i <= 10; i++)
    {
      STAGE_SERVE_UNTIL (context, callbacks == i);
      stage_serve_turns (context, 3);
      g_assert_cmpuint (callbacks, ==, i);
      g_assert_cmpint (libwebsocket_rx_flow_control (connection, 1), ==, 0);
    }

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

static void
test_resumes_without_new_bytes (void)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);

  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, pattern, 100);
  stage_serve_turns (context, 5);
  g_assert_cmpuint (callbacks, ==, 0);
  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 1), ==, 0);
  STAGE_SERVE_UNTIL (context, received == 100);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* A loop that has nothing to do sleeps, though bytes lie there. */
static void
test_does_not_spin (void)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);
  gint64 begin_time;

  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, pattern, 100);
  stage_serve_turns (context, 5);
  begin_time = g_get_monotonic_time ();
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (libwebsocket_service (context, 40), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin_time, >=, 5 * 40 * 1000 - 5000);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* What came before the end is still given out, and then the end. */
static void
test_peer_leaves_meanwhile (void)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);

  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, pattern, 1000);
  raw_peer_send_close (peer, 1000);
  raw_peer_free (peer);
  stage_serve_turns (context, 5);
  g_assert_cmpuint (callbacks, ==, 0);
  g_assert_cmpuint (closed, ==, 0);
  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 1), ==, 0);
  STAGE_SERVE_UNTIL (context, closed == 1);
  g_assert_cmpuint (received, ==, 1000);

  libwebsocket_context_destroy (context);
}

/* The closing handshake is not held up. */
static void
test_close_while_stopped (void)
{
  RawPeer *peer;
  struct libwebsocket_context *context = begin (&peer);

  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  raw_peer_send_frame (peer, RAW_FIN | RAW_BINARY, pattern, 1000);
  stage_serve_turns (context, 3);
  libwebsocket_client_close (connection);
  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 1), ==, -1);
  raw_peer_expect_close (peer, 1000);
  raw_peer_send_close (peer, 1000);
  STAGE_SERVE_UNTIL (context, closed == 1);
  g_assert_cmpuint (callbacks, ==, 0);

  libwebsocket_context_destroy (context);
  raw_peer_free (peer);
}

/* Others are served all the same. */
static void
test_only_this_one (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (protocols, &port);
  g_autoptr (RawPeer) stopped = NULL;
  g_autoptr (RawPeer) other = NULL;

  received = callbacks = 0;
  stop_each_time = FALSE;
  stopped = raw_peer_open (context, port, NULL);
  g_assert_cmpint (libwebsocket_rx_flow_control (connection, 0), ==, 0);
  other = raw_peer_open (context, port, NULL);
  raw_peer_send_frame (stopped, RAW_FIN | RAW_BINARY, "not wanted", 10);
  raw_peer_send_frame (other, RAW_FIN | RAW_BINARY, pattern, 500);
  STAGE_SERVE_UNTIL (context, received == 500);
  g_assert_cmpuint (callbacks, ==, 1);

  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pattern); i++)
    pattern[i] = (guint8) (i % PATTERN_PERIOD * 2654435761u >> 24);

  g_test_add_func ("/classic/flow-control/flood", test_flood);
  g_test_add_func ("/classic/flow-control/flood-piece-by-piece", test_flood_piece_by_piece);
  g_test_add_func ("/classic/flow-control/stops-at-once", test_stops_at_once);
  g_test_add_func ("/classic/flow-control/resumes-without-new-bytes", test_resumes_without_new_bytes);
  g_test_add_func ("/classic/flow-control/does-not-spin", test_does_not_spin);
  g_test_add_func ("/classic/flow-control/peer-leaves-meanwhile", test_peer_leaves_meanwhile);
  g_test_add_func ("/classic/flow-control/close-while-stopped", test_close_while_stopped);
  g_test_add_func ("/classic/flow-control/only-this-one", test_only_this_one);

  return g_test_run ();
}
