/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/timer-wheel-private.h"

/* --- the plain cases */

static guint
pop_all (EngineTimerWheel *wheel, guint32 tick)
{
  guint count = 0;

  while (engine_timer_wheel_pop (wheel, tick) != NULL)
    count++;

  return count;
}

static void
test_fires_once (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timer = { 0 };
  guint32 next;

  g_assert_false (engine_timer_wheel_next (&wheel, &next));
  g_assert_null (engine_timer_wheel_pop (&wheel, 0));
  engine_timer_wheel_set (&wheel, &timer, 3);
  g_assert_true (engine_timer_is_set (&timer));
  g_assert_true (engine_timer_wheel_next (&wheel, &next));
  g_assert_cmpuint (next, ==, 3);
  g_assert_null (engine_timer_wheel_pop (&wheel, 2));
  g_assert_true (engine_timer_wheel_pop (&wheel, 3) == &timer);
  g_assert_false (engine_timer_is_set (&timer));
  g_assert_null (engine_timer_wheel_pop (&wheel, 3));
  g_assert_false (engine_timer_wheel_next (&wheel, &next));
  g_assert_cmpuint (pop_all (&wheel, 1000), ==, 0);
}

static void
test_past_becomes_next (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timer = { 0 };

  g_assert_null (engine_timer_wheel_pop (&wheel, 50));
  engine_timer_wheel_set (&wheel, &timer, 20);
  g_assert_null (engine_timer_wheel_pop (&wheel, 50));
  g_assert_true (engine_timer_wheel_pop (&wheel, 51) == &timer);
}

static void
test_moved_and_cleared (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timers[3] = { 0 };
  guint32 next;

  for (guint i = 0; i < 3; i++)
    engine_timer_wheel_set (&wheel, &timers[i], 5);
  engine_timer_wheel_set (&wheel, &timers[1], 7);
  engine_timer_wheel_clear (&wheel, &timers[2]);
  engine_timer_wheel_clear (&wheel, &timers[2]);
  g_assert_true (engine_timer_wheel_pop (&wheel, 5) == &timers[0]);
  g_assert_null (engine_timer_wheel_pop (&wheel, 5));
  g_assert_true (engine_timer_wheel_next (&wheel, &next));
  g_assert_cmpuint (next, ==, 7);
  engine_timer_wheel_clear (&wheel, &timers[1]);
  g_assert_false (engine_timer_wheel_next (&wheel, &next));
  g_assert_cmpuint (pop_all (&wheel, 100), ==, 0);
}

/* One that is further away than the wheel has slots goes round with it. */
static void
test_beyond_the_slots (void)
{
  static const guint32 dues[] = { 63, 64, 65, 127, 128, 129, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (dues); i++)
    {
      EngineTimerWheel wheel = { 0 };
      EngineTimer timer = { 0 };

      engine_timer_wheel_set (&wheel, &timer, dues[i]);
      for (guint32 tick = 0; tick < dues[i]; tick++)
        {
          guint32 next;

          g_assert_null (engine_timer_wheel_pop (&wheel, tick));
          g_assert_true (engine_timer_wheel_next (&wheel, &next));
          g_assert_cmpuint (next, >, tick);
          g_assert_cmpuint (next, <=, dues[i]);
        }
      g_assert_true (engine_timer_wheel_pop (&wheel, dues[i]) == &timer);
    }
}

static void
test_long_sleep (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timers[300] = { 0 };

  for (guint i = 0; i < 300; i++)
    engine_timer_wheel_set (&wheel, &timers[i], i + 1);
  g_assert_cmpuint (pop_all (&wheel, 250), ==, 250);
  g_assert_cmpuint (pop_all (&wheel, 1000000), ==, 50);
}

static void
test_cleared_while_popping (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timers[4] = { 0 };
  EngineTimer *fired;
  guint32 next;

  for (guint i = 0; i < 4; i++)
    engine_timer_wheel_set (&wheel, &timers[i], 2);
  fired = engine_timer_wheel_pop (&wheel, 2);
  g_assert_nonnull (fired);
  /* Those that have not been taken out yet are due now. */
  g_assert_true (engine_timer_wheel_next (&wheel, &next));
  g_assert_cmpuint (next, ==, 2);
  for (guint i = 0; i < 4; i++)
    engine_timer_wheel_clear (&wheel, &timers[i]);
  g_assert_null (engine_timer_wheel_pop (&wheel, 2));
  g_assert_false (engine_timer_wheel_next (&wheel, &next));
}

