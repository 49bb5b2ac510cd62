/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-properties-private.h"

#include "lwsg-context-private.h"
#include "lwsg-context-tls-private.h"

/* The properties of the class, and the functions that they stand for. What a property means is said beside
 * its functions. */

enum {
  PROP_0,
  PROP_MAX_MESSAGE_SIZE,
  PROP_HANDSHAKE_TIMEOUT,
  PROP_CLOSE_TIMEOUT,
  PROP_PING_INTERVAL,
  PROP_PONG_TIMEOUT,
  PROP_DISPATCH_BUDGET,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_PEER,
  PROP_MAX_HANDSHAKES,
  PROP_MAX_HANDSHAKES_PER_PEER,
  PROP_COMPRESSION_LEVEL,
  PROP_COMPRESSION_THRESHOLD,
  PROP_COMPRESSION_MEMORY_LEVEL,
  PROP_COMPRESSION_WINDOW_BITS,
  PROP_PRIORITY,
  PROP_PROXY_RESOLVER,
  PROP_ALLOWED_ORIGINS,
  PROP_TLS_CERTIFICATE,
  PROP_TLS_DATABASE,
  PROP_TLS_AUTHENTICATION_MODE,
  PROP_TLS_INTERACTION,
  PROP_COMPRESSION,
  PROP_COMPRESSION_TAKEOVER,
  PROP_MAX_MEMORY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static guint
properties_get_number (LwsgContext *self, guint property)
{
  switch (property)
    {
    case PROP_MAX_MESSAGE_SIZE:
      return lwsg_context_get_max_message_size (self);
    case PROP_HANDSHAKE_TIMEOUT:
      return lwsg_context_get_handshake_timeout (self);
    case PROP_CLOSE_TIMEOUT:
      return lwsg_context_get_close_timeout (self);
    case PROP_PING_INTERVAL:
      return lwsg_context_get_ping_interval (self);
    case PROP_PONG_TIMEOUT:
      return lwsg_context_get_pong_timeout (self);
    case PROP_DISPATCH_BUDGET:
      return lwsg_context_get_dispatch_budget (self);
    case PROP_MAX_CONNECTIONS:
      return lwsg_context_get_max_connections (self);
    case PROP_MAX_CONNECTIONS_PER_PEER:
      return lwsg_context_get_max_connections_per_peer (self);
    case PROP_MAX_HANDSHAKES:
      return lwsg_context_get_max_handshakes (self);
    case PROP_MAX_HANDSHAKES_PER_PEER:
      return lwsg_context_get_max_handshakes_per_peer (self);
    case PROP_COMPRESSION_LEVEL:
      return lwsg_context_get_compression_level (self);
    case PROP_COMPRESSION_THRESHOLD:
      return lwsg_context_get_compression_threshold (self);
    case PROP_COMPRESSION_MEMORY_LEVEL:
      return lwsg_context_get_compression_memory_level (self);
    case PROP_COMPRESSION_WINDOW_BITS:
      return lwsg_context_get_compression_window_bits (self);
    default:
      return 0;
    }
}

static void
properties_set_number (LwsgContext *self, guint property, guint number)
{
  switch (property)
    {
    case PROP_MAX_MESSAGE_SIZE:
      lwsg_context_set_max_message_size (self, number);
      break;
    case PROP_HANDSHAKE_TIMEOUT:
      lwsg_context_set_handshake_timeout (self, number);
      break;
    case PROP_CLOSE_TIMEOUT:
      lwsg_context_set_close_timeout (self, number);
      break;
    case PROP_PING_INTERVAL:
      lwsg_context_set_ping_interval (self, number);
      break;
    case PROP_PONG_TIMEOUT:
      lwsg_context_set_pong_timeout (self, number);
      break;
    case PROP_DISPATCH_BUDGET:
      lwsg_context_set_dispatch_budget (self, number);
      break;
    case PROP_MAX_CONNECTIONS:
      lwsg_context_set_max_connections (self, number);
      break;
    case PROP_MAX_CONNECTIONS_PER_PEER:
      lwsg_context_set_max_connections_per_peer (self, number);
      break;
    case PROP_MAX_HANDSHAKES:
      lwsg_context_set_max_handshakes (self, number);
      break;
    case PROP_MAX_HANDSHAKES_PER_PEER:
      lwsg_context_set_max_handshakes_per_peer (self, number);
      break;
    case PROP_COMPRESSION_LEVEL:
      lwsg_context_set_compression_level (self, number);
      break;
    case PROP_COMPRESSION_THRESHOLD:
      lwsg_context_set_compression_threshold (self, number);
      break;
    case PROP_COMPRESSION_MEMORY_LEVEL:
      lwsg_context_set_compression_memory_level (self, number);
      break;
    case PROP_COMPRESSION_WINDOW_BITS:
      lwsg_context_set_compression_window_bits (self, number);
      break;
    default:
      break;
    }
}

static void
properties_get (GObject *object, guint property, GValue *value, GParamSpec *pspec)
{
  LwsgContext *self = LWSG_CONTEXT (object);

  switch (property)
    {
    case PROP_PRIORITY:
      g_value_set_int (value, lwsg_context_get_priority (self));
      break;
    case PROP_PROXY_RESOLVER:
      g_value_set_object (value, lwsg_context_get_proxy_resolver (self));
      break;
    case PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, lwsg_context_get_allowed_origins (self));
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, lwsg_context_get_tls_certificate (self));
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, lwsg_context_get_tls_database (self));
      break;
    case PROP_TLS_AUTHENTICATION_MODE:
      g_value_set_enum (value, (int) lwsg_context_get_tls_authentication_mode (self));
      break;
    case PROP_TLS_INTERACTION:
      g_value_set_object (value, lwsg_context_get_tls_interaction (self));
      break;
    case PROP_COMPRESSION:
      g_value_set_boolean (value, lwsg_context_get_compression (self));
      break;
    case PROP_COMPRESSION_TAKEOVER:
      g_value_set_boolean (value, lwsg_context_get_compression_takeover (self));
      break;
    case PROP_MAX_MEMORY:
      g_value_set_uint64 (value, lwsg_context_get_max_memory (self));
      break;
    default:
      if (G_IS_PARAM_SPEC_UINT (pspec))
        g_value_set_uint (value, properties_get_number (self, property));
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

