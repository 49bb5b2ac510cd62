/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <lws-glib/lwsg-enums.h>

/**
 * SECTION:lwsg-enums
 * @title: Enumerations
 * @short_description: types of messages, states, policies, flags, close codes
 *
 * Each of them is a #GEnumClass or a #GFlagsClass, too, for properties and for other languages.
 */

G_DEFINE_ENUM_TYPE (LwsgMessageType, lwsg_message_type,
                    G_DEFINE_ENUM_VALUE (LWSG_MESSAGE_TEXT, "text"),
                    G_DEFINE_ENUM_VALUE (LWSG_MESSAGE_BINARY, "binary"))

G_DEFINE_ENUM_TYPE (LwsgConnectionState, lwsg_connection_state,
                    G_DEFINE_ENUM_VALUE (LWSG_CONNECTION_OPEN, "open"),
                    G_DEFINE_ENUM_VALUE (LWSG_CONNECTION_CLOSING, "closing"),
                    G_DEFINE_ENUM_VALUE (LWSG_CONNECTION_CLOSED, "closed"))

G_DEFINE_ENUM_TYPE (LwsgSlowConsumerPolicy, lwsg_slow_consumer_policy,
                    G_DEFINE_ENUM_VALUE (LWSG_SLOW_CONSUMER_CLOSE, "close"),
                    G_DEFINE_ENUM_VALUE (LWSG_SLOW_CONSUMER_DROP_OLDEST, "drop-oldest"),
                    G_DEFINE_ENUM_VALUE (LWSG_SLOW_CONSUMER_DROP_NEWEST, "drop-newest"))

G_DEFINE_FLAGS_TYPE (LwsgDirectoryFlags, lwsg_directory_flags,
                     G_DEFINE_ENUM_VALUE (LWSG_DIRECTORY_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (LWSG_DIRECTORY_NO_SYMLINKS, "no-symlinks"))

G_DEFINE_ENUM_TYPE (LwsgCloseCode, lwsg_close_code,
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_NORMAL, "normal"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_GOING_AWAY, "going-away"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_PROTOCOL_ERROR, "protocol-error"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_UNSUPPORTED_DATA, "unsupported-data"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_NO_STATUS, "no-status"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_ABNORMAL, "abnormal"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_INVALID_PAYLOAD, "invalid-payload"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_POLICY, "policy"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_TOO_BIG, "too-big"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_EXTENSION_MISSING, "extension-missing"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_INTERNAL_ERROR, "internal-error"),
                    G_DEFINE_ENUM_VALUE (LWSG_CLOSE_TRY_AGAIN_LATER, "try-again-later"))
