/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic-private.h"

#include "engine/base/error-private.h"
#include "engine/broadcast/protocol-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/http/http-response-private.h"
#include "engine/tls/tls-transport-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/receive-private.h"
#include "engine/websocket/send-private.h"

#include <glib/gi18n-lib.h>

/**
 * libwebsocket_callback_on_writable:
 * @wsi: a connection, of a server or of a client
 *
 * Asks for one %LWS_CALLBACK_CLIENT_WRITEABLE, to come when the connection can take
 * data without queueing: at the next call of libwebsocket_service() if that is so
 * already. A program that asks again in each callback gets one in each iteration of the
 * loop, and holds up nobody else.
 *
 * Returns: 0, or -1 if the connection is not open, or not open any more, or another process runs the
 *   service loop
 *
 * Since: 1.0
 */
int
libwebsocket_callback_on_writable (struct libwebsocket *wsi)
{
  g_return_val_if_fail (wsi != NULL, -1);

  if (classic_is_elsewhere (wsi->context, G_STRFUNC))
    return -1;
  if (wsi->state != ENGINE_STATE_OPEN && wsi->state != ENGINE_STATE_RESPONDING)
    return -1;
  engine_connection_request_writable (wsi);

  return 0;
}

static void
connection_request_writable (EngineConnection *connection, gpointer data)
{
  engine_connection_request_writable (connection);
}

/**
 * libwebsocket_callback_on_writable_all_protocol:
 * @protocol: an entry of the list that was given to libwebsocket_create_context()
 *
 * Does libwebsocket_callback_on_writable() for each open connection of @protocol.
 *
 * Returns: 0, or -1 if no context was made of @protocol, or another process runs the service loop
 *
 * Since: 1.0
 */
int
libwebsocket_callback_on_writable_all_protocol (const struct libwebsocket_protocols *protocol)
{
  EngineProtocol *group;

  g_return_val_if_fail (protocol != NULL, -1);

  group = classic_protocol_of_entry (protocol);
  if (group == NULL || classic_is_elsewhere (group->context, G_STRFUNC))
    return -1;
  engine_protocol_foreach (group, connection_request_writable, NULL);

  return 0;
}

/**
 * libwebsocket_get_socket_fd:
 * @wsi: a connection
 *
 * Gets the descriptor of a connection, for what sockets can tell about themselves. A
 * duplicate of it does not keep the connection from ending.
 *
 * Returns: the socket, which stays the connection's; -1 after the end
 *
 * Since: 1.0
 */
int
libwebsocket_get_socket_fd (struct libwebsocket *wsi)
{
  g_return_val_if_fail (wsi != NULL, -1);

  wsi->copied = TRUE;
  /* While GIO works on it, it is not ours to watch. */
  return wsi->state == ENGINE_STATE_TLS_HANDSHAKE && wsi->role == WIRE_ROLE_CLIENT ? engine_tls_client_get_descriptor (wsi)
                                                                              : wsi->watch.fd;
}

/**
 * libwebsocket_rx_flow_control:
 * @wsi: a connection
 * @enable: 0 to receive nothing for now, anything else to go on
 *
 * Stops or resumes the reception of data, at once even inside a callback. What the
 * peer sends meanwhile waits in the kernel, and then with the peer. Neither pings
 * nor a Close are seen while it is stopped, nor that the peer has fallen silent.
 *
 * Returns: 0, or -1 if the connection is not open, or another process runs the service loop
 *
 * Since: 1.0
 */
int
libwebsocket_rx_flow_control (struct libwebsocket *wsi, int enable)
{
  g_return_val_if_fail (wsi != NULL, -1);

  if (classic_is_elsewhere (wsi->context, G_STRFUNC) || wsi->state != ENGINE_STATE_OPEN)
    return -1;
  engine_connection_pause (wsi, enable == 0);

  return 0;
}

/**
 * libwebsockets_get_protocol:
 * @wsi: a connection
 *
 * Gets the protocol of a connection, such as to broadcast to all who share it.
 *
 * Returns: (nullable): the entry of the program's list that the connection belongs
 *   to; %NULL before the handshake has chosen one
 *
 * Since: 1.0
 */
const struct libwebsocket_protocols *
libwebsockets_get_protocol (struct libwebsocket *wsi)
{
  g_return_val_if_fail (wsi != NULL, NULL);

  return wsi->protocol != NULL ? classic_protocol_entry (wsi->protocol) : NULL;
}

/**
 * libwebsockets_remaining_packet_payload:
 * @wsi: a connection
 *
 * Called from %LWS_CALLBACK_RECEIVE or %LWS_CALLBACK_CLIENT_RECEIVE: how much of
 * the frame is still to come. Frames of up to 4096 bytes always come in one piece,
 * larger ones as they arrive, in pieces of at most 4096 bytes.
 *
 * Never fewer bytes come than this says: a program may allocate by it. It is exact, but for
 * compressed frames of which not everything has arrived, or more than 1 MiB is still to come:
 * what those become is not known yet, and an upper bound is given, of at most 64 MiB. A
 * compressed message that becomes longer than that is refused with 1009 (RFC 6455, section
 * 7.4.1).
 *
 * Returns: the number of bytes, 0 if the piece was the last one
 *
 * Since: 1.0
 */
size_t
libwebsockets_remaining_packet_payload (struct libwebsocket *wsi)
{
  g_return_val_if_fail (wsi != NULL, 0);

  return (size_t) MIN (engine_connection_remaining (wsi), G_MAXSIZE);
}

