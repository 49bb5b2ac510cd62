/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "duo.h"

#include "../classic/stage.h"
#include "../engine/raw-peer.h"

#include <string.h>

/* A program of the classic API in a main loop. */

typedef enum {
  ACT_NONE,
  ACT_DESTROY_CONTEXT,
  ACT_DESTROY_SOURCE,
  ACT_DESTROY_BOTH,
  ACT_REPLACE_SOURCE,
  ACT_NEST,
} Act;

static struct {
  struct libwebsocket_context *context;
  GSource *source;
  guint16 port;
  guint opened;
  guint closed;
  guint received;
  guint turns;                  /* dispatches of the source */
  guint loop_received;          /* in the one under way */
  guint loop_received_max;
  Act act;                      /* with the next message */
  gboolean acted;
  RawPeer *inner;               /* speaks while ACT_NEST */
  GMainLoop *loop;              /* ends when a client has its answer */
  GThread *thread;              /* where callbacks are to come */
} scene;

/* --- the program */

static gboolean
after_turn (gpointer data)
{
  scene.turns++;
  scene.loop_received_max = MAX (scene.loop_received_max, scene.loop_received);
  scene.loop_received = 0;

  return G_SOURCE_CONTINUE;
}

static void
say (RawPeer *peer, const char *text)
{
  raw_peer_send_frame (peer, 0x81, text, strlen (text));
}

static gboolean
speak_inside (gpointer peer)
{
  say (peer, "inner");

  return G_SOURCE_REMOVE;
}

/* The source in whose dispatch this happens makes room for another one. */
static void
replace_source (void)
{
  GSource *former = g_steal_pointer (&scene.source);

  g_source_destroy (former);
  scene.source = lwsg_source_new (scene.context);
  g_assert_nonnull (scene.source);
  g_source_set_callback (scene.source, after_turn, NULL, NULL);
  g_source_attach (scene.source, NULL);
  g_source_unref (former);
}

/* A main loop in a callback, until another connection has said something. */
static void
nest (void)
{
  guint before = scene.received;

  g_idle_add (speak_inside, scene.inner);
  DUO_UNTIL (scene.received > before);
  g_assert_cmpuint (scene.received, ==, before + 1);
}

static void
act (void)
{
  Act now = scene.act;

  scene.act = ACT_NONE;
  if (now == ACT_NEST)
    nest ();
  if (now == ACT_REPLACE_SOURCE)
    replace_source ();
  if (now == ACT_DESTROY_SOURCE || now == ACT_DESTROY_BOTH)
    {
      g_source_destroy (scene.source);
      g_clear_pointer (&scene.source, g_source_unref);
    }
  if (now == ACT_DESTROY_CONTEXT || now == ACT_DESTROY_BOTH)
    libwebsocket_context_destroy (g_steal_pointer (&scene.context));
  scene.acted = scene.acted || now != ACT_NONE;
}

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  g_assert_true (g_thread_self () == scene.thread || reason == LWS_CALLBACK_CLOSED);
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      scene.opened++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      scene.closed++;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      scene.received++;
      scene.loop_received++;
      stage_write (wsi, in, len, LWS_WRITE_TEXT);
      act ();
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      scene.opened++;
      return stage_write_text (wsi, "asked") < 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      g_assert_cmpmem (in, len, "asked", 5);
      g_main_loop_quit (scene.loop);
      return 0;
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

/* Each context fills in a list of its own. */
static struct libwebsocket_protocols client_protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

/* --- the stage */

static void
scene_new (void)
{
  memset (&scene, 0, sizeof scene);
  scene.thread = g_thread_self ();
  scene.context = stage_listen (protocols, &scene.port);
  scene.source = lwsg_source_new (scene.context);
  g_source_set_callback (scene.source, after_turn, NULL, NULL);
}

static void
scene_begin (void)
{
  scene_new ();
  g_source_attach (scene.source, NULL);
}

static void
scene_end (void)
{
  if (scene.source != NULL)
    {
      g_source_destroy (scene.source);
      g_clear_pointer (&scene.source, g_source_unref);
    }
  if (scene.context != NULL)
    libwebsocket_context_destroy (g_steal_pointer (&scene.context));
  g_assert_cmpuint (scene.opened, ==, scene.closed);
}

