/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-events-private.h"

#include "lwsg-connection-close-private.h"
#include "lwsg-connection-end-private.h"
#include "lwsg-connection-output-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-receive-private.h"
#include "lwsg-context-connect-private.h"
#include "lwsg-context-private.h"
#include "lwsg-context-serve-private.h"
#include "lwsg-context-tls-private.h"
#include "lwsg-protocol-private.h"
#include "lwsg-request-private.h"
#include "lwsg-request-state-private.h"

#include "engine/client/connector-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/transport-private.h"

#include <string.h>

/* From the events of the engine to signals. What an engine connection carries as its
 * user is a LwsgRequest while that may still be answered (without a reference), the GTask
 * of a client that connects, and then the LwsgConnection. */

static LwsgConnection *
events_connection (EngineConnection *engine)
{
  return LWSG_CONNECTION (engine->user);
}

static void
events_request (EngineConnection *engine, const WireHead *head)
{
  LwsgContext *self = engine->context->owner;
  g_autoptr (LwsgRequest) request = lwsg_request_new (engine, head, TRUE);

  engine->user = request;
  if (!lwsg_context_emit_request (self, request) && lwsg_request_is_asking (request))
    lwsg_request_refuse (request, 404, NULL);
  /* Whatever was returned: a handler may have answered, closed the context or begun to load. */
  if (lwsg_request_is_asking (request))
    lwsg_request_hold (request);
}

static void
events_unanswered (EngineConnection *engine)
{
  lwsg_request_give_up_waiting (engine->user);
}

static LwsgProtocol *
events_lookup (LwsgContext *self, const char *name, gsize length)
{
  for (guint i = 0; i < self->protocols->len; i++)
    {
      const char *own = lwsg_protocol_get_name (self->protocols->pdata[i]);

      if (own == NULL ? name == NULL : name != NULL && strlen (own) == length && memcmp (own, name, length) == 0)
        return self->protocols->pdata[i];
    }

  return NULL;
}

/* The first of the client's list that is served; for a client that asks for none, the
 * protocol without a name, or else the first. */
static LwsgProtocol *
events_choose (LwsgContext *self, const WireHead *head, const char **subprotocol, WireRefusal *refusal)
{
  WireOfferIter offers = { 0 };
  LwsgProtocol *chosen = NULL;
  const char *name;
  gsize length;
  gboolean offered = FALSE;

  while (chosen == NULL && wire_offer_next (head, &offers, &name, &length))
    {
      offered = TRUE;
      chosen = events_lookup (self, name, length);
    }
  if (chosen != NULL)
    *subprotocol = lwsg_protocol_get_name (chosen);
  else if (offered)
    wire_refusal_set (refusal, 400, N_("none of the subprotocols that were asked for is served here"));
  else if (self->protocols->len == 0)
    wire_refusal_set (refusal, 404, N_("no protocol is served here"));
  else
    {
      chosen = events_lookup (self, NULL, 0);
      if (chosen == NULL)
        chosen = self->protocols->pdata[0];
    }

  return chosen;
}

static gboolean
events_handshake (EngineConnection *engine, const WireHead *head, const WireServerHandshake *handshake,
                  const char **subprotocol, char **headers, WireRefusal *refusal)
{
  LwsgContext *self = engine->context->owner;
  gboolean secure = engine->transport != &engine_transport_plain;
  LwsgProtocol *protocol;

  if (!lwsg_context_allows_origin (self, handshake->origin, handshake->host, secure))
    return wire_refusal_set (refusal, 403, N_("pages of %.60s may not connect"), handshake->origin);
  protocol = events_choose (self, head, subprotocol, refusal);
  if (protocol == NULL)
    return FALSE;

  if (lwsg_protocol_wants_request (protocol))
    {
      g_autoptr (LwsgRequest) request = lwsg_request_new (engine, head, FALSE);
      gboolean accepted = lwsg_protocol_accepts (protocol, request);
      guint status = lwsg_request_decide (request, headers);

      /* Who has refused does not mean to let the client in, whatever was returned. */
      if (!accepted || status != 0)
        return wire_refusal_set (refusal, status != 0 ? status : 403, N_("the program did not accept the client"));
      if (engine->context->destroyed)
        return wire_refusal_set (refusal, 503, N_("the context was closed"));
    }

  engine_connection_bind (engine, lwsg_protocol_get_engine (protocol));

  return TRUE;
}

