/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/iteration-private.h"

#include "engine/base/budget-private.h"
#include "engine/connection/context-private.h"

/* What an iteration of the loop may still do. */

gboolean
engine_iteration_goes_on (EngineIteration *iteration)
{
  if (iteration->granted)
    {
      iteration->granted = FALSE;
      return TRUE;
    }

  return iteration->frames > 0 && engine_iteration_has_time (iteration);
}

gboolean
engine_iteration_has_time (EngineIteration *iteration)
{
  /* Who was forked by a callback is in the middle of an iteration of another process. */
  if (G_UNLIKELY (engine_context_is_copy (iteration->context)))
    {
      iteration->budget.over = TRUE;
      return FALSE;
    }

  return !iteration->context->destroyed && engine_budget_goes_on (&iteration->budget);
}

guint8 *
engine_iteration_inflate_buffer (EngineIteration *iteration)
{
  if (iteration->inflated == NULL)
    iteration->inflated = g_steal_pointer (&iteration->context->spare_inflated);
  if (iteration->inflated == NULL)
    iteration->inflated = g_malloc (ENGINE_RECEIVE_PADDING + ENGINE_INFLATE_BUFFER + ENGINE_RECEIVE_END);

  return iteration->inflated + ENGINE_RECEIVE_PADDING;
}
