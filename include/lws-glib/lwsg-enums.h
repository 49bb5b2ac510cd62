/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-types.h>

G_BEGIN_DECLS

/**
 * LwsgMessageType:
 * @LWSG_MESSAGE_TEXT: UTF-8 text
 * @LWSG_MESSAGE_BINARY: any bytes
 *
 * The two types of WebSocket messages, RFC 6455 section 5.6.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_MESSAGE_TEXT = 1,
  LWSG_MESSAGE_BINARY = 2,
} LwsgMessageType;

/**
 * LwsgConnectionState:
 * @LWSG_CONNECTION_OPEN: messages can be sent and received
 * @LWSG_CONNECTION_CLOSING: the closing handshake is under way
 * @LWSG_CONNECTION_CLOSED: it is over
 *
 * The life of a #LwsgConnection, which begins when the opening handshake is done.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_CONNECTION_OPEN,
  LWSG_CONNECTION_CLOSING,
  LWSG_CONNECTION_CLOSED,
} LwsgConnectionState;

/**
 * LwsgSlowConsumerPolicy:
 * @LWSG_SLOW_CONSUMER_CLOSE: the connection is closed with 1008
 * @LWSG_SLOW_CONSUMER_DROP_OLDEST: the messages that wait longest are dropped
 * @LWSG_SLOW_CONSUMER_DROP_NEWEST: the message that would not fit is dropped
 *
 * What becomes of a message to a peer that does not take what was sent to it, once
 * #LwsgConnection:max-buffered-amount is reached. A stream of stock quotes wants
 * the newest, a log the oldest, and a protocol that needs every message an end.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_SLOW_CONSUMER_CLOSE,
  LWSG_SLOW_CONSUMER_DROP_OLDEST,
  LWSG_SLOW_CONSUMER_DROP_NEWEST,
} LwsgSlowConsumerPolicy;

/**
 * LwsgDirectoryFlags:
 * @LWSG_DIRECTORY_NONE: symbolic links are followed that are relative and stay in the
 *   directory
 * @LWSG_DIRECTORY_NO_SYMLINKS: what is behind a symbolic link is not there
 *
 * How the files of a directory are served.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_DIRECTORY_NONE = 0,
  LWSG_DIRECTORY_NO_SYMLINKS = 1 << 0,
} LwsgDirectoryFlags;

/**
 * LwsgCloseCode:
 * @LWSG_CLOSE_NORMAL: the purpose is fulfilled
 * @LWSG_CLOSE_GOING_AWAY: a server shuts down, a page is left
 * @LWSG_CLOSE_PROTOCOL_ERROR: the peer broke the protocol
 * @LWSG_CLOSE_UNSUPPORTED_DATA: a type of message that can't be dealt with
 * @LWSG_CLOSE_NO_STATUS: never sent: the peer gave no code
 * @LWSG_CLOSE_ABNORMAL: never sent: there was no closing handshake
 * @LWSG_CLOSE_INVALID_PAYLOAD: such as text that is not UTF-8
 * @LWSG_CLOSE_POLICY: the message, or the slowness, is against a rule
 * @LWSG_CLOSE_TOO_BIG: the message is larger than is accepted
 * @LWSG_CLOSE_EXTENSION_MISSING: the server did not negotiate a needed extension
 * @LWSG_CLOSE_INTERNAL_ERROR: the peer can't go on
 * @LWSG_CLOSE_TRY_AGAIN_LATER: the peer can't go on now, but perhaps later
 *
 * The close codes of RFC 6455 section 7.4.1. Applications choose theirs from
 * 3000 to 4999.
 *
 * Since: 1.0
 */
typedef enum {
  LWSG_CLOSE_NORMAL = 1000,
  LWSG_CLOSE_GOING_AWAY = 1001,
  LWSG_CLOSE_PROTOCOL_ERROR = 1002,
  LWSG_CLOSE_UNSUPPORTED_DATA = 1003,
  LWSG_CLOSE_NO_STATUS = 1005,
  LWSG_CLOSE_ABNORMAL = 1006,
  LWSG_CLOSE_INVALID_PAYLOAD = 1007,
  LWSG_CLOSE_POLICY = 1008,
  LWSG_CLOSE_TOO_BIG = 1009,
  LWSG_CLOSE_EXTENSION_MISSING = 1010,
  LWSG_CLOSE_INTERNAL_ERROR = 1011,
  LWSG_CLOSE_TRY_AGAIN_LATER = 1013,
} LwsgCloseCode;

#define LWSG_TYPE_MESSAGE_TYPE (lwsg_message_type_get_type ())
#define LWSG_TYPE_CONNECTION_STATE (lwsg_connection_state_get_type ())
#define LWSG_TYPE_SLOW_CONSUMER_POLICY (lwsg_slow_consumer_policy_get_type ())
#define LWSG_TYPE_DIRECTORY_FLAGS (lwsg_directory_flags_get_type ())
#define LWSG_TYPE_CLOSE_CODE (lwsg_close_code_get_type ())

LWSG_AVAILABLE_IN_1_0
GType lwsg_message_type_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
GType lwsg_connection_state_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
GType lwsg_slow_consumer_policy_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
GType lwsg_directory_flags_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
GType lwsg_close_code_get_type (void) G_GNUC_CONST;

G_END_DECLS
