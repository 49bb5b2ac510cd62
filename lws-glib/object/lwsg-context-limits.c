/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-limits-private.h"

#include "lwsg-context-private.h"

/* What the peers of a context may do: how large their messages are, how many of them there may be. The
 * engine keeps these numbers, and the context itself before and after it has one. */

EngineLimits *
lwsg_context_get_limits (LwsgContext *self)
{
  return self->engine != NULL ? &self->engine->limits : &self->limits;
}

void
lwsg_context_set_limit (LwsgContext *self, guint *limit, guint value, const char *property)
{
  if (*limit == value)
    return;

  *limit = value;
  g_object_notify (G_OBJECT (self), property);
}

/**
 * LwsgContext:max-message-size:
 *
 * What a message may have, all its fragments together and after decompression, in bytes:
 * 16 MiB by default. A peer that sends more is closed with %LWSG_CLOSE_TOO_BIG. Holds for
 * connections that open later, those with #LwsgConnection:streaming included.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_message_size:
 * @self: a context
 *
 * Gets #LwsgContext:max-message-size.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint
lwsg_context_get_max_message_size (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return (guint) lwsg_context_get_limits (self)->message_limit;
}

/**
 * lwsg_context_set_max_message_size:
 * @self: a context
 * @bytes: a number of bytes
 *
 * Sets #LwsgContext:max-message-size.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_message_size (LwsgContext *self, guint bytes)
{
  EngineLimits *limits;

  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (bytes >= 1);
  lwsg_return_if_elsewhere (self->home);

  limits = lwsg_context_get_limits (self);
  if (limits->message_limit == bytes)
    return;
  limits->message_limit = bytes;
  g_object_notify (G_OBJECT (self), "max-message-size");
}

/**
 * LwsgContext:max-connections:
 *
 * How many connections a server has at most, in all: 65536 by default, 0 for any number. A
 * client that is one too many is turned away without an answer; so is one that would take the
 * last descriptors of the process, which are left to the program.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_connections:
 * @self: a context
 *
 * Gets #LwsgContext:max-connections.
 *
 * Returns: how many connections a server has at most, 0 for any number
 *
 * Since: 1.0
 */
guint
lwsg_context_get_max_connections (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->connections;
}

/**
 * lwsg_context_set_max_connections:
 * @self: a context
 * @connections: how many connections a server has at most, 0 for any number
 *
 * Sets #LwsgContext:max-connections.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_connections (LwsgContext *self, guint connections)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->connections, connections, "max-connections");
}

/**
 * LwsgContext:max-connections-per-peer:
 *
 * How many of them may come from one address: 4096 by default, and a quarter of all
 * as long as that is not changed; 0 for any number. With IPv6
 * a network of 64 bits counts as one address. Unix sockets and the loopback interface are
 * not counted, since a proxy of this machine speaks for many.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_connections_per_peer:
 * @self: a context
 *
 * Gets #LwsgContext:max-connections-per-peer.
 *
 * Returns: how many of them may come from one address, 0 for any number
 *
 * Since: 1.0
 */
guint
lwsg_context_get_max_connections_per_peer (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->connections_per_peer;
}

/**
 * lwsg_context_set_max_connections_per_peer:
 * @self: a context
 * @connections: how many of them may come from one address, 0 for any number
 *
 * Sets #LwsgContext:max-connections-per-peer.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_connections_per_peer (LwsgContext *self, guint connections)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->connections_per_peer, connections, "max-connections-per-peer");
}

/**
 * LwsgContext:max-handshakes:
 *
 * How many of a server's connections may be in their opening handshake, TLS included: 2048 by
 * default, and half of all connections as long as that is not changed; 0 for any number. Where
 * there are more, clients that have said nothing for the longest time have to go, or else
 * others wait in the kernel's backlog.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_handshakes:
 * @self: a context
 *
 * Gets #LwsgContext:max-handshakes.
 *
 * Returns: how many handshakes may be under way, 0 for any number
 *
 * Since: 1.0
 */
guint
lwsg_context_get_max_handshakes (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->handshakes;
}

/**
 * lwsg_context_set_max_handshakes:
 * @self: a context
 * @handshakes: how many handshakes may be under way, 0 for any number
 *
 * Sets #LwsgContext:max-handshakes.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_handshakes (LwsgContext *self, guint handshakes)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->handshakes, handshakes, "max-handshakes");
}

/**
 * LwsgContext:max-handshakes-per-peer:
 *
 * How many of those may come from one address, counted as for
 * #LwsgContext:max-connections-per-peer: 64 by default, and an eighth of those as long
 * as that is not changed; 0 for any number. Where there are more, clients of that address that
 * have said nothing for the longest time have to go, or else others are turned away without an
 * answer.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_max_handshakes_per_peer:
 * @self: a context
 *
 * Gets #LwsgContext:max-handshakes-per-peer.
 *
 * Returns: how many of them may come from one address, 0 for any number
 *
 * Since: 1.0
 */
guint
lwsg_context_get_max_handshakes_per_peer (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return lwsg_context_get_limits (self)->handshakes_per_peer;
}

/**
 * lwsg_context_set_max_handshakes_per_peer:
 * @self: a context
 * @handshakes: how many of them may come from one address, 0 for any number
 *
 * Sets #LwsgContext:max-handshakes-per-peer.
 *
 * Since: 1.0
 */
void
lwsg_context_set_max_handshakes_per_peer (LwsgContext *self, guint handshakes)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  lwsg_context_set_limit (self, &lwsg_context_get_limits (self)->handshakes_per_peer, handshakes, "max-handshakes-per-peer");
}
