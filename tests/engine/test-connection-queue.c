/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/connection-queue-private.h"

/* The line never looks into a connection: any addresses will do. */
static guint8 places[1000];

static EngineConnection *
someone (guint number)
{
  return (EngineConnection *) (gpointer) (places + number);
}

static void
test_first_come_first_served (void)
{
  EngineConnectionQueue line = { 0 };

  g_assert_null (engine_connection_queue_pop (&line));
  for (guint i = 0; i < 1000; i++)
    engine_connection_queue_push (&line, someone (i));
  g_assert_cmpuint (line.count, ==, 1000);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (engine_connection_queue_pop (&line) == someone (i));
  g_assert_null (engine_connection_queue_pop (&line));
  engine_connection_queue_clear (&line);
}

static void
test_remove (void)
{
  EngineConnectionQueue line = { 0 };

  for (guint i = 0; i < 5; i++)
    engine_connection_queue_push (&line, someone (i));
  engine_connection_queue_remove (&line, someone (0));
  engine_connection_queue_remove (&line, someone (3));
  engine_connection_queue_remove (&line, someone (9));
  g_assert_cmpuint (line.count, ==, 3);
  g_assert_true (engine_connection_queue_pop (&line) == someone (1));
  g_assert_true (engine_connection_queue_pop (&line) == someone (2));
  g_assert_true (engine_connection_queue_pop (&line) == someone (4));
  engine_connection_queue_clear (&line);
  g_assert_null (engine_connection_queue_pop (&line));
  engine_connection_queue_push (&line, someone (1));
  g_assert_true (engine_connection_queue_pop (&line) == someone (1));
  engine_connection_queue_clear (&line);
}

/* Against a queue of GLib's; the ring goes round and grows. */
static void
test_oracle (void)
{
  EngineConnectionQueue line = { 0 };
  GQueue queue = G_QUEUE_INIT;

  for (guint step = 0; step < 20000; step++)
    {
      guint number = (guint) g_test_rand_int_range (0, 1000);
      int what = g_test_rand_int_range (0, 10);

      if (what < (step % 2000 < 1000 ? 6 : 4) && g_queue_find (&queue, someone (number)) == NULL)
        {
          engine_connection_queue_push (&line, someone (number));
          g_queue_push_tail (&queue, someone (number));
        }
      else if (what < 9)
        g_assert_true (engine_connection_queue_pop (&line) == g_queue_pop_head (&queue));
      else
        {
          engine_connection_queue_remove (&line, someone (number));
          g_queue_remove (&queue, someone (number));
        }
      g_assert_cmpuint (line.count, ==, queue.length);
    }
  g_queue_clear (&queue);
  engine_connection_queue_clear (&line);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/line/first-come-first-served", test_first_come_first_served);
  g_test_add_func ("/engine/line/remove", test_remove);
  g_test_add_func ("/engine/line/oracle", test_oracle);

  return g_test_run ();
}
