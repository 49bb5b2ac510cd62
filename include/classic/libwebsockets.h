/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The classic API, as programs of January 2011 know it. Each function is
 * described where it is defined, and in the reference manual.
 */
#pragma once

#include <stddef.h>

#include <lws-glib/lwsg-version-macros.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * SECTION:libwebsockets
 * @title: The classic API
 * @short_description: contexts, protocols and callbacks
 * @include: libwebsockets.h
 *
 * A program lists its protocols, makes a context for them and calls
 * libwebsocket_service() over and over; all that happens arrives in the
 * callback of a protocol.
 */

/**
 * CONTEXT_PORT_NO_LISTEN:
 *
 * The port to give to libwebsocket_create_context() when the context is for
 * client connections only.
 *
 * Since: 1.0
 */
#define CONTEXT_PORT_NO_LISTEN 0

/**
 * LWS_SEND_BUFFER_PRE_PADDING:
 *
 * Bytes that a buffer given to libwebsocket_write() must have in front of the
 * payload: the longest frame header of RFC 6455, section 5.2.
 *
 * Since: 1.0
 */
#define LWS_SEND_BUFFER_PRE_PADDING 14

/**
 * LWS_SEND_BUFFER_POST_PADDING:
 *
 * Bytes that a buffer given to libwebsocket_write() must have behind the
 * payload.
 *
 * Since: 1.0
 */
#define LWS_SEND_BUFFER_POST_PADDING 1

/**
 * libwebsocket_context:
 *
 * A set of protocols, perhaps a listening socket, and all connections of both.
 *
 * Since: 1.0
 */
struct libwebsocket_context;

/**
 * libwebsocket:
 *
 * One connection, of a server or of a client.
 *
 * Since: 1.0
 */
struct libwebsocket;

/**
 * libwebsocket_callback_reasons:
 * @LWS_CALLBACK_ESTABLISHED: a client of ours completed its handshake;
 *   `in` is the request target with its query, NUL-terminated, `len` its length
 * @LWS_CALLBACK_CLIENT_ESTABLISHED: our client connection completed its
 *   handshake with the remote server
 * @LWS_CALLBACK_CLOSED: the connection ended, or one of ours was not established; `user` and the
 *   connection are freed after this
 * @LWS_CALLBACK_RECEIVE: `len` bytes came from a client, at most 4096; they stand at `in`,
 *   a 0 follows them. See libwebsockets_remaining_packet_payload().
 * @LWS_CALLBACK_CLIENT_RECEIVE: `len` bytes came from the remote server
 * @LWS_CALLBACK_CLIENT_RECEIVE_PONG: a Pong frame came, on either side; its
 *   payload is at `in`
 * @LWS_CALLBACK_CLIENT_WRITEABLE: the answer to
 *   libwebsocket_callback_on_writable(), on either side
 * @LWS_CALLBACK_HTTP: a request came that does not ask for a WebSocket; `in` is
 *   its target, NUL-terminated. Always sent to the first protocol.
 * @LWS_CALLBACK_BROADCAST: somebody called libwebsockets_broadcast(); the
 *   payload at `in` has the padding that libwebsocket_write() asks for
 * @LWS_CALLBACK_CLIENT_CONNECTION_ERROR: our client connection could not be
 *   established; `in` is the cause as text. %LWS_CALLBACK_CLOSED follows. It is not part of the
 *   API of 2011.
 *
 * Why a callback is called.
 *
 * Since: 1.0
 */
enum libwebsocket_callback_reasons {
  LWS_CALLBACK_ESTABLISHED,
  LWS_CALLBACK_CLIENT_ESTABLISHED,
  LWS_CALLBACK_CLOSED,
  LWS_CALLBACK_RECEIVE,
  LWS_CALLBACK_CLIENT_RECEIVE,
  LWS_CALLBACK_CLIENT_RECEIVE_PONG,
  LWS_CALLBACK_CLIENT_WRITEABLE,
  LWS_CALLBACK_HTTP,
  LWS_CALLBACK_BROADCAST,

  LWS_CALLBACK_CLIENT_CONNECTION_ERROR
};

