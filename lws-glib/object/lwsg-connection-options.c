/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-home-private.h"

#include "engine/websocket/deflate-private.h"

/* What a program may choose for one connection: how much waits for a slow peer, what becomes of
 * the rest, and whether messages are compressed. */

/**
 * lwsg_connection_get_max_buffered_amount:
 * @self: a connection
 *
 * Gets #LwsgConnection:max-buffered-amount.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
gsize
lwsg_connection_get_max_buffered_amount (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->max_buffered;
}

/**
 * lwsg_connection_set_max_buffered_amount:
 * @self: a connection
 * @bytes: the number of bytes
 *
 * Sets #LwsgConnection:max-buffered-amount.
 *
 * Since: 1.0
 */
void
lwsg_connection_set_max_buffered_amount (LwsgConnection *self, gsize bytes)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->max_buffered == bytes)
    return;
  self->max_buffered = bytes;
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_MAX_BUFFERED_AMOUNT);
}

/**
 * lwsg_connection_get_slow_consumer_policy:
 * @self: a connection
 *
 * Gets #LwsgConnection:slow-consumer-policy.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
LwsgSlowConsumerPolicy
lwsg_connection_get_slow_consumer_policy (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), LWSG_SLOW_CONSUMER_CLOSE);
  lwsg_return_val_if_elsewhere (self->home, LWSG_SLOW_CONSUMER_CLOSE);

  return self->policy;
}

/**
 * lwsg_connection_set_slow_consumer_policy:
 * @self: a connection
 * @policy: the policy
 *
 * Sets #LwsgConnection:slow-consumer-policy.
 *
 * Since: 1.0
 */
void
lwsg_connection_set_slow_consumer_policy (LwsgConnection *self, LwsgSlowConsumerPolicy policy)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  g_return_if_fail (policy <= LWSG_SLOW_CONSUMER_DROP_NEWEST);
  lwsg_return_if_elsewhere (self->home);

  if (self->policy == policy)
    return;
  self->policy = policy;
  /* What is to be dropped must not be what others refer to. */
  if (self->engine != NULL && self->engine->deflate != NULL)
    engine_deflate_set_independent (self->engine, policy == LWSG_SLOW_CONSUMER_DROP_OLDEST);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_SLOW_CONSUMER_POLICY);
}

/**
 * lwsg_connection_get_compress:
 * @self: a connection
 *
 * Gets #LwsgConnection:compress.
 *
 * Returns: %FALSE if messages are sent as they are
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_get_compress (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  return self->compress;
}

/**
 * lwsg_connection_set_compress:
 * @self: a connection
 * @compress: whether messages may be compressed
 *
 * Sets #LwsgConnection:compress, for the messages that are sent from now on by the context's
 * thread; it may be turned off for a single one. Pictures and archives are compressed already,
 * and to try costs time. Nor should a secret be compressed together with text that somebody
 * else chose, who could guess it from the length (RFC 7692 section 8).
 *
 * Without compression, see #LwsgConnection:extensions, it changes nothing.
 *
 * Since: 1.0
 */
void
lwsg_connection_set_compress (LwsgConnection *self, gboolean compress)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->compress == !!compress)
    return;
  self->compress = !!compress;
  if (self->engine != NULL && self->engine->deflate != NULL)
    self->engine->deflate->off = !compress;
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_COMPRESS);
}
