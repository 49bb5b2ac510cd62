/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

#include "lwsg-home-private.h"

/**
 * LwsgContext:priority:
 *
 * The priority of the context's #GSource in the main loop: %G_PRIORITY_DEFAULT by default.
 *
 * A flood of messages does not starve what has a lower priority. When the context has
 * worked for #LwsgContext:dispatch-budget without a break, everything up to the priority of GTK's
 * drawing (120) that is ready runs before it goes on, and every fourth time all that is
 * ready, down to %G_PRIORITY_LOW; it waits for four iterations of the main loop at the longest.
 *
 * With a priority above the default, which is a negative number, it goes before others and
 * waits for none of them.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_priority:
 * @self: a context
 *
 * Gets #LwsgContext:priority.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
int
lwsg_context_get_priority (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), G_PRIORITY_DEFAULT);
  lwsg_return_val_if_elsewhere (self->home, G_PRIORITY_DEFAULT);

  return self->priority;
}

/**
 * lwsg_context_set_priority:
 * @self: a context
 * @priority: the priority, such as %G_PRIORITY_DEFAULT or %G_PRIORITY_DEFAULT_IDLE
 *
 * Sets #LwsgContext:priority.
 *
 * Since: 1.0
 */
void
lwsg_context_set_priority (LwsgContext *self, int priority)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->priority == priority)
    return;
  self->priority = priority;
  if (self->source != NULL)
    g_source_set_priority (self->source, priority);
  g_object_notify (G_OBJECT (self), "priority");
}
