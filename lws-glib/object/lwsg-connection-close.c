/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-close-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-error-private.h"
#include "lwsg-home-private.h"

#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/websocket/control-private.h"
#include "wire/utf8-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* --- pings */

typedef struct {
  GTask *task;
  GBytes *payload;
  gint64 sent;
} LwsgPing;

static void
ping_free (LwsgPing *ping)
{
  g_object_unref (ping->task);
  g_bytes_unref (ping->payload);
  g_free (ping);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LwsgPing, ping_free)

/* A payload that no other ping of the connection has. */
static GBytes *
ping_payload (LwsgConnection *self)
{
  guint64 number = ++self->last_ping;

  return g_bytes_new (&number, sizeof number);
}

/**
 * lwsg_connection_ping_async:
 * @self: a connection
 * @payload: (nullable): up to 125 bytes; %NULL to have some made up
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called when the Pong has come
 * @user_data: for @callback
 *
 * Sends a Ping (RFC 6455 section 5.5.2) and waits for its Pong. It overtakes messages
 * that wait to be sent. Connections are also checked by pings of their own: see
 * #LwsgContext:ping-interval. Only on the context's thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_ping_async (LwsgConnection *self, GBytes *payload, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;
  LwsgPing *ping;
  gsize length;
  const guint8 *data;

  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, lwsg_connection_ping_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  bytes = payload != NULL ? g_bytes_ref (payload) : ping_payload (self);
  data = g_bytes_get_data (bytes, &length);

  if (self->engine == NULL)
    {
      lwsg_connection_set_closed_error (self, &error);
      g_task_return_error (task, error);
      return;
    }
  if (!engine_connection_send_control (self->engine, WIRE_OPCODE_PING, data, length, &error))
    {
      g_task_return_error (task, lwsg_error_from_engine (error, 0));
      g_error_free (error);
      return;
    }

  lwsg_connection_watch_cancellable (task);
  ping = g_new (LwsgPing, 1);
  *ping = (LwsgPing){ g_steal_pointer (&task), g_steal_pointer (&bytes), g_get_monotonic_time () };
  g_queue_push_tail (&self->pings, ping);
}

/**
 * lwsg_connection_ping_finish:
 * @self: a connection
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_connection_ping_async().
 *
 * Returns: how long it took from the Ping to the Pong, in microseconds; -1 with
 *   %LWSG_ERROR_CLOSED or %LWSG_ERROR_INVALID_ARGUMENT
 *
 * Since: 1.0
 */
gint64
lwsg_connection_ping_finish (LwsgConnection *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gssize round_trip;

  g_return_val_if_fail (g_task_is_valid (result, self), -1);
  g_return_val_if_fail (g_async_result_is_tagged (result, lwsg_connection_ping_async), -1);

  round_trip = g_task_propagate_int (G_TASK (result), &failure);
  if (failure == NULL)
    return round_trip;
  g_propagate_error (error, g_steal_pointer (&failure));

  return -1;
}

static gboolean
ping_is_waiting_for (LwsgConnection *self, const guint8 *payload, gsize length)
{
  for (GList *link = self->pings.head; link != NULL; link = link->next)
    {
      const LwsgPing *ping = link->data;
      gsize size;
      const guint8 *data = g_bytes_get_data (ping->payload, &size);

      if (size == length && (length == 0 || memcmp (data, payload, length) == 0))
        return TRUE;
    }

  return FALSE;
}

/* The last of several Pings may be answered alone (section 5.5.3): the ones before it
 * are then answered as well. */
static void
ping_answer (LwsgConnection *self, const guint8 *payload, gsize length)
{
  gint64 now = g_get_monotonic_time ();
  gboolean found = FALSE;

  while (!found && !g_queue_is_empty (&self->pings))
    {
      g_autoptr (LwsgPing) ping = g_queue_pop_head (&self->pings);
      gsize size;
      const guint8 *data = g_bytes_get_data (ping->payload, &size);

      found = size == length && (length == 0 || memcmp (data, payload, length) == 0);
      self->round_trip = now - ping->sent;
      if (lwsg_connection_stop_waiting (ping->task))
        g_task_return_int (ping->task, (gssize) (now - ping->sent));
    }
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_ROUND_TRIP_TIME);
}

void
lwsg_connection_on_pong (LwsgConnection *self, const guint8 *payload, gsize length)
{
  g_autoptr (LwsgConnection) alive = g_object_ref (self);
  g_autoptr (GBytes) bytes = g_bytes_new (payload, length);

  if (ping_is_waiting_for (self, payload, length))
    ping_answer (self, g_bytes_get_data (bytes, NULL), length);
  g_signal_emit (self, lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_PONG], 0, bytes);
}

