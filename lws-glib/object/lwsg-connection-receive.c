/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-receive-private.h"

#include "lwsg-connection-deliver-private.h"
#include "lwsg-connection-look-private.h"
#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-store-private.h"

#include "engine/connection/memory-private.h"
#include "engine/websocket/open-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What is kept for a program that has not asked yet: enough that Pongs and a Close that
 * come behind it are mostly seen. Then nothing more is read. */
#define RECEIVE_HELD_MAX (64 * 1024)

/* What a message costs beside its payload. */
#define RECEIVE_MESSAGE_COST 256

/* --- the flow */

static void
receive_update_flow (LwsgConnection *self)
{
  gboolean pause = self->paused || self->held_bytes > RECEIVE_HELD_MAX;

  if (self->engine == NULL)
    return;

  if (self->engine->paused != pause)
    engine_connection_pause (self->engine, pause);
}

static void
received_free (LwsgReceived *received)
{
  lwsg_message_unref (received->message);
  g_free (received);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LwsgReceived, received_free)

void
lwsg_connection_drop_held (LwsgConnection *self)
{
  lwsg_connection_look_no_more (self);
  g_queue_clear_full (&self->held, (GDestroyNotify) received_free);
}

/* What there is of messages that the program has not got counts as the peer's. */
static void
receive_count (LwsgConnection *self)
{
  const gsize parts = self->parts != NULL ? lwsg_block_get_capacity (self->parts) : 0;

  if (self->engine != NULL && self->engine->held != parts + self->held_bytes)
    engine_memory_hold (self->engine, parts + self->held_bytes);
}

void
lwsg_connection_drop_received (LwsgConnection *self)
{
  g_clear_pointer (&self->parts, lwsg_block_free);
  g_queue_clear_full (&self->held, (GDestroyNotify) received_free);
  self->held_bytes = 0;
}

static gsize
received_cost (const LwsgReceived *received)
{
  return RECEIVE_MESSAGE_COST + g_bytes_get_size (lwsg_message_get_bytes (received->message));
}

static LwsgReceived *
receive_take_held (LwsgConnection *self)
{
  LwsgReceived *received = g_queue_pop_head (&self->held);

  self->held_bytes -= received_cost (received);
  receive_count (self);

  return received;
}

static void
receive_hold (LwsgConnection *self, const LwsgReceived *received)
{
  LwsgReceived *held = g_memdup2 (received, sizeof *received);

  lwsg_message_ref (held->message);
  g_queue_push_tail (&self->held, held);
  self->held_bytes += received_cost (held);
  receive_count (self);
}

gboolean
lwsg_connection_holds_too_much (LwsgConnection *self)
{
  return self->held_bytes > RECEIVE_HELD_MAX;
}

void
lwsg_connection_drop_unwanted (LwsgConnection *self)
{
  g_debug ("Dropping %u messages that nobody has wanted", g_queue_get_length (&self->held));
  self->unwanted = TRUE;
  g_queue_clear_full (&self->held, (GDestroyNotify) received_free);
  self->held_bytes = 0;
  receive_count (self);
  receive_update_flow (self);
}

static void
receive_return_held (LwsgConnection *self)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->receives);
  g_autoptr (LwsgReceived) received = NULL;

  if (!lwsg_connection_stop_waiting (task))
    return;
  received = receive_take_held (self);
  g_task_return_pointer (task, lwsg_message_ref (received->message), (GDestroyNotify) lwsg_message_unref);
}

/* FALSE: nobody is there for it. */
static gboolean
receive_deliver_first (LwsgConnection *self)
{
  g_autoptr (LwsgReceived) received = receive_take_held (self);

  if (lwsg_connection_deliver (self, received))
    return TRUE;

  g_queue_push_head (&self->held, g_steal_pointer (&received));
  self->held_bytes += received_cost (g_queue_peek_head (&self->held));
  receive_count (self);

  return FALSE;
}

/* The rest of a message goes where its beginning went, though streaming is off now; if nobody is
 * left there, nobody can use it. */
static void
receive_finish_pieces (LwsgConnection *self)
{
  g_autoptr (LwsgReceived) received = receive_take_held (self);

  lwsg_connection_deliver (self, received);
}

void
lwsg_connection_deliver_held (LwsgConnection *self)
{
  g_autoptr (LwsgConnection) alive = g_object_ref (self);

  while ((!self->paused || self->engine == NULL) && !g_queue_is_empty (&self->held))
    {
      const LwsgReceived *first = g_queue_peek_head (&self->held);

      if (first->is_piece && !self->streaming)
        receive_finish_pieces (self);
      else if (!g_queue_is_empty (&self->receives))
        receive_return_held (self);
      else if (!receive_deliver_first (self))
        break;
    }
  receive_update_flow (self);
}

