/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/clock-private.h"

#include "engine/base/timer-wheel-private.h"
#include "engine/connection/context-private.h"

/* The time of a context, in ticks since it was made. */

guint32
engine_context_tick (EngineContext *context)
{
  return (guint32) ((g_get_monotonic_time () - context->wheel_start) / context->tick_microseconds);
}

guint32
engine_context_now (EngineContext *context)
{
  return context->depth > 0 ? context->tick : engine_context_tick (context);
}

void
engine_context_set_timer (EngineContext *context, EngineTimer *timer, guint ticks)
{
  /* The tick under way has begun already: one more, so as never to be early. What lies
   * half the range ahead would be taken for the past. */
  engine_timer_wheel_set (&context->wheel, timer, engine_context_now (context) + MIN (ticks, G_MAXINT32 / 2) + 1);
}
