/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

/* The properties for compression, RFC 7692. They hold for connections that open later. */

static void
compression_changed (LwsgContext *self, const char *property)
{
  if (self->engine != NULL)
    self->engine->deflate = self->compression;
  g_object_notify (G_OBJECT (self), property);
}

/**
 * LwsgContext:compression:
 *
 * Whether messages are compressed, both ways, where the peer agrees (permessage-deflate,
 * RFC 7692): servers accept it from clients that offer it, clients offer it. On by default.
 * Holds for connections that open later. See also lwsg_connection_set_compress().
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression:
 * @self: a context
 *
 * Gets #LwsgContext:compression.
 *
 * Returns: %TRUE if messages are compressed where the peer agrees
 *
 * Since: 1.0
 */
gboolean
lwsg_context_get_compression (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  return self->compression.enabled;
}

/**
 * lwsg_context_set_compression:
 * @self: a context
 * @compression: whether to compress messages
 *
 * Sets #LwsgContext:compression.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression (LwsgContext *self, gboolean compression)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.enabled == !!compression)
    return;
  self->compression.enabled = !!compression;
  compression_changed (self, "compression");
}

/**
 * LwsgContext:compression-takeover:
 *
 * Whether messages may refer to earlier ones of the same connection: on by default. Small
 * messages that are alike become much smaller that way, and each connection needs memory
 * of its own for it as long as it is in use. Off, that is asked of the peer, too. Holds for
 * connections that open later.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression_takeover:
 * @self: a context
 *
 * Gets #LwsgContext:compression-takeover.
 *
 * Returns: %TRUE if messages may refer to earlier ones
 *
 * Since: 1.0
 */
gboolean
lwsg_context_get_compression_takeover (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  return self->compression.takeover;
}

/**
 * lwsg_context_set_compression_takeover:
 * @self: a context
 * @takeover: whether messages may refer to earlier ones
 *
 * Sets #LwsgContext:compression-takeover.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression_takeover (LwsgContext *self, gboolean takeover)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.takeover == !!takeover)
    return;
  self->compression.takeover = !!takeover;
  compression_changed (self, "compression-takeover");
}

/**
 * LwsgContext:compression-level:
 *
 * How much time to spend on compression, from 1, the fastest and the default, to 9. Holds
 * for connections that open later.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression_level:
 * @self: a context
 *
 * Gets #LwsgContext:compression-level.
 *
 * Returns: the level, 1 to 9
 *
 * Since: 1.0
 */
guint
lwsg_context_get_compression_level (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->compression.level;
}

/**
 * lwsg_context_set_compression_level:
 * @self: a context
 * @level: the level, 1 to 9
 *
 * Sets #LwsgContext:compression-level.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression_level (LwsgContext *self, guint level)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (level >= 1 && level <= 9);
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.level == level)
    return;
  self->compression.level = (guint8) level;
  compression_changed (self, "compression-level");
}

/**
 * LwsgContext:compression-threshold:
 *
 * Messages of fewer bytes are sent as they are: 256 by default, as what a shorter one could
 * save is less than the headers of the packet that it travels in. Messages that are sent in
 * fragments are compressed whatever their length. Holds for connections that open later.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression_threshold:
 * @self: a context
 *
 * Gets #LwsgContext:compression-threshold.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint
lwsg_context_get_compression_threshold (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->compression.threshold;
}

/**
 * lwsg_context_set_compression_threshold:
 * @self: a context
 * @bytes: a number of bytes
 *
 * Sets #LwsgContext:compression-threshold.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression_threshold (LwsgContext *self, guint bytes)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.threshold == bytes)
    return;
  self->compression.threshold = bytes;
  compression_changed (self, "compression-threshold");
}

/**
 * LwsgContext:compression-memory-level:
 *
 * How much memory to compress with, from 1 to 9: each step doubles a part of 1 KiB. 5 by
 * default, which is 16 KiB. Holds for connections that open later.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression_memory_level:
 * @self: a context
 *
 * Gets #LwsgContext:compression-memory-level.
 *
 * Returns: the level, 1 to 9
 *
 * Since: 1.0
 */
guint
lwsg_context_get_compression_memory_level (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->compression.memory_level;
}

/**
 * lwsg_context_set_compression_memory_level:
 * @self: a context
 * @level: the level, 1 to 9
 *
 * Sets #LwsgContext:compression-memory-level.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression_memory_level (LwsgContext *self, guint level)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (level >= 1 && level <= 9);
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.memory_level == level)
    return;
  self->compression.memory_level = (guint8) level;
  compression_changed (self, "compression-memory-level");
}

/**
 * LwsgContext:compression-window-bits:
 *
 * How far back repetitions are looked for, as the logarithm of a number of bytes, from 9 to
 * 15: 12 by default, which is 4 KiB. To compress needs four times as much memory, to
 * decompress once. A peer that can is asked to use no more, either. Holds for connections
 * that open later.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_compression_window_bits:
 * @self: a context
 *
 * Gets #LwsgContext:compression-window-bits.
 *
 * Returns: the logarithm of a number of bytes, 9 to 15
 *
 * Since: 1.0
 */
guint
lwsg_context_get_compression_window_bits (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->compression.window_bits;
}

/**
 * lwsg_context_set_compression_window_bits:
 * @self: a context
 * @bits: the logarithm of a number of bytes, 9 to 15
 *
 * Sets #LwsgContext:compression-window-bits.
 *
 * Since: 1.0
 */
void
lwsg_context_set_compression_window_bits (LwsgContext *self, guint bits)
{
  g_return_if_fail (LWSG_IS_CONTEXT (self));
  g_return_if_fail (bits >= WIRE_DEFLATE_BITS_SENDER_MIN && bits <= WIRE_DEFLATE_BITS_MAX);
  lwsg_return_if_elsewhere (self->home);

  if (self->compression.window_bits == bits)
    return;
  self->compression.window_bits = (guint8) bits;
  compression_changed (self, "compression-window-bits");
}
