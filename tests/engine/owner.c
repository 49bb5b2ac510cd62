/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/timer-wheel-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/server/listener-private.h"
#include "engine/tls/tls-settings-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

#include <string.h>
#include <sys/socket.h>

/* So long that no test comes to its end. */
#define OWNER_TICK_MICROSECONDS (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* A message of the log longer than this is told by its size. */
#define OWNER_LOG_PAYLOAD 64

static const char *const event_names[OWNER_N_EVENTS] = {
  [OWNER_REQUEST] = "request",   [OWNER_HANDSHAKE] = "handshake", [OWNER_ACCEPTED] = "accepted",
  [OWNER_OPENED] = "opened",     [OWNER_DATA] = "data",           [OWNER_PONG] = "pong",
  [OWNER_WRITABLE] = "writable", [OWNER_CLOSED] = "closed",       [OWNER_FAILED] = "failed",
  [OWNER_RELEASED] = "released", [OWNER_BROADCAST] = "broadcast",
  [OWNER_CERTIFICATE] = "certificate",
};

const char *
owner_event_name (OwnerEvent event)
{
  return event_names[event];
}

static Owner *
owner_of (EngineConnection *connection)
{
  return connection->context->owner;
}

static void
owner_note (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  owner->counts[event]++;
  if (owner->hook != NULL)
    owner->hook (owner, event, connection, detail);
}

static void
owner_log_payload (Owner *owner, const char *what, const guint8 *payload, gsize length)
{
  if (length <= OWNER_LOG_PAYLOAD)
    g_string_append_printf (owner->log, "%s %.*s\n", what, (int) length, (const char *) payload);
  else
    g_string_append_printf (owner->log, "%s of %" G_GSIZE_FORMAT " bytes\n", what, length);
}

/* --- events */

static void
owner_request (EngineConnection *connection, const WireHead *head)
{
  owner_note (owner_of (connection), OWNER_REQUEST, connection, head);
}

static gboolean
owner_handshake (EngineConnection *connection, const WireHead *head, const WireServerHandshake *handshake,
                 const char **subprotocol, char **headers, WireRefusal *refusal)
{
  Owner *owner = owner_of (connection);

  owner_note (owner, OWNER_HANDSHAKE, connection, head);
  if (owner->refuse != 0)
    return wire_refusal_set (refusal, owner->refuse, "refused by the test");

  engine_connection_bind (connection, owner->protocol);

  return TRUE;
}

static gboolean
owner_accepted (EngineConnection *connection, const char *subprotocol, WireRefusal *refusal)
{
  Owner *owner = owner_of (connection);

  owner_note (owner, OWNER_ACCEPTED, connection, subprotocol);
  if (owner->refuse != 0)
    return wire_refusal_set (refusal, owner->refuse, "refused by the test");

  engine_connection_bind (connection, owner->protocol);

  return TRUE;
}

static gboolean
owner_accept_certificate (EngineConnection *connection, GTlsCertificate *certificate, GTlsCertificateFlags errors)
{
  Owner *owner = owner_of (connection);
  g_autofree char *text = engine_tls_describe_errors (errors);

  g_string_append_printf (owner->log, "certificate: %s\n", text);
  owner_note (owner, OWNER_CERTIFICATE, connection, certificate);

  return owner->accept;
}

static void
owner_opened (EngineConnection *connection, const char *target)
{
  Owner *owner = owner_of (connection);

  owner->newest = connection;
  g_string_append_printf (owner->log, "opened %s\n", target != NULL ? target : "as client");
  owner_note (owner, OWNER_OPENED, connection, NULL);
}

static void
owner_data (EngineConnection *connection, const WirePiece *piece)
{
  Owner *owner = owner_of (connection);

  g_byte_array_append (owner->received, piece->data, (guint) piece->length);
  owner_log_payload (owner, piece->opcode == WIRE_OPCODE_TEXT ? "text" : "binary", piece->data, piece->length);
  if (owner->echo)
    engine_connection_send_data (connection, piece->opcode, piece->message_end, piece->data, piece->length, NULL);
  owner_note (owner, OWNER_DATA, connection, piece);
}

static void
owner_pong (EngineConnection *connection, guint8 *payload, gsize length)
{
  Owner *owner = owner_of (connection);

  owner_log_payload (owner, "pong", payload, length);
  owner_note (owner, OWNER_PONG, connection, NULL);
}

static void
owner_writable (EngineConnection *connection)
{
  owner_note (owner_of (connection), OWNER_WRITABLE, connection, NULL);
}

/* What these are for belongs to whoever asks for it; nobody here does. */
static void
owner_ignore (EngineConnection *connection)
{
}

static void
owner_closed (EngineConnection *connection, guint16 code, const char *reason)
{
  Owner *owner = owner_of (connection);

  g_string_append_printf (owner->log, "closed %u %s\n", code, reason != NULL ? reason : "-");
  owner_note (owner, OWNER_CLOSED, connection, NULL);
}

static void
owner_failed (EngineConnection *connection, const GError *error)
{
  Owner *owner = owner_of (connection);

  g_clear_error (&owner->error);
  owner->error = g_error_copy (error);
  g_string_append (owner->log, "failed\n");
  owner_note (owner, OWNER_FAILED, connection, NULL);
}