static void
iteration (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

/* Another thread does it. */
static void
no_turn (gpointer data)
{
}

static RawPeer *
enter (RawPeerTurn peer_turn)
{
  RawPeer *peer = raw_peer_connect (scene.port, peer_turn, NULL);

  raw_peer_upgrade (peer);

  return peer;
}

static void
expect (RawPeer *peer, const char *text)
{
  raw_peer_expect_frame (peer, 0x81, text, strlen (text));
}

static void
exchange (RawPeer *peer, const char *text)
{
  say (peer, text);
  expect (peer, text);
}

/* --- whose main loop */

static void
ask (struct libwebsocket_context *context)
{
  g_assert_nonnull (libwebsocket_client_connect (context, "127.0.0.1", scene.port, 0, "/", "localhost", NULL, "echo"));
}

/* Server and client in one GMainLoop, each context with its source. */
static void
test_main_loop (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSource) source = NULL;
  struct libwebsocket_context *context;

  scene_begin ();
  scene.loop = loop;
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, client_protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (context);
  source = lwsg_source_new (context);
  g_source_attach (source, NULL);
  ask (context);
  g_main_loop_run (loop);
  g_assert_cmpuint (scene.opened, ==, 2);
  g_assert_cmpuint (scene.received, ==, 1);

  libwebsocket_context_destroy (context);
  DUO_UNTIL (g_source_is_destroyed (source));
  DUO_UNTIL (scene.closed == 2);
  scene_end ();
}

/* It connected before its source was attached: GIO answers elsewhere, and is heard. */
static void
test_client_before_source (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  scene_new ();
  scene.loop = loop;
  ask (scene.context);
  g_source_attach (scene.source, NULL);
  g_main_loop_run (loop);
  g_assert_cmpuint (scene.received, ==, 1);
  scene_end ();
}

typedef struct {
  GMainContext *main_context;
  GMainLoop *loop;
} Elsewhere;

static gpointer
elsewhere_run (gpointer data)
{
  Elsewhere *elsewhere = data;

  g_main_context_push_thread_default (elsewhere->main_context);
  g_main_loop_run (elsewhere->loop);
  g_main_context_pop_thread_default (elsewhere->main_context);

  return NULL;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static void
test_thread (void)
{
  g_autoptr (GMainContext) main_context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (main_context, FALSE);
  Elsewhere elsewhere = { main_context, loop };
  GThread *thread;
  RawPeer *peer;

  scene_new ();
  g_source_attach (scene.source, main_context);
  thread = g_thread_new ("elsewhere", elsewhere_run, &elsewhere);
  scene.thread = thread;

  peer = raw_peer_connect (scene.port, no_turn, NULL);
  raw_peer_upgrade (peer);
  for (guint i = 0; i < 10; i++)
    exchange (peer, "from thread to thread");
  raw_peer_free (peer);

  g_main_context_invoke (main_context, quit, loop);
  g_thread_join (thread);
  scene_end ();
}

/* --- priority */

static void
test_priorities (void)
{
  static const int priorities[] = {
    G_PRIORITY_HIGH, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH_IDLE, G_PRIORITY_DEFAULT_IDLE, G_PRIORITY_LOW,
  };

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      RawPeer *peer;

      scene_new ();
      g_source_set_priority (scene.source, priorities[i]);
      g_source_attach (scene.source, NULL);
      peer = enter (iteration);
      exchange (peer, "in its place");
      raw_peer_free (peer);
      scene_end ();
    }
}

static gboolean
count_dispatch (gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_CONTINUE;
}

/* Whoever has a better priority and always something to do leaves it nothing. */
static void
test_priority_kept (void)
{
  RawPeer *peer;
  guint dispatches = 0;
  guint busy;
  guint turns;

  scene_begin ();
  peer = enter (iteration);
  g_source_set_priority (scene.source, G_PRIORITY_LOW);
  busy = g_idle_add_full (G_PRIORITY_DEFAULT, count_dispatch, &dispatches, NULL);
  say (peer, "later");
  turns = scene.turns;
  while (dispatches < 100)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (scene.turns, ==, turns);
  g_assert_cmpuint (scene.received, ==, 0);

  g_source_remove (busy);
  expect (peer, "later");
  raw_peer_free (peer);
  scene_end ();
}

/* --- the end */

/* The program goes on with iterations of its own, and with another source. */
static void
test_source_destroyed_first (void)
{
  RawPeer *peer;

  scene_begin ();
  peer = enter (iteration);
  exchange (peer, "one");
  g_source_destroy (scene.source);
  g_clear_pointer (&scene.source, g_source_unref);

  say (peer, "two");
  STAGE_SERVE_UNTIL (scene.context, scene.received == 2);
  expect (peer, "two");

  scene.source = lwsg_source_new (scene.context);
  g_source_attach (scene.source, NULL);
  exchange (peer, "three");
  raw_peer_free (peer);
  scene_end ();
}

static void
test_context_destroyed_first (void)
{
  RawPeer *peer;

  scene_begin ();
  peer = enter (iteration);
  libwebsocket_context_destroy (g_steal_pointer (&scene.context));
  g_assert_cmpuint (scene.closed, ==, 1);
  raw_peer_expect_close (peer, 1001);
  DUO_UNTIL (g_source_is_destroyed (scene.source));
  lwsg_source_set_budget (scene.source, 1000, 100);
  raw_peer_free (peer);
  scene_end ();
}

