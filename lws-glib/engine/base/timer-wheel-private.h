/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* A timer wheel with slots of one tick. Setting and clearing a timer is a few
 * stores, whatever the number of timers; they fire up to one tick late. */

#define ENGINE_TIMER_WHEEL_SLOTS 64    /* the bits of the mask of slots in use */

typedef struct _EngineTimer EngineTimer;
struct _EngineTimer {
  EngineTimer *next;
  EngineTimer **link;           /* what points to this timer; NULL while it isn't set */
  guint32 due;
  guint32 kind;                 /* for the owner: what this timer is part of */
};

typedef struct {
  EngineTimer *slots[ENGINE_TIMER_WHEEL_SLOTS];
  EngineTimer *expiring;        /* of the slots that were passed */
  guint64 used;                 /* a bit for each slot that has timers */
  guint32 now;                  /* the last tick that was passed */
} EngineTimerWheel;

/* Sets the timer, or moves it, to the tick @due; one that has passed becomes the next. */
void engine_timer_wheel_set (EngineTimerWheel *wheel, EngineTimer *timer, guint32 due);
void engine_timer_wheel_clear (EngineTimerWheel *wheel, EngineTimer *timer);

static inline gboolean
engine_timer_is_set (const EngineTimer *timer)
{
  return timer->link != NULL;
}

/* May there be a timer that is due at @tick? */
gboolean engine_timer_wheel_is_due (EngineTimerWheel *wheel, guint32 tick);

/* Takes a timer that is due at @tick, or NULL. To be called until it is NULL; the
 * timers may be set again meanwhile. */
EngineTimer *engine_timer_wheel_pop (EngineTimerWheel *wheel, guint32 tick);

/* The tick at which the wheel wants to be looked at; FALSE if no timer is set. */
gboolean engine_timer_wheel_next (const EngineTimerWheel *wheel, guint32 *tick);
