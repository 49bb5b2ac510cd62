/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "run.h"

#include "visitor.h"

/* In such a time a loop that has nothing to do but its timers iterations a few times; one that
 * does not rest comes to thousands. */
#define REST_MICROSECONDS (5 * RUN_TICK_MICROSECONDS)
#define REST_TURNS 100

Run *
run_new (void)
{
  static Run *run;

  if (run == NULL)
    run = fault_free_share (sizeof *run);
  *run = (Run){ 0 };

  return run;
}

void
run_turn (Run *run, RunTurn iteration, gpointer data, gint64 end, const char *condition)
{
  if (g_get_monotonic_time () > end)
    g_error ("Nothing came, and nothing failed: %s. Last message: %s", condition, fault_get_last_message ());

  run->loop = iteration (data);
}

void
run_report (Run *run)
{
  run->reports += !run->over;
}

gboolean
run_report_error (Run *run, GError *error)
{
  if (error == NULL)
    return FALSE;

  run_report (run);
  g_error_free (error);

  return TRUE;
}

gint64
run_get_tick (void)
{
  return fault_is_set () ? RUN_TICK_MICROSECONDS : G_USEC_PER_SEC;
}

gboolean
run_is_told (Run *run)
{
  return run->reports + fault_get_messages () > 0;
}

gboolean
run_gives_up (Run *run)
{
  if (run->told == 0 && run_is_told (run))
    run->told = g_get_monotonic_time ();

  return run->told > 0 && g_get_monotonic_time () - run->told > REST_MICROSECONDS;
}

void
run_check_rest (Run *run, RunTurn iteration, gpointer data)
{
  gint64 end = g_get_monotonic_time () + REST_MICROSECONDS;
  guint before = fault_get_turns ();

  while (run->loop && g_get_monotonic_time () < end)
    run->loop = iteration (data);
  g_assert_cmpuint (fault_get_turns () - before, <, REST_TURNS);
}

void
run_check_serving (Run *run, RunTurn iteration, gpointer data, guint16 port)
{
  g_autoptr (Visitor) visitor = visitor_new_echo (port);

  /* The deadlines are short here: on a slow machine one may be missed. */
  RUN_UNTIL (run, iteration, data, ({
               if (visitor_step (visitor) == VISITOR_LOST)
                 {
                   visitor_free (visitor);
                   visitor = visitor_new_echo (port);
                 }
               visitor_step (visitor) == VISITOR_SERVED;
             }));
}