static void
test_never_attached (void)
{
  scene_new ();
  libwebsocket_context_destroy (g_steal_pointer (&scene.context));
  g_source_unref (g_steal_pointer (&scene.source));

  scene_new ();
  g_source_unref (g_steal_pointer (&scene.source));
  scene_end ();
}

/* Attached only when the context is gone already: it leaves by itself. */
static void
test_attached_late (void)
{
  scene_new ();
  libwebsocket_context_destroy (g_steal_pointer (&scene.context));
  g_source_attach (scene.source, NULL);
  DUO_UNTIL (g_source_is_destroyed (scene.source));
  g_assert_cmpuint (scene.turns, ==, 0);
  scene_end ();
}

static void
test_destroyed_inside (gconstpointer data)
{
  RawPeer *peer;
  RawPeer *bystander;

  scene_begin ();
  peer = enter (iteration);
  bystander = enter (iteration);
  scene.act = (Act) GPOINTER_TO_INT (data);
  say (peer, "now");
  say (bystander, "me, too");
  DUO_UNTIL (scene.acted);

  if (scene.context == NULL)
    {
      raw_peer_expect_lost (bystander);
      g_assert_cmpuint (scene.closed, ==, 2);
    }
  if (scene.source != NULL)
    DUO_UNTIL (g_source_is_destroyed (scene.source));
  raw_peer_free (peer);
  raw_peer_free (bystander);
  scene_end ();
}

/* With what it was doing left to be done. */
static void
test_replaced_inside (void)
{
  RawPeer *peer;
  RawPeer *bystander;

  scene_begin ();
  peer = enter (iteration);
  bystander = enter (iteration);
  scene.act = ACT_REPLACE_SOURCE;
  say (peer, "now");
  say (bystander, "me, too");
  DUO_UNTIL (scene.received == 2);
  g_assert_true (scene.acted);
  say (peer, "and later");
  DUO_UNTIL (scene.received == 3);
  raw_peer_free (peer);
  raw_peer_free (bystander);
  scene_end ();
}

/* --- main loops in callbacks */

/* The callback of one connection returns only when another one has been served. */
static void
test_nested (void)
{
  RawPeer *peer;
  RawPeer *other;

  scene_begin ();
  peer = enter (iteration);
  other = enter (iteration);
  scene.act = ACT_NEST;
  scene.inner = other;
  say (peer, "outer");
  DUO_UNTIL (scene.acted);
  expect (peer, "outer");
  expect (other, "inner");
  exchange (peer, "and on");
  raw_peer_free (peer);
  raw_peer_free (other);
  scene_end ();
}

/* --- deadlines */

/* So long is a second here. */
#define TICK (20 * G_TIME_SPAN_MILLISECOND)

static void
scene_begin_quick (void)
{
  scene_new ();
  scene.context->tick_microseconds = TICK;
  g_source_attach (scene.source, NULL);
}

/* Half a request, and then nothing: the source says when that is too long. */
static void
test_ready_time (void)
{
  RawPeer *peer;

  scene_begin_quick ();
  g_assert_cmpint (g_source_get_ready_time (scene.source), ==, -1);
  peer = raw_peer_connect (scene.port, iteration, NULL);
  raw_peer_send_text (peer, "GET / HT");
  DUO_UNTIL (g_source_get_ready_time (scene.source) != -1);
  g_assert_cmpint (g_source_get_ready_time (scene.source), >, 0);
  g_assert_cmpint (g_source_get_ready_time (scene.source), <=,
                   g_get_monotonic_time () + (ENGINE_HANDSHAKE_TICKS + 1) * TICK);
  raw_peer_expect_refusal (peer, 408);
  raw_peer_free (peer);
  scene_end ();
}

/* The loop sleeps until the deadline, and is there then. */
static void
test_ping_in_silence (void)
{
  RawPeer *peer;
  RawFrame frame;
  guint turns;

  scene_begin_quick ();
  scene.context->limits.ping_ticks = 5;
  scene.context->limits.pong_ticks = 5;
  peer = enter (iteration);
  turns = scene.turns;
  peer->iteration = no_turn;
  DUO_UNTIL (scene.closed == 1);

  /* The Ping, and the end of who does not answer. */
  raw_peer_read_frame (peer, &frame);
  g_assert_cmpuint (frame.first_byte, ==, 0x89);
  raw_frame_clear (&frame);
  g_assert_cmpuint (scene.turns - turns, <, 20);
  raw_peer_free (peer);
  scene_end ();
}

/* --- others in the same loop */

#define FLOOD 2000
#define FLOOD_FRAMES 10

static void
flood (RawPeer *peer)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < FLOOD; i++)
    raw_frame_append (bytes, 0x81, "x", 1);
  raw_peer_send (peer, bytes->data, bytes->len);
}