/**
 * libwebsocket_write_protocol:
 * @LWS_WRITE_TEXT: a text message, UTF-8
 * @LWS_WRITE_BINARY: a binary message
 * @LWS_WRITE_CONTINUATION: the next fragment of the message under way. Naming
 *   the type of the message again does the same.
 * @LWS_WRITE_HTTP: bytes of an HTTP reply, sent as they are; but what follows the head
 *   of an answer to HEAD, or of one with 204 or 304, is left out, since nobody would take it
 *   for the body. The program writes the whole head, Date included.
 * @LWS_WRITE_CLOSE: a Close frame: a close code in network byte order and a
 *   reason of up to 123 bytes of UTF-8, or nothing
 * @LWS_WRITE_PING: a Ping of up to 125 bytes
 * @LWS_WRITE_PONG: a Pong of up to 125 bytes that nobody asked for
 * @LWS_WRITE_NO_FIN: or-ed to a data type: this fragment is not the last one of
 *   its message
 *
 * What libwebsocket_write() makes of the bytes.
 *
 * Since: 1.0
 */
enum libwebsocket_write_protocol {
  LWS_WRITE_TEXT,
  LWS_WRITE_BINARY,
  LWS_WRITE_CONTINUATION,
  LWS_WRITE_HTTP,
  LWS_WRITE_CLOSE,
  LWS_WRITE_PING,
  LWS_WRITE_PONG,

  LWS_WRITE_NO_FIN = 0x40
};

/**
 * libwebsocket_protocols:
 * @name: the subprotocol as the `Sec-WebSocket-Protocol` header names it, or
 *   %NULL for clients that ask for none
 * @callback: told of all that happens to connections of this protocol; a
 *   nonzero return value closes the connection. %NULL ends the list.
 * @per_session_data_size: bytes of zeroed memory that each connection gets, its
 *   callbacks' `user`; it lives from ESTABLISHED until after CLOSED. A client that was not
 *   established has it, too, when it is told so.
 * @owning_server: filled in by libwebsocket_create_context()
 * @broadcast_socket_port: 0: broadcasts use no port
 * @broadcast_socket_user_fd: filled in by libwebsocket_create_context(): each
 *   write() to it, from any process, is one broadcast. Prefer
 *   libwebsockets_broadcast(), which is not bound to the size of a datagram.
 * @protocol_index: filled in: the place in the list
 *
 * One subprotocol and its handler. An array of these, closed by one without
 * callback, is given to libwebsocket_create_context() and must live and stay
 * writable as long as the context does.
 *
 * Since: 1.0
 */
struct libwebsocket_protocols {
  const char *name;
  int (*callback) (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                   size_t len);
  size_t per_session_data_size;

  struct libwebsocket_context *owning_server;
  int broadcast_socket_port;
  int broadcast_socket_user_fd;
  int protocol_index;
};

LWSG_AVAILABLE_IN_1_0
struct libwebsocket_context *libwebsocket_create_context (int port, struct libwebsocket_protocols *protocols,
                                                          const char *ssl_cert_filepath,
                                                          const char *ssl_private_key_filepath, int gid, int uid);

LWSG_AVAILABLE_IN_1_0
void libwebsocket_context_destroy (struct libwebsocket_context *context);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_service (struct libwebsocket_context *context, int timeout_ms);

LWSG_AVAILABLE_IN_1_0
int libwebsockets_fork_service_loop (struct libwebsocket_context *context);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_callback_on_writable (struct libwebsocket *wsi);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_callback_on_writable_all_protocol (const struct libwebsocket_protocols *protocol);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_get_socket_fd (struct libwebsocket *wsi);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_rx_flow_control (struct libwebsocket *wsi, int enable);

LWSG_AVAILABLE_IN_1_0
const struct libwebsocket_protocols *libwebsockets_get_protocol (struct libwebsocket *wsi);

LWSG_AVAILABLE_IN_1_0
int libwebsockets_broadcast (const struct libwebsocket_protocols *protocol, unsigned char *buf, size_t len);

LWSG_AVAILABLE_IN_1_0
int libwebsocket_write (struct libwebsocket *wsi, unsigned char *buf, size_t len,
                        enum libwebsocket_write_protocol protocol);

LWSG_AVAILABLE_IN_1_0
int libwebsockets_serve_http_file (struct libwebsocket *wsi, const char *file, const char *content_type);

LWSG_AVAILABLE_IN_1_0
size_t libwebsockets_remaining_packet_payload (struct libwebsocket *wsi);

LWSG_AVAILABLE_IN_1_0
struct libwebsocket *libwebsocket_client_connect (struct libwebsocket_context *context, const char *address, int port,
                                                  int ssl_connection, const char *path, const char *host,
                                                  const char *origin, const char *protocol);

LWSG_AVAILABLE_IN_1_0
void libwebsocket_client_close (struct libwebsocket *wsi);

#ifdef __cplusplus
}
#endif
