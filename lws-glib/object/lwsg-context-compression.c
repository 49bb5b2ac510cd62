/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-compression-private.h"

#include "lwsg-context-private.h"

#include "engine/base/limits-private.h"

/* The properties for compression, RFC 7692. They hold for connections that open later. */

/* Where a small number is kept. */
static guint8 *
compression_number (LwsgContext *self, guint property)
{
  switch (property)
    {
    case LWSG_CONTEXT_PROP_COMPRESSION_LEVEL:
      return &self->compression.level;
    case LWSG_CONTEXT_PROP_COMPRESSION_MEMORY_LEVEL:
      return &self->compression.memory_level;
    case LWSG_CONTEXT_PROP_COMPRESSION_WINDOW_BITS:
      return &self->compression.window_bits;
    default:
      return NULL;
    }
}

/* Where a switch is kept. */
static gboolean *
compression_switch (LwsgContext *self, guint property)
{
  switch (property)
    {
    case LWSG_CONTEXT_PROP_COMPRESSION:
      return &self->compression.enabled;
    case LWSG_CONTEXT_PROP_COMPRESSION_TAKEOVER:
      return &self->compression.takeover;
    default:
      return NULL;
    }
}

gboolean
lwsg_context_get_compression (LwsgContext *self, guint property, GValue *value)
{
  const guint8 *number = compression_number (self, property);
  const gboolean *on = compression_switch (self, property);

  if (number != NULL)
    g_value_set_uint (value, *number);
  else if (on != NULL)
    g_value_set_boolean (value, *on);
  else if (property == LWSG_CONTEXT_PROP_COMPRESSION_THRESHOLD)
    g_value_set_uint (value, self->compression.threshold);
  else
    return FALSE;

  return TRUE;
}

static gboolean
compression_set (LwsgContext *self, guint property, const GValue *value)
{
  const WireDeflateSettings before = self->compression;
  guint8 *number = compression_number (self, property);
  gboolean *on = compression_switch (self, property);

  if (number != NULL)
    *number = (guint8) g_value_get_uint (value);
  else if (on != NULL)
    *on = g_value_get_boolean (value) != FALSE;
  else
    self->compression.threshold = g_value_get_uint (value);

  return before.enabled != self->compression.enabled || before.takeover != self->compression.takeover ||
         before.level != self->compression.level || before.memory_level != self->compression.memory_level ||
         before.window_bits != self->compression.window_bits || before.threshold != self->compression.threshold;
}

gboolean
lwsg_context_set_compression (LwsgContext *self, guint property, const GValue *value, GParamSpec *pspec)
{
  if (property < LWSG_CONTEXT_PROP_COMPRESSION || property > LWSG_CONTEXT_PROP_COMPRESSION_WINDOW_BITS)
    return FALSE;

  if (compression_set (self, property, value))
    {
      if (self->engine != NULL)
        self->engine->deflate = self->compression;
      g_object_notify_by_pspec (G_OBJECT (self), pspec);
    }

  return TRUE;
}

static void
install_switches (GObjectClass *object_class, GParamFlags flags)
{
  /**
   * LwsgContext:compression:
   *
   * Whether messages are compressed, both ways, where the peer agrees (permessage-deflate,
   * RFC 7692): servers accept it from clients that offer it, clients offer it. On by default.
   * Holds for connections that open later. See also lwsg_connection_set_compress().
   *
   * Since: 1.0
   */
  g_object_class_install_property (object_class, LWSG_CONTEXT_PROP_COMPRESSION,
                                   g_param_spec_boolean ("compression", NULL, NULL, TRUE, flags));

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
  g_object_class_install_property (object_class, LWSG_CONTEXT_PROP_COMPRESSION_TAKEOVER,
                                   g_param_spec_boolean ("compression-takeover", NULL, NULL, TRUE, flags));
}

static void
install_numbers (GObjectClass *object_class, GParamFlags flags)
{
  /**
   * LwsgContext:compression-level:
   *
   * How much time to spend on compression, from 1, the fastest and the default, to 9. Holds
   * for connections that open later.
   *
   * Since: 1.0
   */
  g_object_class_install_property (
    object_class, LWSG_CONTEXT_PROP_COMPRESSION_LEVEL,
    g_param_spec_uint ("compression-level", NULL, NULL, 1, 9, ENGINE_DEFLATE_LEVEL, flags));

  /**
   * LwsgContext:compression-threshold:
   *
   * Messages of fewer bytes are sent as they are: 256 by default, as what a shorter one could
   * save is less than the headers of the packet that it travels in. Messages that are sent in
   * fragments are compressed whatever their length. Holds for connections that open later.
   *
   * Since: 1.0
   */
  g_object_class_install_property (
    object_class, LWSG_CONTEXT_PROP_COMPRESSION_THRESHOLD,
    g_param_spec_uint ("compression-threshold", NULL, NULL, 0, G_MAXUINT, ENGINE_DEFLATE_THRESHOLD, flags));

  /**
   * LwsgContext:compression-memory-level:
   *
   * How much memory to compress with, from 1 to 9: each step doubles a part of 1 KiB. 5 by
   * default, which is 16 KiB. Holds for connections that open later.
   *
   * Since: 1.0
   */
  g_object_class_install_property (
    object_class, LWSG_CONTEXT_PROP_COMPRESSION_MEMORY_LEVEL,
    g_param_spec_uint ("compression-memory-level", NULL, NULL, 1, 9, ENGINE_DEFLATE_MEMORY_LEVEL, flags));

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
  g_object_class_install_property (
    object_class, LWSG_CONTEXT_PROP_COMPRESSION_WINDOW_BITS,
    g_param_spec_uint ("compression-window-bits", NULL, NULL, WIRE_DEFLATE_BITS_SENDER_MIN, WIRE_DEFLATE_BITS_MAX,
                       ENGINE_DEFLATE_WINDOW_BITS, flags));
}

void
lwsg_context_install_compression (GObjectClass *object_class, GParamFlags flags)
{
  install_switches (object_class, flags);
  install_numbers (object_class, flags);
}
