/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-properties-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-home-private.h"

/* The properties of the class: what they are, and which functions they stand for. */

/* What any thread may ask for. */
static gboolean
property_is_for_all (guint property)
{
  switch (property)
    {
    case LWSG_CONNECTION_PROP_STATE: /* read atomically */
    case LWSG_CONNECTION_PROP_PROTOCOL:
    case LWSG_CONNECTION_PROP_SUBPROTOCOL:
    case LWSG_CONNECTION_PROP_EXTENSIONS:
    case LWSG_CONNECTION_PROP_TARGET:
    case LWSG_CONNECTION_PROP_IS_CLIENT:
    case LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE:
    case LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE_ERRORS:
    case LWSG_CONNECTION_PROP_TLS_PROTOCOL_VERSION:
    case LWSG_CONNECTION_PROP_TLS_CIPHERSUITE_NAME:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
properties_get (GObject *object, guint property, GValue *value, GParamSpec *pspec)
{
  LwsgConnection *self = LWSG_CONNECTION (object);

  if (!property_is_for_all (property))
    lwsg_return_if_elsewhere (self->home);

  switch (property)
    {
    case LWSG_CONNECTION_PROP_STATE:
      g_value_set_enum (value, lwsg_connection_get_state (self));
      break;
    case LWSG_CONNECTION_PROP_PROTOCOL:
      g_value_set_object (value, self->protocol);
      break;
    case LWSG_CONNECTION_PROP_SUBPROTOCOL:
      g_value_set_string (value, self->subprotocol);
      break;
    case LWSG_CONNECTION_PROP_EXTENSIONS:
      g_value_set_string (value, self->extensions);
      break;
    case LWSG_CONNECTION_PROP_TARGET:
      g_value_set_string (value, self->target);
      break;
    case LWSG_CONNECTION_PROP_REMOTE_ADDRESS:
      g_value_set_object (value, lwsg_connection_get_remote_address (self));
      break;
    case LWSG_CONNECTION_PROP_IS_CLIENT:
      g_value_set_boolean (value, self->is_client);
      break;
    case LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE:
      g_value_set_object (value, lwsg_connection_get_tls_peer_certificate (self));
      break;
    case LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE_ERRORS:
      g_value_set_flags (value, lwsg_connection_get_tls_peer_certificate_errors (self));
      break;
    case LWSG_CONNECTION_PROP_TLS_PROTOCOL_VERSION:
      g_value_set_enum (value, (int) lwsg_connection_get_tls_protocol_version (self));
      break;
    case LWSG_CONNECTION_PROP_TLS_CIPHERSUITE_NAME:
      g_value_set_string (value, lwsg_connection_get_tls_ciphersuite_name (self));
      break;
    case LWSG_CONNECTION_PROP_CLOSE_CODE:
      g_value_set_uint (value, self->close_code);
      break;
    case LWSG_CONNECTION_PROP_CLOSE_REASON:
      g_value_set_string (value, self->close_reason);
      break;
    case LWSG_CONNECTION_PROP_BUFFERED_AMOUNT:
      g_value_set_uint64 (value, lwsg_connection_get_buffered_amount (self));
      break;
    case LWSG_CONNECTION_PROP_MAX_BUFFERED_AMOUNT:
      g_value_set_uint64 (value, self->max_buffered);
      break;
    case LWSG_CONNECTION_PROP_SLOW_CONSUMER_POLICY:
      g_value_set_enum (value, self->policy);
      break;
    case LWSG_CONNECTION_PROP_DROPPED_MESSAGES:
      g_value_set_uint (value, lwsg_connection_get_dropped_messages (self));
      break;
    case LWSG_CONNECTION_PROP_COMPRESS:
      g_value_set_boolean (value, self->compress);
      break;
    case LWSG_CONNECTION_PROP_STREAMING:
      g_value_set_boolean (value, self->streaming);
      break;
    case LWSG_CONNECTION_PROP_PAUSED:
      g_value_set_boolean (value, lwsg_connection_get_paused (self));
      break;
    case LWSG_CONNECTION_PROP_ROUND_TRIP_TIME:
      g_value_set_int64 (value, lwsg_connection_get_round_trip_time (self));
      break;
    case LWSG_CONNECTION_PROP_MESSAGES_SENT:
      g_value_set_uint64 (value, lwsg_connection_get_messages_sent (self));
      break;
    case LWSG_CONNECTION_PROP_MESSAGES_RECEIVED:
      g_value_set_uint64 (value, lwsg_connection_get_messages_received (self));
      break;
    case LWSG_CONNECTION_PROP_BYTES_SENT:
      g_value_set_uint64 (value, lwsg_connection_get_bytes_sent (self));
      break;
    case LWSG_CONNECTION_PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, lwsg_connection_get_bytes_received (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

static void
properties_set (GObject *object, guint property, const GValue *value, GParamSpec *pspec)
{
  LwsgConnection *self = LWSG_CONNECTION (object);

  switch (property)
    {
    case LWSG_CONNECTION_PROP_MAX_BUFFERED_AMOUNT:
      lwsg_connection_set_max_buffered_amount (self, (gsize) MIN (g_value_get_uint64 (value), G_MAXSIZE));
      break;
    case LWSG_CONNECTION_PROP_SLOW_CONSUMER_POLICY:
      lwsg_connection_set_slow_consumer_policy (self, g_value_get_enum (value));
      break;
    case LWSG_CONNECTION_PROP_COMPRESS:
      lwsg_connection_set_compress (self, g_value_get_boolean (value));
      break;
    case LWSG_CONNECTION_PROP_STREAMING:
      lwsg_connection_set_streaming (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

#define READ_FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define WRITE_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

/* What it is. */
static void
install_facts (void)
{
  /**
   * LwsgConnection:state:
   *
   * How far the connection is in its life.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, LWSG_TYPE_CONNECTION_STATE, LWSG_CONNECTION_CLOSED,
                       READ_FLAGS);

  /**
   * LwsgConnection:protocol:
   *
   * The protocol that a server's connection belongs to, %NULL for a client's.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_PROTOCOL] =
    g_param_spec_object ("protocol", NULL, NULL, LWSG_TYPE_PROTOCOL, READ_FLAGS);

  /**
   * LwsgConnection:subprotocol:
   *
   * The subprotocol that the server chose, or %NULL (RFC 6455 section 1.9).
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_SUBPROTOCOL] =
    g_param_spec_string ("subprotocol", NULL, NULL, NULL, READ_FLAGS);

  /**
   * LwsgConnection:extensions:
   *
   * The extensions that were agreed on, as the header Sec-WebSocket-Extensions names them
   * (RFC 6455 section 9), or %NULL: compression, if both sides want it. See
   * #LwsgContext:compression.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_EXTENSIONS] =
    g_param_spec_string ("extensions", NULL, NULL, NULL, READ_FLAGS);

  /**
   * LwsgConnection:target:
   *
   * What the client asked for, the path and the query, percent-encoded; %NULL for a client's
   * connection.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_TARGET] =
    g_param_spec_string ("target", NULL, NULL, NULL, READ_FLAGS);

  /**
   * LwsgConnection:remote-address:
   *
   * The address of the peer.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_REMOTE_ADDRESS] =
    g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, READ_FLAGS);

  /**
   * LwsgConnection:is-client:
   *
   * Whether this is the client's side.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_IS_CLIENT] =
    g_param_spec_boolean ("is-client", NULL, NULL, FALSE, READ_FLAGS);
}

static void
install_tls (void)
{
  /**
   * LwsgConnection:tls-peer-certificate:
   *
   * The certificate that the peer showed, with its chain; %NULL if it showed none, as most
   * clients, or without TLS.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE] =
    g_param_spec_object ("tls-peer-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, READ_FLAGS);

  /**
   * LwsgConnection:tls-peer-certificate-errors:
   *
   * What was wrong with that certificate, and accepted by #LwsgContext::accept-certificate.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE_ERRORS] =
    g_param_spec_flags ("tls-peer-certificate-errors", NULL, NULL, G_TYPE_TLS_CERTIFICATE_FLAGS,
                        G_TLS_CERTIFICATE_NO_FLAGS, READ_FLAGS);

  /**
   * LwsgConnection:tls-protocol-version:
   *
   * The version of TLS, %G_TLS_PROTOCOL_VERSION_UNKNOWN without it.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_TLS_PROTOCOL_VERSION] =
    g_param_spec_enum ("tls-protocol-version", NULL, NULL, G_TYPE_TLS_PROTOCOL_VERSION,
                       G_TLS_PROTOCOL_VERSION_UNKNOWN, READ_FLAGS);

  /**
   * LwsgConnection:tls-ciphersuite-name:
   *
   * The name of the TLS ciphersuite, such as "TLS_AES_256_GCM_SHA384"; %NULL without TLS.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_TLS_CIPHERSUITE_NAME] =
    g_param_spec_string ("tls-ciphersuite-name", NULL, NULL, NULL, READ_FLAGS);
}

/* Why it ended. */
static void
install_end (void)
{
  /**
   * LwsgConnection:close-code:
   *
   * Why the connection ended: the code of the peer's Close, %LWSG_CLOSE_NO_STATUS if that
   * had none, %LWSG_CLOSE_ABNORMAL if there was no Close, or the code that a broken protocol
   * was answered with. %LWSG_CLOSE_GOING_AWAY also if it ended with its context, see
   * lwsg_context_close(). 0 before the end.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_CLOSE_CODE] =
    g_param_spec_uint ("close-code", NULL, NULL, 0, G_MAXUINT16, 0, READ_FLAGS);

  /**
   * LwsgConnection:close-reason:
   *
   * The text of the peer's Close, or what went wrong.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_CLOSE_REASON] =
    g_param_spec_string ("close-reason", NULL, NULL, NULL, READ_FLAGS);
}

/* What it does. */
static void
install_flow (void)
{
  /**
   * LwsgConnection:buffered-amount:
   *
   * The bytes that wait for the kernel, or for the context's thread, to take them, frame
   * headers included.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_BUFFERED_AMOUNT] =
    g_param_spec_uint64 ("buffered-amount", NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);

  /**
   * LwsgConnection:max-buffered-amount:
   *
   * What #LwsgConnection:buffered-amount may reach before
   * #LwsgConnection:slow-consumer-policy decides, in bytes; 16 MiB by default. One message
   * that is larger by itself may wait beside the others, and does not count.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_MAX_BUFFERED_AMOUNT] =
    g_param_spec_uint64 ("max-buffered-amount", NULL, NULL, 0, G_MAXUINT64, LWSG_CONNECTION_MAX_BUFFERED, WRITE_FLAGS);

  /**
   * LwsgConnection:slow-consumer-policy:
   *
   * What becomes of a message that #LwsgConnection:max-buffered-amount has no room for.
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_SLOW_CONSUMER_POLICY] =
    g_param_spec_enum ("slow-consumer-policy", NULL, NULL, LWSG_TYPE_SLOW_CONSUMER_POLICY, LWSG_SLOW_CONSUMER_CLOSE,
                       WRITE_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_DROPPED_MESSAGES] =
    g_param_spec_uint ("dropped-messages", NULL, NULL, 0, G_MAXUINT, 0, READ_FLAGS);

  /**
   * LwsgConnection:compress:
   *
   * Whether messages that are sent from now on may be compressed, see
   * lwsg_connection_set_compress().
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_COMPRESS] =
    g_param_spec_boolean ("compress", NULL, NULL, TRUE, WRITE_FLAGS);

  /**
   * LwsgConnection:streaming:
   *
   * Whether #LwsgConnection::fragment is emitted for the pieces of messages as they come,
   * instead of #LwsgConnection::message for whole ones. See
   * lwsg_connection_set_streaming().
   *
   * Since: 1.0
   */
  lwsg_connection_properties[LWSG_CONNECTION_PROP_STREAMING] =
    g_param_spec_boolean ("streaming", NULL, NULL, FALSE, WRITE_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_PAUSED] =
    g_param_spec_boolean ("paused", NULL, NULL, FALSE, READ_FLAGS);
}

/* What it has done. */
static void
install_statistics (void)
{
  lwsg_connection_properties[LWSG_CONNECTION_PROP_ROUND_TRIP_TIME] =
    g_param_spec_int64 ("round-trip-time", NULL, NULL, -1, G_MAXINT64, -1, READ_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_MESSAGES_SENT] =
    g_param_spec_uint64 ("messages-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_MESSAGES_RECEIVED] =
    g_param_spec_uint64 ("messages-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_BYTES_SENT] =
    g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);

  lwsg_connection_properties[LWSG_CONNECTION_PROP_BYTES_RECEIVED] =
    g_param_spec_uint64 ("bytes-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);
}

void
lwsg_connection_install_properties (GObjectClass *object_class)
{
  object_class->get_property = properties_get;
  object_class->set_property = properties_set;

  install_facts ();
  install_tls ();
  install_end ();
  install_flow ();
  install_statistics ();
  g_object_class_install_properties (object_class, LWSG_CONNECTION_N_PROPS, lwsg_connection_properties);
}