static gboolean
events_accepted (EngineConnection *engine, const char *subprotocol, WireRefusal *refusal)
{
  LwsgContext *self = engine->context->owner;

  engine_connection_bind (engine, self->clients);
  /* It is asked for once more when the object is made. */
  g_object_set_data_full (engine->user, "lwsg-subprotocol", g_strdup (subprotocol), g_free);

  return TRUE;
}

static gboolean
events_accept_certificate (EngineConnection *engine, GTlsCertificate *certificate, GTlsCertificateFlags errors)
{
  const char *host = engine->role == WIRE_ROLE_CLIENT ? engine->dial->address : NULL;

  return lwsg_context_accept_certificate (engine->context->owner, host, certificate, errors);
}

static void
events_opened (EngineConnection *engine, const char *target)
{
  LwsgContext *self = engine->context->owner;
  LwsgProtocol *protocol = engine->protocol->owner;
  LwsgConnection *connection;

  if (engine->role == WIRE_ROLE_CLIENT)
    {
      lwsg_context_connect_opened (self, engine, g_steal_pointer (&engine->user));
      return;
    }

  if (engine->user != NULL)
    lwsg_request_detach (engine->user);
  connection = lwsg_connection_new (engine, protocol, engine->named ? lwsg_protocol_get_name (protocol) : NULL, target);
  engine->user = connection;
  lwsg_protocol_add (protocol, connection);
}

static void
events_data (EngineConnection *engine, const WirePiece *piece)
{
  lwsg_connection_on_piece (events_connection (engine), piece);
}

static guint8 *
events_room (EngineConnection *engine, gsize *length)
{
  return lwsg_connection_room (events_connection (engine), length);
}

static void
events_drop (EngineConnection *engine)
{
  lwsg_connection_drop_received (events_connection (engine));
}

static void
events_pong (EngineConnection *engine, guint8 *payload, gsize length)
{
  lwsg_connection_on_pong (events_connection (engine), payload, length);
}

static void
events_writable (EngineConnection *engine)
{
  if (engine->opened && !engine->end_told)
    lwsg_connection_on_writable (events_connection (engine));
}

static void
events_sent (EngineConnection *engine)
{
  if (engine->opened && !engine->end_told)
    lwsg_connection_on_sent (events_connection (engine));
}

static void
events_closing (EngineConnection *engine)
{
  lwsg_connection_on_closing (events_connection (engine));
}

static void
events_closed (EngineConnection *engine, guint16 code, const char *reason)
{
  g_autoptr (LwsgConnection) connection = events_connection (engine);

  engine->user = NULL;
  lwsg_connection_on_closed (connection, code, reason, engine->peer_closed);
}

static void
events_failed (EngineConnection *engine, const GError *error)
{
  lwsg_context_connect_failed (engine, g_steal_pointer (&engine->user), error);
}

static void
events_released (EngineConnection *engine)
{
  if (engine->user == NULL)
    return;

  if (LWSG_IS_REQUEST (engine->user))
    {
      lwsg_request_detach (engine->user);
      return;
    }

  /* In a forked process nobody was told of an end. */
  if (LWSG_IS_CONNECTION (engine->user))
    lwsg_connection_forget (engine->user);
  g_object_unref (engine->user);
}

/* The object API makes its broadcasts itself; nothing else writes to the channel. */
static void
events_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length)
{
}

static void
events_freed (gpointer owner)
{
}

const EngineEvents lwsg_events = {
  .request = events_request,
  .unanswered = events_unanswered,
  .handshake = events_handshake,
  .accepted = events_accepted,
  .accept_certificate = events_accept_certificate,
  .opened = events_opened,
  .data = events_data,
  .alloc = events_room,
  .holds = TRUE,
  .drop = events_drop,
  .pong = events_pong,
  .writable = events_writable,
  .sent = events_sent,
  .closing = events_closing,
  .closed = events_closed,
  .failed = events_failed,
  .released = events_released,
  .broadcast = events_broadcast,
  .freed = events_freed,
};
