/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

#include "lwsg-context-limits-private.h"

/* How long a context waits for its peers, and how long the main loop belongs to it. */

/**
 * LwsgContext:handshake-timeout:
 *
 * How long the opening handshake may take, in seconds: 10 by default. A server answers
 * with 408 then, a client fails with %LWSG_ERROR_TIMED_OUT.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_handshake_timeout:
 * @self: a context
 *
 * Gets #LwsgContext:handshake-timeout.
 *
 * Returns: a number of seconds
 *
 * Since: 1.0
 */
guint
lwsg_context_get_handshake_timeout (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->handshake_ticks;
}

/**
 * lwsg_context_set_handshake_timeout:
 * @self: a context
 * @seconds: a number of seconds
 *
 * Sets #LwsgContext:handshake-timeout.
 *
 * Since: 1.0
 */
void
lwsg_context_set_handshake_timeout (LwsgContext *self, guint seconds)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (seconds >= 1 && seconds <= G_MAXINT);
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->handshake_ticks, seconds, "handshake-timeout");
}

/**
 * LwsgContext:close-timeout:
 *
 * How long the peer's Close is waited for, in seconds: 5 by default. Then the connection
 * ends with %LWSG_CLOSE_ABNORMAL.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_close_timeout:
 * @self: a context
 *
 * Gets #LwsgContext:close-timeout.
 *
 * Returns: a number of seconds
 *
 * Since: 1.0
 */
guint
lwsg_context_get_close_timeout (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->close_ticks;
}

/**
 * lwsg_context_set_close_timeout:
 * @self: a context
 * @seconds: a number of seconds
 *
 * Sets #LwsgContext:close-timeout.
 *
 * Since: 1.0
 */
void
lwsg_context_set_close_timeout (LwsgContext *self, guint seconds)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (seconds >= 1 && seconds <= G_MAXINT);
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->close_ticks, seconds, "close-timeout");
}

/**
 * LwsgContext:ping-interval:
 *
 * After how much silence a peer is sent a Ping, in seconds: 30 by default, 0 for never. It may be
 * sent up to one second before that, and while a peer does nothing but answer there is one in each
 * interval, whatever #LwsgContext:pong-timeout is.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_ping_interval:
 * @self: a context
 *
 * Gets #LwsgContext:ping-interval.
 *
 * Returns: a number of seconds, 0 for never
 *
 * Since: 1.0
 */
guint
lwsg_context_get_ping_interval (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->ping_ticks;
}

/**
 * lwsg_context_set_ping_interval:
 * @self: a context
 * @seconds: a number of seconds, 0 for never
 *
 * Sets #LwsgContext:ping-interval.
 *
 * Since: 1.0
 */
void
lwsg_context_set_ping_interval (LwsgContext *self, guint seconds)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (seconds <= G_MAXINT);
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->ping_ticks, seconds, "ping-interval");
}

/**
 * LwsgContext:pong-timeout:
 *
 * How long any sign of life is waited for after that Ping, in seconds: 20 by default. Then
 * the connection ends with %LWSG_CLOSE_ABNORMAL.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_pong_timeout:
 * @self: a context
 *
 * Gets #LwsgContext:pong-timeout.
 *
 * Returns: a number of seconds
 *
 * Since: 1.0
 */
guint
lwsg_context_get_pong_timeout (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->pong_ticks;
}

/**
 * lwsg_context_set_pong_timeout:
 * @self: a context
 * @seconds: a number of seconds
 *
 * Sets #LwsgContext:pong-timeout.
 *
 * Since: 1.0
 */
void
lwsg_context_set_pong_timeout (LwsgContext *self, guint seconds)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (seconds >= 1 && seconds <= G_MAXINT);
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->pong_ticks, seconds, "pong-timeout");
}

/**
 * LwsgContext:dispatch-budget:
 *
 * How long one dispatch in the main loop shall take at most, in microseconds: 4000 by
 * default, a quarter of a frame at 60 Hz. What is left then is done in the next one.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_dispatch_budget:
 * @self: a context
 *
 * Gets #LwsgContext:dispatch-budget.
 *
 * Returns: a number of microseconds
 *
 * Since: 1.0
 */
guint
lwsg_context_get_dispatch_budget (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->iteration_microseconds;
}

/**
 * lwsg_context_set_dispatch_budget:
 * @self: a context
 * @microseconds: a number of microseconds
 *
 * Sets #LwsgContext:dispatch-budget.
 *
 * Since: 1.0
 */
void
lwsg_context_set_dispatch_budget (LwsgContext *self, guint microseconds)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (microseconds >= 1);
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->iteration_microseconds, microseconds, "dispatch-budget");
}
