/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

/* A flood between two contexts of one main loop, which hand each other the time, and what else that
 * loop has to do. */

#define FLOOD_BURST 100
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

static void
pour (LwsgConnection *connection, gpointer user_data)
{
  for (guint i = 0; i < FLOOD_BURST; i++)
    g_assert_true (lwsg_connection_send_text (connection, "flood", NULL));
  lwsg_connection_request_writable (connection);
}

static void
count_message (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  ++*(guint *) user_data;
}

static gboolean
count_tick (gpointer user_data)
{
  ++*(guint *) user_data;

  return G_SOURCE_CONTINUE;
}

static void
start_flood (Duo *duo, guint *received)
{
  g_object_set (duo->server, "dispatch-budget", 200, NULL);
  g_object_set (duo->client, "dispatch-budget", 200, NULL);
  g_signal_connect (duo->connected, "message", G_CALLBACK (count_message), received);
  g_signal_connect (duo->accepted, "writable", G_CALLBACK (pour), NULL);
  pour (duo->accepted, NULL);
}

static void
stop_flood (Duo *duo, guint *received)
{
  g_signal_handlers_disconnect_by_func (duo->accepted, pour, NULL);
  duo_round_trip (duo->connected);
  g_signal_handlers_disconnect_by_data (duo->connected, received);
}

/* Drawing takes place, idle work gets on, and the flood does, too. */
static void
test_flood (Duo *duo, gconstpointer data)
{
  guint received = 0;
  guint redraws = 0;
  guint idles = 0;
  guint redraw;
  guint idle;

  start_flood (duo, &received);
  redraw = g_timeout_add_full (REDRAW_PRIORITY, 1, count_tick, &redraws, NULL);
  idle = g_idle_add (count_tick, &idles);
  DUO_UNTIL (redraws > 50 && idles > 50 && received > 50 * FLOOD_BURST);
  g_source_remove (redraw);
  g_source_remove (idle);
  stop_flood (duo, &received);
}

/* Others of the same priority that never rest take a share, and no more. */
static void
test_busy (Duo *duo, gconstpointer data)
{
  guint received = 0;
  guint dispatches = 0;
  guint before;
  guint busy;

  start_flood (duo, &received);
  busy = g_idle_add_full (G_PRIORITY_DEFAULT, count_tick, &dispatches, NULL);
  DUO_UNTIL (received > 10 * FLOOD_BURST);
  before = dispatches;
  DUO_UNTIL (dispatches > before + 1000);
  before = received;
  DUO_UNTIL (received > before + 10 * FLOOD_BURST);
  g_source_remove (busy);
  stop_flood (duo, &received);
}

/* Who has asked to go before all others does. */
static void
test_first (Duo *duo, gconstpointer data)
{
  guint received = 0;
  guint redraws = 0;
  guint redraw;

  g_object_set (duo->server, "priority", G_PRIORITY_HIGH, NULL);
  start_flood (duo, &received);
  redraw = g_idle_add_full (REDRAW_PRIORITY, count_tick, &redraws, NULL);
  /* It asks to write on and on, and the kernel takes it for a while. */
  for (guint i = 0; i < 20 && !duo->accepted->engine->blocked; i++)
    g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (redraws, ==, 0);
  g_object_set (duo->server, "priority", G_PRIORITY_DEFAULT, NULL);
  DUO_UNTIL (redraws > 50);
  g_source_remove (redraw);
  stop_flood (duo, &received);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  duo_own_main_context ();

  duo_add_test ("/object/priority/flood", test_flood);
  duo_add_test ("/object/priority/busy", test_busy);
  duo_add_test ("/object/priority/first", test_first);

  return g_test_run ();
}