static void
owner_released (EngineConnection *connection)
{
  Owner *owner = owner_of (connection);

  if (owner->newest == connection)
    owner->newest = NULL;
  owner_note (owner, OWNER_RELEASED, connection, NULL);
}

static void
owner_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length)
{
  Owner *owner = protocol->context->owner;

  owner_log_payload (owner, "broadcast", payload, length);
  g_byte_array_append (owner->received, payload, (guint) length);
  owner_note (owner, OWNER_BROADCAST, owner->newest, NULL);
}

static void
owner_freed (gpointer data)
{
  Owner *owner = data;

  owner->context = NULL;
}

static const EngineEvents owner_events = {
  .request = owner_request,
  .handshake = owner_handshake,
  .accepted = owner_accepted,
  .accept_certificate = owner_accept_certificate,
  .opened = owner_opened,
  .data = owner_data,
  .pong = owner_pong,
  .writable = owner_writable,
  .sent = owner_ignore,
  .closing = owner_ignore,
  .closed = owner_closed,
  .failed = owner_failed,
  .released = owner_released,
  .broadcast = owner_broadcast,
  .freed = owner_freed,
};

/* --- life */

Owner *
owner_new_deaf (void)
{
  Owner *owner = g_new0 (Owner, 1);
  g_autoptr (GError) error = NULL;

  owner->log = g_string_new (NULL);
  owner->received = g_byte_array_new ();
  owner->context = engine_context_new (&owner_events, owner, &error);
  g_assert_no_error (error);
  owner->context->tick_microseconds = OWNER_TICK_MICROSECONDS;
  owner->context->limits.iteration_microseconds = G_MAXINT;
  owner->protocol = engine_context_add_protocol (owner->context, "test", NULL, &error);
  g_assert_no_error (error);

  return owner;
}

Owner *
owner_new (void)
{
  Owner *owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  engine_listener_open (owner->context, 0, &error);
  g_assert_no_error (error);
  owner->port = engine_listener_port (owner->context->listeners->pdata[0]);
  g_assert_cmpuint (owner->port, !=, 0);

  return owner;
}

void
owner_free (Owner *owner)
{
  owner->hook = NULL;
  if (owner->context != NULL)
    engine_context_destroy (owner->context);
  g_assert_null (owner->context);
  g_string_free (owner->log, TRUE);
  g_byte_array_unref (owner->received);
  g_clear_error (&owner->error);
  g_free (owner);
}

/* --- iterations */

void
owner_turn (gpointer data)
{
  Owner *owner = data;

  if (owner->context != NULL)
    engine_loop_service (owner->context, 0);
}

void
owner_settle (Owner *owner)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;
  struct epoll_event event;

  while (owner->context != NULL &&
         (engine_loop_has_work (owner->context) || epoll_wait (owner->context->epoll_fd, &event, 1, 0) > 0))
    {
      if (g_get_monotonic_time () > end)
        g_error ("The engine does not come to rest");
      engine_loop_service (owner->context, 0);
    }
}

void
owner_wait (Owner *owner, OwnerEvent event, guint count)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  while (owner->counts[event] < count)
    {
      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain for %u times %s", count, event_names[event]);
      g_assert_nonnull (owner->context);
      engine_loop_service (owner->context, 10);
    }
}

void
owner_advance (Owner *owner, guint ticks)
{
  owner->context->wheel_start -= (gint64) ticks * owner->context->tick_microseconds;
  /* On a busy machine the time of an iteration may be over before all that is due had its iteration. */
  do
    {
      owner_settle (owner);
      owner_turn (owner);
    }
  while (owner->context != NULL && (engine_loop_has_work (owner->context) ||
                                    engine_timer_wheel_is_due (&owner->context->wheel, owner->context->tick)));
}

void
owner_pass_deadline (Owner *owner, guint ticks, OwnerEvent event)
{
  guint before = owner->counts[event];

  owner_advance (owner, ticks);
  g_assert_cmpuint (owner->counts[event], ==, before);
  /* A timer never fires early: the tick in which it was set does not count. */
  owner_advance (owner, 1);
}

RawPeer *
owner_connect (Owner *owner)
{
  return raw_peer_connect (owner->port, owner_turn, owner);
}

RawPeer *
owner_connect_open (Owner *owner)
{
  RawPeer *peer = owner_connect (owner);

  raw_peer_upgrade (peer);

  return peer;
}

RawPeer *
owner_connect_slow (Owner *owner)
{
  const int small = 4096;
  RawPeer *peer = raw_peer_connect_small (owner->port, small, owner_turn, owner);

  raw_peer_upgrade (peer);
  setsockopt (owner->newest->watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);

  return peer;
}

guint
owner_n_connections (Owner *owner)
{
  guint count = 0;

  for (EngineConnection *connection = owner->context->first; connection != NULL; connection = connection->next)
    count++;
  for (EngineConnection *connection = owner->protocol->first; connection != NULL; connection = connection->next)
    count++;

  return count;
}