void
lwsg_connection_fail_pings (LwsgConnection *self)
{
  while (!g_queue_is_empty (&self->pings))
    {
      g_autoptr (LwsgPing) ping = g_queue_pop_head (&self->pings);
      GError *error = NULL;

      if (!lwsg_connection_stop_waiting (ping->task))
        continue;
      lwsg_connection_set_closed_error (self, &error);
      g_task_return_error (ping->task, error);
    }
}

/* --- the end */

static gboolean
close_check_reason (guint code, const char *reason, gsize length, GError **error)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;

  if (length > 0 && code == LWSG_CLOSE_NO_STATUS)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("A Close without a code (%d) can't carry a reason; one with a code such as %d can"),
                   LWSG_CLOSE_NO_STATUS, LWSG_CLOSE_NORMAL);
      return FALSE;
    }
  if (length > WIRE_CLOSE_REASON_MAX)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("The reason of a Close has at most %d bytes, not %zu"), WIRE_CLOSE_REASON_MAX, length);
      return FALSE;
    }
  if (length > 0 && (!wire_utf8_feed (&state, (const guint8 *) reason, length) || state != WIRE_UTF8_BOUNDARY))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("The reason of a Close must be valid UTF-8"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
close_check (guint code, const char *reason, GError **error)
{

  /* 1005: a Close without code. */
  if (code != LWSG_CLOSE_NO_STATUS && code != LWSG_CLOSE_NORMAL && !wire_close_code_is_valid (code))
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("%u is no close code to send: 1000 is, others of 1001 to 1014 that are defined, and 3000 to 4999"),
                   code);
      return FALSE;
    }
  return close_check_reason (code, reason, reason != NULL ? strlen (reason) : 0, error);
}

/**
 * lwsg_connection_close:
 * @self: a connection
 * @code: why: 1000 if all is well, or 3000 to 4999 as the application defines; 1005 to
 *   give none, and then no reason either
 * @reason: (nullable): up to 123 bytes of UTF-8
 * @error: return location for a #GError
 *
 * Starts the closing handshake (RFC 6455 section 7.1.2), after all messages that were
 * sent before. Nothing can be sent any more, and nothing is received but the peer's
 * Close. #LwsgConnection::closed tells when it is over. Only on the context's thread.
 *
 * A connection that is closing already, or is closed, stays as it is.
 *
 * Returns: %TRUE if the closing has begun, now or before; %FALSE with
 *   %LWSG_ERROR_INVALID_ARGUMENT if @code or @reason can't be sent
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_close (LwsgConnection *self, guint code, const char *reason, GError **error)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!close_check (code, reason, error))
    return FALSE;
  if (self->engine == NULL || self->engine->state != ENGINE_STATE_OPEN)
    return TRUE;

  g_atomic_int_set (&self->state, LWSG_CONNECTION_CLOSING);
  engine_connection_close (self->engine, (guint16) code, reason, reason != NULL ? strlen (reason) : 0);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_STATE);

  return TRUE;
}

/**
 * lwsg_connection_close_async:
 * @self: a connection
 * @code: as for lwsg_connection_close()
 * @reason: (nullable): as for lwsg_connection_close()
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called when the connection is closed
 * @user_data: for @callback
 *
 * Closes a connection and waits until it is closed: for the peer's Close, or
 * #LwsgContext:close-timeout. One that is being closed already is waited for. Only on
 * the context's thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_close_async (LwsgConnection *self, guint code, const char *reason, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, lwsg_connection_close_async);
  if (!lwsg_connection_close (self, code, reason, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  lwsg_connection_watch_cancellable (task);
  g_queue_push_tail (&self->closes, g_steal_pointer (&task));
  if (self->engine == NULL)
    lwsg_connection_finish_closes (self);
}

/**
 * lwsg_connection_close_finish:
 * @self: a connection
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_connection_close_async().
 *
 * Returns: %TRUE if both sides have sent a Close; %FALSE with %LWSG_ERROR_CLOSED if the
 *   connection ended without the peer's, or with %LWSG_ERROR_INVALID_ARGUMENT as
 *   lwsg_connection_close()
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_close_finish (LwsgConnection *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, lwsg_connection_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
lwsg_connection_finish_closes (LwsgConnection *self)
{
  while (!g_queue_is_empty (&self->closes))
    {
      g_autoptr (GTask) task = g_queue_pop_head (&self->closes);
      GError *error = NULL;

      if (!lwsg_connection_stop_waiting (task))
        continue;
      if (self->peer_closed)
        g_task_return_boolean (task, TRUE);
      else
        {
          lwsg_connection_set_closed_error (self, &error);
          g_task_return_error (task, error);
        }
    }
}
