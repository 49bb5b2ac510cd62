/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>

#include "engine/base/error-private.h"
#include "engine/base/timer-wheel-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/write-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

/* What an owner may do from inside an event: everything. A context that listens
 * and is its own client goes through all events; in one kind of them something is
 * done that might take the ground from under the engine's feet. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)

/* --- the scene */

typedef struct {
  Owner *owner;
  OwnerEvent event;             /* in which the action takes place */
  OwnerHook action;
  gboolean acting;
  guint acted;
  RawPeer *bystander;           /* is open; served while the action takes place */
  EngineConnection *beside;     /* its connection */
} Scene;

static void
dial (Owner *owner, guint16 port)
{
  const EngineDestination destination = { .address = "127.0.0.1", .port = port };
  g_autoptr (GError) error = NULL;

  engine_connector_dial (owner->context, &destination, &error);
  g_assert_no_error (error);
}

/* What happens without the action, so that each event comes to pass. */
static void
scene_go_on (Owner *owner, OwnerEvent event, EngineConnection *connection)
{
  guint8 text[WIRE_FRAME_HEADER_MAX + 2] = "";

  switch (event)
    {
    case OWNER_OPENED:
      if (connection->role == WIRE_ROLE_SERVER)
        break;
      engine_connection_send_control (connection, WIRE_OPCODE_PING, (const guint8 *) "p", 1, NULL);
      engine_connection_send_data (connection, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "t", 1, NULL);
      engine_connection_request_writable (connection);
      break;
    case OWNER_WRITABLE:
      engine_protocol_broadcast (owner->protocol, text + WIRE_FRAME_HEADER_MAX, 1, NULL);
      break;
    case OWNER_PONG:
      engine_connection_close (connection, WIRE_CLOSE_NORMAL, NULL, 0);
      break;
    default:
      break;
    }
}

static void
scene_hook (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Scene *scene = owner->hook_data;

  if (event == scene->event && !scene->acting && connection != scene->beside)
    {
      scene->acting = TRUE;
      scene->acted++;
      scene->action (owner, event, connection, detail);
      scene->acting = FALSE;
    }
  if (!owner->context->destroyed && connection != scene->beside)
    scene_go_on (owner, event, connection);
}

/* An iteration tells that the context is at its end, and only then. */
static void
scene_turn (gpointer data)
{
  Scene *scene = data;
  Owner *owner = scene->owner;

  if (owner->context != NULL)
    {
      gboolean goes_on = engine_loop_service (owner->context, 1);

      g_assert_cmpint (goes_on, ==, owner->context != NULL);
    }
}

/* A port that was free a moment ago. */
static guint16
refusing_port (void)
{
  guint16 port;

  close (raw_listen (&port));

  return port;
}

static void
scene_play (OwnerEvent event, OwnerHook action)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) bystander = owner_connect_open (owner);
  g_autoptr (RawPeer) browser = raw_peer_connect (owner->port, NULL, NULL);
  Scene scene = { .owner = owner, .event = event, .action = action, .bystander = bystander,
                  .beside = owner->newest };
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  owner->hook = scene_hook;
  owner->hook_data = &scene;
  raw_peer_send_text (browser, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
  dial (owner, refusing_port ());
  dial (owner, owner->port);
  while (scene.acted == 0)
    {
      if (g_get_monotonic_time () > end)
        g_error ("The event %s does not come", owner_event_name (event));
      scene_turn (&scene);
    }
  for (guint i = 0; i < 20; i++)
    scene_turn (&scene);

  g_assert_cmpuint (owner->counts[OWNER_CLOSED], <=, owner->counts[OWNER_OPENED]);
}

/* --- actions */

static void
act_close (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_close (connection, WIRE_CLOSE_GOING_AWAY, "x", 1);
}

static void
act_abort (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, "by the test");
}

static void
act_destroy (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_context_destroy (owner->context);
  engine_context_destroy (owner->context);
}

static void
act_send (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  static const guint8 bytes[100000];

  engine_connection_send_data (connection, WIRE_OPCODE_BINARY, TRUE, bytes, 10, NULL);
  engine_connection_send_data (connection, WIRE_OPCODE_BINARY, TRUE, bytes, sizeof bytes, NULL);
  engine_connection_send_control (connection, WIRE_OPCODE_PONG, bytes, 0, NULL);
}

static void
act_pause (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_pause (connection, TRUE);
}

static void
act_pause_and_resume (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_pause (connection, TRUE);
  engine_connection_pause (connection, FALSE);
}

static void
act_request_writable (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_request_writable (connection);
}

static void
act_broadcast (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  guint8 bytes[WIRE_FRAME_HEADER_MAX + 4] = "";

  engine_protocol_broadcast (owner->protocol, bytes + WIRE_FRAME_HEADER_MAX, 3, NULL);
}

static void
act_dial (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  dial (owner, owner->port);
}

static void
act_flush (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  act_send (owner, event, connection, detail);
  engine_context_flush (owner->context);
}

/* One in a context that is being destroyed comes to nothing. */
static void
take_turn (Owner *owner, int timeout_ms)
{
  gboolean expected = !owner->context->destroyed;

  g_assert_cmpint (engine_loop_service (owner->context, timeout_ms), ==, expected);
}

static void
act_turns (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  for (guint i = 0; i < 10; i++)
    take_turn (owner, 1);
}

static void
act_close_and_turns (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_connection_close (connection, WIRE_CLOSE_GOING_AWAY, NULL, 0);
  act_turns (owner, event, connection, detail);
}

static void
act_abort_and_turns (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  act_abort (owner, event, connection, detail);
  act_turns (owner, event, connection, detail);
}

