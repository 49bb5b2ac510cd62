/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/scope-private.h"

#include "engine/base/budget-private.h"
#include "engine/connection/announce-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/write-private.h"
#include "engine/output/frame-cache-private.h"

/* Whose a context is, and what holds it: whatever is on the stack. */

gboolean
engine_context_is_ours (EngineContext *context)
{
  return context->shared != NULL && !engine_context_is_copy (context) &&
         g_atomic_int_get (&context->shared->service_pid) == context->pid;
}

void
engine_context_hold (EngineContext *context)
{
  if (context->depth++ == 0)
    context->tick = engine_context_tick (context);
}

gboolean
engine_context_release (EngineContext *context)
{
  if (context->depth > 1)
    {
      context->depth--;
      return !context->destroyed;
    }

  /* Still held: who is told of a release may do anything, too. An iteration has done so in its time. */
  if (context->budget == NULL)
    engine_context_free_dead (context);
  while (context->destroyed && context->dead.count > 0)
    engine_context_free_dead (context);
  if (context->destroyed)
    {
      context->hooks->free_context (context);
      return FALSE;
    }

  if (context->budget == NULL)
    engine_context_flush (context);
  engine_frame_cache_restart (&context->frame_cache);
  context->budget = NULL;
  context->depth--;

  return TRUE;
}

gboolean
engine_context_has_time (EngineContext *context)
{
  return context->destroyed || (!engine_context_is_copy (context) &&
                                (context->budget == NULL || engine_budget_goes_on (context->budget)));
}