/* Each time the flood's source has had @iterations of its iterations, others get theirs. */
static void
check_budget (guint microseconds, guint frames, guint most, int priority, guint turns)
{
  RawPeer *peer;
  RawPeer *next_peer;
  guint dispatches = 0;
  guint other;
  guint before_neighbour;

  scene_begin ();
  lwsg_source_set_budget (scene.source, microseconds, frames);
  peer = enter (iteration);
  next_peer = enter (iteration);
  scene.loop_received_max = 0;
  other = g_timeout_add_full (priority, 0, count_dispatch, &dispatches, NULL);
  peer->iteration = no_turn;
  flood (peer);
  say (next_peer, "and me?");
  expect (next_peer, "and me?");
  before_neighbour = scene.received;
  DUO_UNTIL (scene.received == FLOOD + 1);

  g_assert_cmpuint (scene.loop_received_max, <=, most);
  g_assert_cmpuint (dispatches, >=, FLOOD / most / turns - 1);
  /* Nor is another connection made to wait until the flood is over. */
  g_assert_cmpuint (before_neighbour, <, FLOOD / 2);
  g_source_remove (other);
  raw_peer_free (peer);
  raw_peer_free (next_peer);
  scene_end ();
}

static void
test_budget_frames (void)
{
  check_budget (G_MAXUINT, FLOOD_FRAMES, FLOOD_FRAMES, G_PRIORITY_DEFAULT, 1);
}

/* The clock is looked at after some frames, and then it is later than it may be. */
static void
test_budget_time (void)
{
  check_budget (1, G_MAXUINT, 32, G_PRIORITY_DEFAULT, 1);
}

/* GTK draws with this priority. */
static void
test_budget_redraw (void)
{
  check_budget (G_MAXUINT, FLOOD_FRAMES, FLOOD_FRAMES, G_PRIORITY_HIGH_IDLE + 20, 1);
  check_budget (1, G_MAXUINT, 32, G_PRIORITY_HIGH_IDLE + 20, 1);
}

static void
test_budget_idle (void)
{
  check_budget (G_MAXUINT, FLOOD_FRAMES, FLOOD_FRAMES, G_PRIORITY_DEFAULT_IDLE, 4);
  check_budget (1, G_MAXUINT, 32, G_PRIORITY_LOW, 4);
}

/* --- silence */

static void
test_idle (void)
{
  RawPeer *peer;
  guint turns;
  guint ticks = 0;
  guint other;

  scene_begin ();
  peer = enter (iteration);
  exchange (peer, "nothing more");
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  turns = scene.turns;
  other = g_timeout_add (1, count_dispatch, &ticks);
  while (ticks < 200)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (scene.turns, ==, turns);

  g_source_remove (other);
  exchange (peer, "still there");
  g_assert_cmpuint (scene.turns, >, turns);
  raw_peer_free (peer);
  scene_end ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object/source/main-loop", test_main_loop);
  g_test_add_func ("/object/source/client-before-source", test_client_before_source);
  g_test_add_func ("/object/source/thread", test_thread);
  g_test_add_func ("/object/source/priorities", test_priorities);
  g_test_add_func ("/object/source/priority-kept", test_priority_kept);
  g_test_add_func ("/object/source/source-destroyed-first", test_source_destroyed_first);
  g_test_add_func ("/object/source/context-destroyed-first", test_context_destroyed_first);
  g_test_add_func ("/object/source/never-attached", test_never_attached);
  g_test_add_func ("/object/source/attached-late", test_attached_late);
  g_test_add_data_func ("/object/source/destroyed-inside/context", GINT_TO_POINTER (ACT_DESTROY_CONTEXT),
                        test_destroyed_inside);
  g_test_add_data_func ("/object/source/destroyed-inside/source", GINT_TO_POINTER (ACT_DESTROY_SOURCE),
                        test_destroyed_inside);
  g_test_add_data_func ("/object/source/destroyed-inside/both", GINT_TO_POINTER (ACT_DESTROY_BOTH),
                        test_destroyed_inside);
  g_test_add_func ("/object/source/replaced-inside", test_replaced_inside);
  g_test_add_func ("/object/source/nested", test_nested);
  g_test_add_func ("/object/source/ready-time", test_ready_time);
  g_test_add_func ("/object/source/ping-in-silence", test_ping_in_silence);
  g_test_add_func ("/object/source/budget/frames", test_budget_frames);
  g_test_add_func ("/object/source/budget/time", test_budget_time);
  g_test_add_func ("/object/source/budget/redraw", test_budget_redraw);
  g_test_add_func ("/object/source/budget/idle", test_budget_idle);
  g_test_add_func ("/object/source/idle", test_idle);

  return g_test_run ();
}
