/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The time that an iteration may take. Whoever works through a line asks before each piece of work
 * whether there is time for it. The answer is right to about one piece of work, whatever a piece
 * takes, and costs a look at a precise clock only where pieces are so long that nobody
 * notices. */

typedef struct {
  gint64 end;                   /* on the monotonic clock, in microseconds */
  gint64 looked;                /* when the precise clock was looked at last */
  gint64 coarse;                /* ... and what the coarse one said then, in nanoseconds */
  guint stride;                 /* so many questions are answered between two looks */
  guint left;                   /* ... of which these are left */
  guint granted;                /* so many pieces of work were allowed */
  gboolean over;
} EngineBudget;

/* @now is the monotonic time. */
void engine_budget_start (EngineBudget *budget, gint64 now, guint microseconds);

/* Is there time for another piece of work? For the first one always, so that each iteration gets on. */
gboolean engine_budget_goes_on (EngineBudget *budget);
