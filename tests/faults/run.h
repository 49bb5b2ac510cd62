/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fault.h"

/* What a scenario did under a fault; shared with the processes that it forks. */
typedef struct {
  gboolean done;                /* all that it set out to do */
  gboolean loop;                /* there is one, and it goes on */
  gboolean over;                /* what is told from now on doesn't count: it is the end */
  guint reports;                /* failures that the API told of */
  gint64 told;                  /* when it was first seen that a failure was told */
} Run;

/* There is one at a time. */
Run *run_new (void);

typedef void (*ScenarioFunc) (Run *run);

typedef struct {
  const char *name;
  ScenarioFunc func;
} Scenario;

/* One iteration of the loop of a scenario. FALSE: it has ended. */
typedef gboolean (*RunTurn) (gpointer data);

/* Nothing takes that long, unless it neither comes nor fails. */
#define RUN_PATIENCE (60 * G_USEC_PER_SEC)

/* How long a loop rests in one iteration at most. */
#define RUN_TURN_MS 10

/* Under a fault the wheel of time iterations faster than in life, and quickly comes to what
 * limits it; without one no deadline shall be missed. */
#define RUN_TICK_MICROSECONDS 4000
gint64 run_get_tick (void);

/* Has iterations until @condition holds or the loop ends. */
#define RUN_UNTIL(run, iteration, data, condition)                                                                      \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    gint64 run_end_ = g_get_monotonic_time () + RUN_PATIENCE;                                                      \
                                                                                                                   \
    while ((run)->loop && !(condition))                                                                            \
      run_turn ((run), (iteration), (data), run_end_, #condition);                                                      \
  }                                                                                                                \
  G_STMT_END

void run_turn (Run *run, RunTurn iteration, gpointer data, gint64 end, const char *condition);

/* The API told that something failed. */
void run_report (Run *run);

/* The same for an error, which it takes. FALSE: there was none. */
gboolean run_report_error (Run *run, GError *error);

/* Was a failure told, by the API or in the log? */
gboolean run_is_told (Run *run);

/* ... some time ago, so that nothing more is to be expected? */
gboolean run_gives_up (Run *run);

/* At the end of a scenario whose loop goes on: while the failure lasts there must be no
 * iteration after iteration for nothing; after it a new client must be served. */
void run_check_rest (Run *run, RunTurn iteration, gpointer data);
void run_check_serving (Run *run, RunTurn iteration, gpointer data, guint16 port);