/* --- what comes */

static void
receive_whole_or_piece (LwsgConnection *self, const LwsgReceived *received)
{
  if (received->last)
    {
      self->messages_received++;
      lwsg_connection_notify (self, LWSG_CONNECTION_PROP_MESSAGES_RECEIVED);
    }

  if (g_queue_is_empty (&self->held) && g_queue_is_empty (&self->receives) && !self->paused &&
      lwsg_connection_deliver (self, received))
    return;
  if (self->unwanted && !self->asked && !lwsg_connection_has_listener (self, self->streaming))
    return;
  receive_hold (self, received);
  lwsg_connection_deliver_held (self);
  if (!g_queue_is_empty (&self->held))
    lwsg_connection_look_for_handlers (self);
}

/* The bytes of a message, or of a piece of it if those are handed out; NULL if more is to come. */
static GBytes *
receive_gather (LwsgConnection *self, const WirePiece *piece)
{
  LwsgContext *context = self->engine->context->owner;
  gboolean alone = self->in_pieces || (piece->message_start && piece->message_end);
  GBytes *bytes = NULL;

  if (alone && piece->length < LWSG_STORE_BLOCK_MIN)
    return g_bytes_new (piece->data, piece->length);

  /* Below the message limit, which the decoder has checked. */
  self->parts = lwsg_store_append (context->store, self->parts, piece->data, piece->length, piece->frame_remaining);
  if (alone || piece->message_end)
    bytes = lwsg_block_to_bytes (g_steal_pointer (&self->parts));
  receive_count (self);

  return bytes;
}

guint8 *
lwsg_connection_room (LwsgConnection *self, gsize *length)
{
  return self->parts != NULL ? lwsg_block_room (self->parts, length) : NULL;
}

void
lwsg_connection_on_piece (LwsgConnection *self, const WirePiece *piece)
{
  /* A handler may close the context, and with it what keeps the connection alive. */
  g_autoptr (LwsgConnection) alive = g_object_ref (self);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (LwsgMessage) message = NULL;

  if (piece->message_start)
    self->in_pieces = self->streaming;
  bytes = receive_gather (self, piece);
  self->bytes_received += piece->length;
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_BYTES_RECEIVED);
  if (bytes == NULL)
    return;

  message = lwsg_message_new ((LwsgMessageType) piece->opcode, bytes);
  receive_whole_or_piece (self, &(LwsgReceived){ message, self->in_pieces, piece->message_end });
}

/* --- the API */

/**
 * lwsg_connection_receive_async:
 * @self: a connection
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called with the next message
 * @user_data: for @callback
 *
 * Waits for the next message. From the first call on nothing is read from the peer but
 * what is asked for here, and 64 KiB ahead of that: a program that is slow slows down its
 * peer, and needs no memory for it. Several calls may wait at the same time.
 *
 * A connection is read either like this or by #LwsgConnection::message: while that signal
 * or the one of its #LwsgProtocol has a handler, or #LwsgConnection:streaming is on, the
 * error is %LWSG_ERROR_BUSY. One may change from one way to the other at any time: what comes
 * between is kept. Only on the context's thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_receive_async (LwsgConnection *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, lwsg_connection_receive_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->streaming || lwsg_connection_has_listener (self, FALSE))
    {
      g_task_return_new_error (task, LWSG_ERROR, LWSG_ERROR_BUSY,
                               _("The messages of this connection go to handlers of a signal"));
      return;
    }

  self->asked = TRUE;
  if (g_queue_is_empty (&self->held) && self->engine == NULL)
    {
      lwsg_connection_set_closed_error (self, &error);
      g_task_return_error (task, error);
      return;
    }

  lwsg_connection_watch_cancellable (task);
  g_queue_push_tail (&self->receives, g_steal_pointer (&task));
  lwsg_connection_deliver_held (self);
  if (self->engine == NULL)
    lwsg_connection_wait_fail (self, &self->receives);
}

/**
 * lwsg_connection_receive_finish:
 * @self: a connection
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_connection_receive_async(). A message that a cancelled call did not take is
 * there for the next one.
 *
 * Returns: (transfer full): the message; %NULL with %LWSG_ERROR_CLOSED after the last
 *   one, with %LWSG_ERROR_BUSY if the connection has handlers for its messages, or with
 *   %G_IO_ERROR_CANCELLED
 *
 * Since: 1.0
 */
LwsgMessage *
lwsg_connection_receive_finish (LwsgConnection *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, lwsg_connection_receive_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