static void
properties_set (GObject *object, guint property, const GValue *value, GParamSpec *pspec)
{
  LwsgContext *self = LWSG_CONTEXT (object);

  switch (property)
    {
    case PROP_PRIORITY:
      lwsg_context_set_priority (self, g_value_get_int (value));
      break;
    case PROP_PROXY_RESOLVER:
      lwsg_context_set_proxy_resolver (self, g_value_get_object (value));
      break;
    case PROP_TLS_CERTIFICATE:
      lwsg_context_set_tls_certificate_property (self, g_value_get_object (value));
      break;
    case PROP_TLS_DATABASE:
      lwsg_context_set_tls_database (self, g_value_get_object (value));
      break;
    case PROP_TLS_AUTHENTICATION_MODE:
      lwsg_context_set_tls_authentication_mode (self, (GTlsAuthenticationMode) g_value_get_enum (value));
      break;
    case PROP_TLS_INTERACTION:
      lwsg_context_set_tls_interaction (self, g_value_get_object (value));
      break;
    case PROP_COMPRESSION:
      lwsg_context_set_compression (self, g_value_get_boolean (value));
      break;
    case PROP_COMPRESSION_TAKEOVER:
      lwsg_context_set_compression_takeover (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_MEMORY:
      lwsg_context_set_max_memory (self, g_value_get_uint64 (value));
      break;
    default:
      if (G_IS_PARAM_SPEC_UINT (pspec))
        properties_set_number (self, property, g_value_get_uint (value));
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

static void
install_numbers (GParamFlags flags)
{
  properties[PROP_MAX_MESSAGE_SIZE] = g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXUINT, LWSG_CONTEXT_MAX_MESSAGE_SIZE, flags);
  properties[PROP_HANDSHAKE_TIMEOUT] = g_param_spec_uint ("handshake-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_HANDSHAKE_TICKS, flags);
  properties[PROP_CLOSE_TIMEOUT] = g_param_spec_uint ("close-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_CLOSE_TICKS, flags);
  properties[PROP_PING_INTERVAL] = g_param_spec_uint ("ping-interval", NULL, NULL, 0, G_MAXINT, ENGINE_PING_TICKS, flags);
  properties[PROP_PONG_TIMEOUT] = g_param_spec_uint ("pong-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_PONG_TICKS, flags);
  properties[PROP_DISPATCH_BUDGET] = g_param_spec_uint ("dispatch-budget", NULL, NULL, 1, G_MAXUINT, ENGINE_ITERATION_MICROSECONDS, flags);
  properties[PROP_MAX_CONNECTIONS] = g_param_spec_uint ("max-connections", NULL, NULL, 0, G_MAXUINT, ENGINE_CONNECTIONS, flags);
  properties[PROP_MAX_CONNECTIONS_PER_PEER] = g_param_spec_uint ("max-connections-per-peer", NULL, NULL, 0, G_MAXUINT, ENGINE_CONNECTIONS_PER_PEER, flags);
  properties[PROP_MAX_HANDSHAKES] = g_param_spec_uint ("max-handshakes", NULL, NULL, 0, G_MAXUINT, ENGINE_HANDSHAKES, flags);
  properties[PROP_MAX_HANDSHAKES_PER_PEER] = g_param_spec_uint ("max-handshakes-per-peer", NULL, NULL, 0, G_MAXUINT, ENGINE_HANDSHAKES_PER_PEER, flags);
  properties[PROP_COMPRESSION_LEVEL] = g_param_spec_uint ("compression-level", NULL, NULL, 1, 9, ENGINE_DEFLATE_LEVEL, flags);
  properties[PROP_COMPRESSION_THRESHOLD] = g_param_spec_uint ("compression-threshold", NULL, NULL, 0, G_MAXUINT, ENGINE_DEFLATE_THRESHOLD, flags);
  properties[PROP_COMPRESSION_MEMORY_LEVEL] = g_param_spec_uint ("compression-memory-level", NULL, NULL, 1, 9, ENGINE_DEFLATE_MEMORY_LEVEL, flags);
  properties[PROP_COMPRESSION_WINDOW_BITS] = g_param_spec_uint ("compression-window-bits", NULL, NULL, WIRE_DEFLATE_BITS_SENDER_MIN, WIRE_DEFLATE_BITS_MAX, ENGINE_DEFLATE_WINDOW_BITS, flags);
}

static void
install_others (GParamFlags flags)
{
  properties[PROP_PRIORITY] = g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT, flags);
  properties[PROP_PROXY_RESOLVER] = g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, flags);
  properties[PROP_ALLOWED_ORIGINS] = g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_TLS_CERTIFICATE] = g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  properties[PROP_TLS_DATABASE] = g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, flags);
  properties[PROP_TLS_AUTHENTICATION_MODE] = g_param_spec_enum ("tls-authentication-mode", NULL, NULL, G_TYPE_TLS_AUTHENTICATION_MODE, G_TLS_AUTHENTICATION_NONE, flags);
  properties[PROP_TLS_INTERACTION] = g_param_spec_object ("tls-interaction", NULL, NULL, G_TYPE_TLS_INTERACTION, flags);
  properties[PROP_COMPRESSION] = g_param_spec_boolean ("compression", NULL, NULL, TRUE, flags);
  properties[PROP_COMPRESSION_TAKEOVER] = g_param_spec_boolean ("compression-takeover", NULL, NULL, TRUE, flags);
  properties[PROP_MAX_MEMORY] = g_param_spec_uint64 ("max-memory", NULL, NULL, 0, G_MAXUINT64, 0, flags);
}

void
lwsg_context_install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = properties_get;
  object_class->set_property = properties_set;

  install_numbers (flags);
  install_others (flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}