static void
test_set_while_popping (void)
{
  EngineTimerWheel wheel = { 0 };
  EngineTimer timers[4] = { 0 };
  guint fired = 0;
  EngineTimer *timer;

  for (guint i = 0; i < 4; i++)
    engine_timer_wheel_set (&wheel, &timers[i], 2);
  for (; (timer = engine_timer_wheel_pop (&wheel, 2)) != NULL; fired++)
    {
      engine_timer_wheel_set (&wheel, timer, 0);
      g_assert_cmpuint (timer->due, ==, 3);
    }
  g_assert_cmpuint (fired, ==, 4);
  g_assert_cmpuint (pop_all (&wheel, 3), ==, 4);
}

/* --- against a naive oracle */

#define ORACLE_TIMERS 40

typedef struct {
  EngineTimerWheel wheel;
  EngineTimer timers[ORACLE_TIMERS];
  gboolean set[ORACLE_TIMERS];
  guint32 due[ORACLE_TIMERS];
  guint32 now;
} Oracle;

static void
oracle_set (Oracle *oracle, guint index)
{
  gint32 ahead = g_test_rand_int_range (-3, g_test_rand_bit () ? 10 : 200);
  guint32 due = oracle->now + (guint32) ahead;

  engine_timer_wheel_set (&oracle->wheel, &oracle->timers[index], due);
  oracle->set[index] = TRUE;
  oracle->due[index] = ahead > 0 ? due : oracle->now + 1;
}

static void
oracle_clear (Oracle *oracle, guint index)
{
  engine_timer_wheel_clear (&oracle->wheel, &oracle->timers[index]);
  oracle->set[index] = FALSE;
}

static void
oracle_change_some (Oracle *oracle, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      guint index = (guint) g_test_rand_int_range (0, ORACLE_TIMERS);

      if (g_test_rand_int_range (0, 3) == 0)
        oracle_clear (oracle, index);
      else
        oracle_set (oracle, index);
    }
}

static void
oracle_check_next (Oracle *oracle)
{
  guint32 least = G_MAXUINT32;
  guint32 next;

  for (guint i = 0; i < ORACLE_TIMERS; i++)
    if (oracle->set[i])
      least = MIN (least, (oracle->due[i] - oracle->now - 1) % ENGINE_TIMER_WHEEL_SLOTS);

  if (least == G_MAXUINT32)
    g_assert_false (engine_timer_wheel_next (&oracle->wheel, &next));
  else
    {
      g_assert_true (engine_timer_wheel_next (&oracle->wheel, &next));
      g_assert_cmpuint (next, ==, oracle->now + 1 + least);
    }
}

static void
oracle_advance (Oracle *oracle, guint32 ticks)
{
  EngineTimer *timer;

  oracle->now += ticks;
  while ((timer = engine_timer_wheel_pop (&oracle->wheel, oracle->now)) != NULL)
    {
      guint index = (guint) (timer - oracle->timers);

      g_assert_true (oracle->set[index]);
      g_assert_cmpint ((gint32) (oracle->due[index] - oracle->now), <=, 0);
      oracle->set[index] = FALSE;
      oracle_change_some (oracle, (guint) g_test_rand_int_range (0, 2));
    }
  for (guint i = 0; i < ORACLE_TIMERS; i++)
    {
      g_assert_cmpint (engine_timer_is_set (&oracle->timers[i]), ==, oracle->set[i]);
      if (oracle->set[i])
        g_assert_cmpint ((gint32) (oracle->due[i] - oracle->now), >, 0);
    }
}

/* The ticks begin shortly before they wrap around. */
static void
test_oracle (void)
{
  for (guint round = 0; round < 100; round++)
    {
      g_autofree Oracle *oracle = g_new0 (Oracle, 1);

      oracle->now = round % 2 == 0 ? 0 : G_MAXUINT32 - 150;
      oracle->wheel.now = oracle->now;
      for (guint step = 0; step < 200; step++)
        {
          oracle_change_some (oracle, 5);
          oracle_check_next (oracle);
          oracle_advance (oracle, (guint32) g_test_rand_int_range (0, g_test_rand_int_range (0, 20) == 0 ? 500 : 4));
          oracle_check_next (oracle);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/wheel/fires-once", test_fires_once);
  g_test_add_func ("/engine/wheel/past-becomes-next", test_past_becomes_next);
  g_test_add_func ("/engine/wheel/moved-and-cleared", test_moved_and_cleared);
  g_test_add_func ("/engine/wheel/beyond-the-slots", test_beyond_the_slots);
  g_test_add_func ("/engine/wheel/long-sleep", test_long_sleep);
  g_test_add_func ("/engine/wheel/cleared-while-popping", test_cleared_while_popping);
  g_test_add_func ("/engine/wheel/set-while-popping", test_set_while_popping);
  g_test_add_func ("/engine/wheel/oracle", test_oracle);

  return g_test_run ();
}
