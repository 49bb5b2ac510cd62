/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"
#include "lwsg-home-private.h"

#include "engine/connection/memory-private.h"

/* The memory that the peers of a context make it hold. */

/**
 * LwsgContext:max-memory:
 *
 * How many bytes the peers of this context may make it hold, all together. 0 is no limit; to
 * begin with it is a quarter of the memory that the process can have, which the machine, its
 * control group and RLIMIT_AS decide. Messages count that are not
 * whole or that nobody has taken yet, output that waits for slow readers, and what
 * compression needs; what was handed to the program is the program's own, and the state of TLS
 * is not counted.
 *
 * When it is exceeded the connections that hold the most are ended, until an eighth of it is
 * free again: with %LWSG_CLOSE_TOO_BIG where it was for the messages of a peer, with
 * %LWSG_CLOSE_TRY_AGAIN_LATER where it was for messages to it. What waits on those connections
 * is dropped.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_memory:
 * @self: a context
 *
 * Gets #LwsgContext:max-memory.
 *
 * Returns: a number of bytes, 0 for no limit
 *
 * Since: 1.0
 */
guint64
lwsg_context_get_max_memory (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->max_memory;
}

/**
 * lwsg_context_set_max_memory:
 * @self: a context
 * @bytes: a number of bytes, 0 for no limit
 *
 * Sets #LwsgContext:max-memory. If more is held already, connections end in the next iteration of
 * the main loop.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_memory (LwsgContext *self, guint64 bytes)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->max_memory == bytes)
    return;

  self->max_memory = bytes;
  if (self->engine != NULL)
    engine_memory_set_limit (&self->engine->memory, bytes > 0 ? (gsize) MIN (bytes, G_MAXSIZE) : G_MAXSIZE);
  g_object_notify (G_OBJECT (self), "max-memory");
}

/**
 * lwsg_context_get_memory_used:
 * @self: a context
 *
 * Tells how many bytes the peers of the context make it hold now, counted as for
 * #LwsgContext:max-memory: for statistics, and to see a limit come near.
 *
 * Returns: a number of bytes, 0 after lwsg_context_close()
 *
 * Since: 1.0
 */
guint64
lwsg_context_get_memory_used (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->engine != NULL ? self->engine->memory.used : 0;
}
