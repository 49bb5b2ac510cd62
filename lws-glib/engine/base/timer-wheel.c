/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/timer-wheel-private.h"

#define SLOT(tick) ((tick) % ENGINE_TIMER_WHEEL_SLOTS)
#define SLOT_BIT(tick) (G_GUINT64_CONSTANT (1) << SLOT (tick))

static void
timer_insert (EngineTimer **head, EngineTimer *timer)
{
  timer->next = *head;
  if (timer->next != NULL)
    timer->next->link = &timer->next;
  timer->link = head;
  *head = timer;
}

void
engine_timer_wheel_clear (EngineTimerWheel *wheel, EngineTimer *timer)
{
  EngineTimer **head = &wheel->slots[SLOT (timer->due)];

  if (timer->link == NULL)
    return;

  *timer->link = timer->next;
  if (timer->next != NULL)
    timer->next->link = timer->link;
  timer->link = NULL;

  if (*head == NULL)
    wheel->used &= ~SLOT_BIT (timer->due);
}

static void
timer_wheel_insert (EngineTimerWheel *wheel, EngineTimer *timer)
{
  timer_insert (&wheel->slots[SLOT (timer->due)], timer);
  wheel->used |= SLOT_BIT (timer->due);
}

void
engine_timer_wheel_set (EngineTimerWheel *wheel, EngineTimer *timer, guint32 due)
{
  engine_timer_wheel_clear (wheel, timer);
  timer->due = (gint32) (due - wheel->now) > 0 ? due : wheel->now + 1;
  timer_wheel_insert (wheel, timer);
}

/* Collects what stands in the slots up to @tick. After a long sleep each slot is
 * still looked at only once. */
static void
timer_wheel_advance (EngineTimerWheel *wheel, guint32 tick)
{
  guint32 steps = MIN (tick - wheel->now, ENGINE_TIMER_WHEEL_SLOTS);

  for (guint32 i = 1; i <= steps; i++)
    {
      EngineTimer **slot = &wheel->slots[SLOT (tick - steps + i)];

      while (*slot != NULL)
        {
          EngineTimer *timer = *slot;

          *slot = timer->next;
          if (timer->next != NULL)
            timer->next->link = slot;
          timer_insert (&wheel->expiring, timer);
        }
      wheel->used &= ~SLOT_BIT (tick - steps + i);
    }
  wheel->now = tick;
}

gboolean
engine_timer_wheel_is_due (EngineTimerWheel *wheel, guint32 tick)
{
  if (wheel->now != tick)
    timer_wheel_advance (wheel, tick);

  return wheel->expiring != NULL;
}

EngineTimer *
engine_timer_wheel_pop (EngineTimerWheel *wheel, guint32 tick)
{
  if (wheel->now != tick)
    timer_wheel_advance (wheel, tick);

  while (wheel->expiring != NULL)
    {
      EngineTimer *timer = wheel->expiring;

      wheel->expiring = timer->next;
      if (timer->next != NULL)
        timer->next->link = &wheel->expiring;
      timer->link = NULL;

      if ((gint32) (timer->due - tick) <= 0)
        return timer;
      timer_wheel_insert (wheel, timer);
    }

  return NULL;
}

gboolean
engine_timer_wheel_next (const EngineTimerWheel *wheel, guint32 *tick)
{
  guint shift = SLOT (wheel->now + 1);
  guint64 rotated;

  if (wheel->expiring != NULL)
    {
      *tick = wheel->now;
      return TRUE;
    }
  if (wheel->used == 0)
    return FALSE;

  rotated = shift == 0 ? wheel->used : wheel->used >> shift | wheel->used << (ENGINE_TIMER_WHEEL_SLOTS - shift);
  *tick = wheel->now + 1 + (guint) __builtin_ctzll (rotated);
  return TRUE;
}
