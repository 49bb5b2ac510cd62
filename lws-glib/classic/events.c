/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic-private.h"

#include "engine/broadcast/protocol-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/events-private.h"

#include <string.h>

/* From the events of the engine to the callback of a protocol. */

static void
classic_call (EngineConnection *connection, enum libwebsocket_callback_reasons reason, void *in, gsize length)
{
  const struct libwebsocket_protocols *entry = classic_protocol_entry (connection->protocol);

  if (entry->callback (connection, reason, connection->user, in, length) != 0)
    engine_connection_close (connection, WIRE_CLOSE_NORMAL, NULL, 0);
}

/* Programs compare what they got with strcmp(): a 0 stands behind it meanwhile. */
static void
classic_call_with_bytes (EngineConnection *connection, enum libwebsocket_callback_reasons reason, guint8 *bytes,
                         gsize length)
{
  guint8 covered = bytes[length];

  bytes[length] = 0;
  classic_call (connection, reason, bytes, length);
  bytes[length] = covered;
}

static void
classic_request (EngineConnection *connection, const WireHead *head)
{
  engine_connection_bind (connection, connection->context->protocols->pdata[0]);
  classic_call (connection, LWS_CALLBACK_HTTP, (char *) head->target, strlen (head->target));
}

static gboolean
classic_handshake (EngineConnection *connection, const WireHead *head, const WireServerHandshake *handshake,
                   const char **subprotocol, char **headers, WireRefusal *refusal)
{
  WireOfferIter offers = { 0 };
  const char *name;
  gsize length;
  gboolean offered = FALSE;

  while (wire_offer_next (head, &offers, &name, &length))
    {
      EngineProtocol *protocol = classic_protocol_by_name (connection->context, name, length);

      offered = TRUE;
      if (protocol != NULL)
        {
          engine_connection_bind (connection, protocol);
          *subprotocol = protocol->name;
          return TRUE;
        }
    }
  if (offered)
    return wire_refusal_set (refusal, 400, N_("none of the subprotocols that were asked for is served here"));

  engine_connection_bind (connection, classic_protocol_for_none (connection->context));

  return TRUE;
}

static gboolean
classic_accepted (EngineConnection *connection, const char *subprotocol, WireRefusal *refusal)
{
  EngineProtocol *protocol = subprotocol != NULL
                               ? classic_protocol_by_name (connection->context, subprotocol, strlen (subprotocol))
                               : classic_protocol_for_none (connection->context);

  if (protocol == NULL)
    return wire_refusal_set (refusal, 0,
                             N_("the server chose the subprotocol \"%.60s\", which this program does not have"),
                             subprotocol);

  engine_connection_bind (connection, protocol);

  return TRUE;
}

/* The API has no word for it. Servers that vouch for themselves are the engine's matter. */
static gboolean
classic_accept_certificate (EngineConnection *connection, GTlsCertificate *certificate, GTlsCertificateFlags errors)
{
  return FALSE;
}

static void
classic_give_user (EngineConnection *connection)
{
  const struct libwebsocket_protocols *entry = classic_protocol_entry (connection->protocol);

  if (entry->per_session_data_size > 0)
    connection->user = g_malloc0 (entry->per_session_data_size);
}

static void
classic_opened (EngineConnection *connection, const char *target)
{
  classic_give_user (connection);

  if (connection->role == WIRE_ROLE_SERVER)
    classic_call (connection, LWS_CALLBACK_ESTABLISHED, (char *) target, strlen (target));
  else
    classic_call (connection, LWS_CALLBACK_CLIENT_ESTABLISHED, NULL, 0);
}

static void
classic_data (EngineConnection *connection, const WirePiece *piece)
{
  /* The API knows no fragments: that one begins or ends without a byte tells nothing. */
  if (piece->length == 0 && !(piece->message_start && piece->message_end))
    return;

  classic_call_with_bytes (connection, connection->role == WIRE_ROLE_SERVER ? LWS_CALLBACK_RECEIVE
                                                                            : LWS_CALLBACK_CLIENT_RECEIVE,
                           piece->data, piece->length);
}

static void
classic_pong (EngineConnection *connection, guint8 *payload, gsize length)
{
  classic_call_with_bytes (connection, LWS_CALLBACK_CLIENT_RECEIVE_PONG, payload, length);
}

static void
classic_writable (EngineConnection *connection)
{
  classic_call (connection, LWS_CALLBACK_CLIENT_WRITEABLE, NULL, 0);
}

/* The API has no word for it: LWS_CALLBACK_CLOSED follows soon. */
static void
classic_closing (EngineConnection *connection)
{
}

static void
classic_closed (EngineConnection *connection, guint16 code, const char *reason)
{
  g_debug ("A connection has ended with %u: %s", code, reason != NULL ? reason : "no reason was given");
  classic_call (connection, LWS_CALLBACK_CLOSED, NULL, 0);
}

/* Programs of 2011 know no reason for it but LWS_CALLBACK_CLOSED, whose handler may look at its user:
 * without a word on standard error they would not say why they wait or end. */
static void
classic_failed (EngineConnection *connection, const GError *error)
{
  if (!connection->context->destroyed)
    g_message ("%s: %s", "libwebsocket_client_connect", error->message);
  classic_give_user (connection);
  classic_call (connection, LWS_CALLBACK_CLIENT_CONNECTION_ERROR, error->message, strlen (error->message));
  classic_call (connection, LWS_CALLBACK_CLOSED, NULL, 0);
}

static void
classic_released (EngineConnection *connection)
{
  g_free (connection->user);
}

typedef struct {
  guint8 *payload;
  gsize length;
} ClassicBroadcast;

static void
classic_broadcast_to (EngineConnection *connection, gpointer data)
{
  const ClassicBroadcast *broadcast = data;

  classic_call (connection, LWS_CALLBACK_BROADCAST, broadcast->payload, broadcast->length);
}

static void
classic_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length)
{
  ClassicBroadcast broadcast = { payload, length };

  engine_protocol_foreach (protocol, classic_broadcast_to, &broadcast);
}

static void
classic_freed (gpointer owner)
{
  g_free (owner);
}

const EngineEvents classic_events = {
  .request = classic_request,
  .files_only = TRUE,
  .handshake = classic_handshake,
  .accepted = classic_accepted,
  .accept_certificate = classic_accept_certificate,
  .opened = classic_opened,
  .data = classic_data,
  .pong = classic_pong,
  .writable = classic_writable,
  .closing = classic_closing,
  .closed = classic_closed,
  .failed = classic_failed,
  .released = classic_released,
  .broadcast = classic_broadcast,
  .freed = classic_freed,
};
