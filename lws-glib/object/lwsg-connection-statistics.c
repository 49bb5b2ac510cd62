/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-private.h"

/* What a connection has done, and how fast its peer answers. */

/**
 * LwsgConnection:dropped-messages:
 *
 * How many messages #LwsgConnection:slow-consumer-policy has dropped.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_dropped_messages:
 * @self: a connection
 *
 * Gets #LwsgConnection:dropped-messages.
 *
 * Returns: the number of messages
 *
 * Since: 1.0
 */
guint
lwsg_connection_get_dropped_messages (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->dropped;
}

/**
 * LwsgConnection:round-trip-time:
 *
 * What lwsg_connection_ping_async() measured last, in microseconds; -1 before.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_round_trip_time:
 * @self: a connection
 *
 * Gets #LwsgConnection:round-trip-time.
 *
 * Returns: a number of microseconds, -1 before it was measured
 *
 * Since: 1.0
 */
gint64
lwsg_connection_get_round_trip_time (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), -1);
  lwsg_return_val_if_elsewhere (self->home, -1);

  return self->round_trip;
}

/**
 * LwsgConnection:messages-sent:
 *
 * How many messages were sent or queued.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_messages_sent:
 * @self: a connection
 *
 * Gets #LwsgConnection:messages-sent.
 *
 * Returns: the number of messages
 *
 * Since: 1.0
 */
guint64
lwsg_connection_get_messages_sent (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->messages_sent;
}

/**
 * LwsgConnection:messages-received:
 *
 * How many whole messages came.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_messages_received:
 * @self: a connection
 *
 * Gets #LwsgConnection:messages-received.
 *
 * Returns: the number of messages
 *
 * Since: 1.0
 */
guint64
lwsg_connection_get_messages_received (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->messages_received;
}

/**
 * LwsgConnection:bytes-sent:
 *
 * The payload of all messages sent, in bytes.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_bytes_sent:
 * @self: a connection
 *
 * Gets #LwsgConnection:bytes-sent.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint64
lwsg_connection_get_bytes_sent (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->bytes_sent;
}

/**
 * LwsgConnection:bytes-received:
 *
 * The payload of all messages received, in bytes.
 *
 * Since: 1.0
 */

/**
 * lwsg_connection_get_bytes_received:
 * @self: a connection
 *
 * Gets #LwsgConnection:bytes-received.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint64
lwsg_connection_get_bytes_received (LwsgConnection *self)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->bytes_received;
}
