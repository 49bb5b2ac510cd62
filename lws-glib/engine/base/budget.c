/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/budget-private.h"

#include <time.h>

/* Where pieces of work are short, so many of them share one look at the precise clock. */
#define BUDGET_STRIDE_MAX 16

/* If those between two looks took longer than this, the next ones are looked at one by one: a look costs some
 * 30 ns. */
#define BUDGET_STRIDE_MICROSECONDS 20

/* The time of the kernel's last tick, one to ten milliseconds ago. It costs a fifth of the precise
 * time, and tells of the one long piece of work that comes after many short ones. */
static gint64
budget_coarse_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC_COARSE, &time);

  return (gint64) time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

void
engine_budget_start (EngineBudget *budget, gint64 now, guint microseconds)
{
  *budget = (EngineBudget){
    .end = now + microseconds, .looked = now, .coarse = budget_coarse_time (), .stride = 1, .left = 1,
  };
}

static void
budget_look (EngineBudget *budget, gint64 coarse)
{
  gint64 now = g_get_monotonic_time ();

  budget->over = now >= budget->end;
  budget->stride = now - budget->looked > BUDGET_STRIDE_MICROSECONDS ? 1 : MIN (budget->stride * 2, BUDGET_STRIDE_MAX);
  budget->left = budget->stride;
  budget->looked = now;
  budget->coarse = coarse;
}

gboolean
engine_budget_goes_on (EngineBudget *budget)
{
  if (!budget->over && budget->granted > 0)
    {
      gint64 coarse = budget_coarse_time ();

      if (--budget->left == 0 || coarse != budget->coarse)
        budget_look (budget, coarse);
    }
  if (!budget->over)
    budget->granted++;

  return !budget->over;
}