/* A Close frame of the program's own making. */
static gboolean
connection_write_close (struct libwebsocket *wsi, const guint8 *payload, gsize length, GError **error)
{
  WireViolation violation;
  guint16 code;
  const char *reason;
  gsize reason_length;
  g_autofree char *text = NULL;

  if (wsi->state != ENGINE_STATE_OPEN)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The connection is not open"));
      return FALSE;
    }
  if (length > WIRE_CONTROL_MAX)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("A control frame carries at most %d bytes, not %zu"), WIRE_CONTROL_MAX, length);
      return FALSE;
    }
  if (!wire_close_parse (payload, length, &code, &reason, &reason_length, &violation))
    {
      text = engine_error_translate (&violation.parts);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, text);
      return FALSE;
    }

  engine_connection_close (wsi, code, reason, reason_length);

  return TRUE;
}

static gboolean
connection_write_data (struct libwebsocket *wsi, WireOpcode opcode, gboolean last, const guint8 *payload, gsize length,
                       GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (opcode == WIRE_OPCODE_CONTINUATION && !wsi->sending_message)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                           _("A continuation needs a message that was begun with LWS_WRITE_NO_FIN"));
      return FALSE;
    }
  if (engine_connection_send_data (wsi, opcode, last, payload, length, &failure))
    return TRUE;

  /* A receiver that is this slow would be served with holes in what it gets. */
  if (g_error_matches (failure, ENGINE_ERROR, ENGINE_ERROR_FULL))
    engine_connection_close (wsi, WIRE_CLOSE_POLICY, "too slow", strlen ("too slow"));
  g_propagate_error (error, g_steal_pointer (&failure));

  return FALSE;
}

static gboolean
connection_write (struct libwebsocket *wsi, const guint8 *bytes, gsize length, guint type, gboolean last,
                  GError **error)
{
  switch (type)
    {
    case LWS_WRITE_TEXT:
      return connection_write_data (wsi, WIRE_OPCODE_TEXT, last, bytes, length, error);
    case LWS_WRITE_BINARY:
      return connection_write_data (wsi, WIRE_OPCODE_BINARY, last, bytes, length, error);
    case LWS_WRITE_CONTINUATION:
      return connection_write_data (wsi, WIRE_OPCODE_CONTINUATION, last, bytes, length, error);
    case LWS_WRITE_HTTP:
      return engine_http_response_write (wsi, bytes, length, error);
    case LWS_WRITE_CLOSE:
      return connection_write_close (wsi, bytes, length, error);
    case LWS_WRITE_PING:
      return engine_connection_send_control (wsi, WIRE_OPCODE_PING, bytes, length, error);
    case LWS_WRITE_PONG:
      return engine_connection_send_control (wsi, WIRE_OPCODE_PONG, bytes, length, error);
    default:
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("There is no type %u to write"), type);
      return FALSE;
    }
}

/**
 * libwebsocket_write:
 * @wsi: a connection
 * @buf: (array length=len): the payload, with %LWS_SEND_BUFFER_PRE_PADDING bytes in
 *   front and %LWS_SEND_BUFFER_POST_PADDING behind. It is left as it was and not
 *   needed any more when the function returns.
 * @len: its length in bytes
 * @protocol: what it is
 *
 * Sends a frame, or bytes of an HTTP reply. Never waits: what the kernel does not
 * take is queued. Frames leave in order, but for Pings and Pongs, which go in
 * front of data that waits. What is written inside a callback leaves together at
 * the end of the iteration.
 *
 * A peer that lets more than 16 MiB wait is closed with 1008 (policy violation,
 * RFC 6455, section 7.4.1) instead of getting @buf.
 *
 * Text is not checked: a peer fails the connection over text that is not UTF-8.
 *
 * Returns: 0, or -1 if the connection is not open, the queue is full, @buf can't be sent
 *   as @protocol, or another process runs the service loop
 *
 * Since: 1.0
 */
int
libwebsocket_write (struct libwebsocket *wsi, unsigned char *buf, size_t len, enum libwebsocket_write_protocol protocol)
{
  guint type = (guint) protocol & ~(guint) LWS_WRITE_NO_FIN;
  gboolean last = !((guint) protocol & LWS_WRITE_NO_FIN);
  GError *error = NULL;

  g_return_val_if_fail (wsi != NULL, -1);
  g_return_val_if_fail (buf != NULL || len == 0, -1);

  if (!classic_check_process (wsi->context, &error) || !connection_write (wsi, buf, len, type, last, &error))
    return classic_connection_failure (wsi, G_STRFUNC, error);

  return 0;
}

/**
 * libwebsocket_client_close:
 * @wsi: a connection, of a client or of a server
 *
 * Starts the closing handshake with the code 1000 (RFC 6455, section 7.1.2), after
 * what was written before. %LWS_CALLBACK_CLOSED comes when the peer has answered, or
 * after 5 seconds without an answer. A client that is not open yet is told
 * %LWS_CALLBACK_CLIENT_CONNECTION_ERROR before. Neither happens within this call.
 *
 * Since: 1.0
 */
void
libwebsocket_client_close (struct libwebsocket *wsi)
{
  g_return_if_fail (wsi != NULL);

  if (!classic_is_elsewhere (wsi->context, G_STRFUNC))
    engine_connection_close (wsi, WIRE_CLOSE_NORMAL, NULL, 0);
}