static void
act_pass_all_deadlines (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  for (guint i = 0; i < 5; i++)
    {
      owner->context->wheel_start -= 30 * owner->context->tick_microseconds;
      take_turn (owner, 0);
    }
}

static void
act_turn_and_destroy (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  act_turns (owner, event, connection, detail);
  engine_context_destroy (owner->context);
  g_assert_nonnull (owner->context);
  g_assert_false (engine_loop_service (owner->context, 0));
}

static void
act_all_at_once (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  act_send (owner, event, connection, detail);
  act_request_writable (owner, event, connection, detail);
  act_close (owner, event, connection, detail);
  act_send (owner, event, connection, detail);
  act_abort (owner, event, connection, detail);
  act_send (owner, event, connection, detail);
  act_pause_and_resume (owner, event, connection, detail);
  act_request_writable (owner, event, connection, detail);
  act_broadcast (owner, event, connection, detail);
  act_destroy (owner, event, connection, detail);
  act_close (owner, event, connection, detail);
  act_request_writable (owner, event, connection, detail);
}

/* Others are served while this event waits for something. */
static void
act_wait_for_bystander (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Scene *scene = owner->hook_data;
  guint last_received = owner->counts[OWNER_DATA];

  raw_peer_send_frame (scene->bystander, TEXT_FRAME, "and I?", 6);
  while (owner->counts[OWNER_DATA] == last_received || strstr (owner->log->str, "text and I?\n") == NULL)
    owner_turn (owner);
  engine_connection_send_data (scene->beside, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "you, too", 8, NULL);
  raw_peer_expect_frame (scene->bystander, TEXT_FRAME, "you, too", 8);
}

static const struct {
  const char *name;
  OwnerHook action;
} actions[] = {
  { "close", act_close },
  { "abort", act_abort },
  { "destroy", act_destroy },
  { "send", act_send },
  { "flush", act_flush },
  { "pause", act_pause },
  { "pause-and-resume", act_pause_and_resume },
  { "request-writable", act_request_writable },
  { "broadcast", act_broadcast },
  { "dial", act_dial },
  { "turns", act_turns },
  { "close-and-turns", act_close_and_turns },
  { "abort-and-turns", act_abort_and_turns },
  { "pass-all-deadlines", act_pass_all_deadlines },
  { "turn-and-destroy", act_turn_and_destroy },
  { "all-at-once", act_all_at_once },
  { "wait-for-bystander", act_wait_for_bystander },
};

/* Every action in every event. */
#define N_ACTIONS G_N_ELEMENTS (actions)

static void
test_action (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);

  scene_play ((OwnerEvent) (index / N_ACTIONS), actions[index % N_ACTIONS].action);
}

static void
add_actions (void)
{
  /* Nobody here has a certificate. */
  for (guint index = 0; index < OWNER_CERTIFICATE * N_ACTIONS; index++)
    {
      const char *event = owner_event_name ((OwnerEvent) (index / N_ACTIONS));
      g_autofree char *path = g_strdup_printf ("/engine/turn/%s/%s", event, actions[index % N_ACTIONS].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (index), test_action);
    }
}

/* --- the rest */

/* Nothing to do: no work, and a wait is a wait. */
static void
test_idle (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  struct epoll_event event;

  owner_settle (owner);
  g_assert_false (engine_loop_has_work (owner->context));
  g_assert_cmpint (epoll_wait (owner->context->epoll_fd, &event, 1, 20), ==, 0);
}

static void
abort_other (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  GPtrArray *others = owner->hook_data;

  for (guint i = 0; event == OWNER_DATA && i < others->len; i++)
    if (others->pdata[i] != connection)
      engine_connection_abort (others->pdata[i], ENGINE_ERROR_SYSTEM, "by the first");
}

/* Events that epoll has told of already, for connections that are gone by now. */
static void
test_events_of_the_dead (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) connections = g_ptr_array_new ();
  RawPeer *peers[10];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = owner_connect_open (owner);
      g_ptr_array_add (connections, owner->newest);
    }
  owner->hook = abort_other;
  owner->hook_data = connections;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_send_frame (peers[i], TEXT_FRAME, "me first", 8);
  owner_wait (owner, OWNER_RELEASED, G_N_ELEMENTS (peers) - 1);

  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

/* Deadlines that come all at once don't hold up what else there is; none is forgotten. */
static void
test_many_deadlines (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  guint turns = 0;
  guint32 tick;

  for (guint i = 0; i < 200; i++)
    {
      g_ptr_array_add (peers, owner_connect (owner));
      owner_settle (owner);
    }
  g_assert_cmpuint (owner_n_connections (owner), ==, 200);
  owner->context->limits.iteration_microseconds = 0;
  owner->context->wheel_start -=
    (gint64) (owner->context->limits.handshake_ticks + 2) * owner->context->tick_microseconds;
  while (owner->counts[OWNER_RELEASED] < 200)
    {
      /* It does not wait, whether the rest is due or has its end to be told. */
      if (engine_timer_wheel_next (&owner->context->wheel, &tick))
        g_assert_cmpuint (tick, <=, engine_context_tick (owner->context));
      else
        g_assert_true (engine_loop_has_work (owner->context));
      g_assert_true (engine_loop_service (owner->context, -1));
      turns++;
    }
  /* Each iteration does something, and hardly more. */
  g_assert_cmpuint (turns, >, 200);
  g_assert_cmpuint (turns, <, 200 * 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_actions ();
  g_test_add_func ("/engine/turn/idle", test_idle);
  g_test_add_func ("/engine/turn/many-deadlines", test_many_deadlines);
  g_test_add_func ("/engine/turn/events-of-the-dead", test_events_of_the_dead);

  return g_test_run ();
}
