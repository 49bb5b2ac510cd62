/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-send-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-error-private.h"
#include "lwsg-home-private.h"
#include "lwsg-message-check-private.h"

#include "engine/broadcast/mailbox-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/state-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/send-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* --- the slow consumer */

static void
drop_messages (LwsgConnection *self, guint count)
{
  if (count == 0)
    return;

  self->dropped += count;
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_DROPPED_MESSAGES);
}

static gsize
frame_size (LwsgConnection *self, gsize length)
{
  return wire_frame_header_size (length, self->is_client) + length;
}

/* Makes room for a message, or for what follows of it, according to the policy. FALSE: it
 * is not to be sent, and that is an error if @error is set. Of those that are dropped for it, it itself perhaps, the
 * caller tells when it is done: who hears of them may send, too. */
static gboolean
make_room (LwsgConnection *self, gsize length, guint *dropped, GError **error)
{
  EngineOutputQueue *output = &self->engine->output;
  gsize size = frame_size (self, length);
  gsize wanted = engine_output_queue_counted (output) + size;
  gboolean fits;

  if (engine_output_queue_has_room (output, size, self->max_buffered))
    return TRUE;
  /* Nobody could use half a message. */
  if (self->engine->sending_message && self->policy != LWSG_SLOW_CONSUMER_CLOSE)
    return TRUE;

  switch (self->policy)
    {
    case LWSG_SLOW_CONSUMER_DROP_OLDEST:
      *dropped = engine_output_queue_drop (output, wanted - MIN (self->max_buffered, wanted),
                                    engine_deflate_may_drop (self->engine));
      if (engine_output_queue_has_reached (output))
        engine_connection_enqueue (self->engine, ENGINE_QUEUE_SENT);
      /* If not, what is left has begun to leave, and leaves no room. */
      fits = engine_output_queue_has_room (output, size, self->max_buffered);
      *dropped += fits ? 0 : 1;
      return fits;
    case LWSG_SLOW_CONSUMER_DROP_NEWEST:
      *dropped = 1;
      return FALSE;
    case LWSG_SLOW_CONSUMER_CLOSE:
      break;
    }

  g_set_error (error, LWSG_ERROR, LWSG_ERROR_BUFFER_FULL,
               _("%zu bytes wait for the peer to take them, no more than %zu may"), output->bytes, self->max_buffered);
  lwsg_connection_close (self, LWSG_CLOSE_POLICY, "too slow", NULL);

  return FALSE;
}

/* --- on the service thread */

/* What was sent is told when all of it is done. */
static void
notify_sent (LwsgConnection *self, gboolean last)
{
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_BYTES_SENT);
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_BUFFERED_AMOUNT);
  if (last)
    lwsg_connection_notify (self, LWSG_CONNECTION_PROP_MESSAGES_SENT);
  lwsg_connection_notify_when_sent (self);
}

gboolean
lwsg_connection_send_here (LwsgConnection *self, LwsgMessageType type, gboolean last, const guint8 *payload,
                           gsize length, GError **error)
{
  g_autoptr (GError) failure = NULL;
  guint dropped = 0;

  if (self->engine == NULL || self->engine->state != ENGINE_STATE_OPEN)
    return lwsg_connection_set_closed_error (self, error);
  if (self->dropping)
    {
      self->dropping = !last;
      return TRUE;
    }
  if (!make_room (self, length, &dropped, &failure))
    {
      self->dropping = failure == NULL && !last;
      drop_messages (self, dropped);
      if (failure == NULL)
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (!engine_connection_send_data (self->engine, (WireOpcode) type, last, payload, length, &failure))
    {
      drop_messages (self, dropped);
      return lwsg_error_propagate (error, g_steal_pointer (&failure));
    }

  if (G_UNLIKELY (frame_size (self, length) > self->max_buffered))
    engine_output_queue_note_large (&self->engine->output, frame_size (self, length));
  self->bytes_sent += length;
  self->messages_sent += last ? 1 : 0;
  drop_messages (self, dropped);
  notify_sent (self, last);

  return TRUE;
}

static gboolean
is_within_message (LwsgConnection *self)
{
  return self->engine != NULL && (self->engine->sending_message || self->dropping);
}

/* A message in one piece: not while another one is being sent in fragments. */
static gboolean
send_whole (LwsgConnection *self, LwsgMessageType type, const guint8 *payload, gsize length, GError **error)
{
  if (is_within_message (self))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_BUSY,
                           _("A message is being sent in fragments, and its last one has not come yet"));
      return FALSE;
    }

  return lwsg_connection_send_here (self, type, TRUE, payload, length, error);
}

/* --- between two fragments */

static LwsgMessage *
kept_take (LwsgConnection *self)
{
  LwsgMessage *message = g_queue_pop_head (&self->kept);

  if (message != NULL)
    {
      gsize size = g_bytes_get_size (lwsg_message_get_bytes (message));

      self->kept_bytes -= size;
      if (size == self->kept_large)
        self->kept_large = 0;
    }

  return message;
}

void
lwsg_connection_drop_kept (LwsgConnection *self)
{
  LwsgMessage *message;

  while ((message = kept_take (self)) != NULL)
    lwsg_message_unref (message);
}

/* The policy holds for what is kept, too. */
static gboolean
kept_make_room (LwsgConnection *self, gsize length, GError **error)
{
  if (length > self->max_buffered ? self->kept_large == 0
                                  : self->kept_bytes - self->kept_large <= self->max_buffered - length)
    return TRUE;

  if (self->policy == LWSG_SLOW_CONSUMER_CLOSE)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_BUFFER_FULL,
                   _("%zu bytes wait for the end of a message in fragments, no more than %zu may"), self->kept_bytes,
                   self->max_buffered);
      lwsg_connection_close (self, LWSG_CLOSE_POLICY, "too slow", NULL);
    }
  else
    drop_messages (self, 1);

  return FALSE;
}

gboolean
lwsg_connection_send_or_keep (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gsize length;
  const guint8 *payload = g_bytes_get_data (bytes, &length);

  if (!is_within_message (self) || self->engine->state != ENGINE_STATE_OPEN)
    return lwsg_connection_send_here (self, type, TRUE, payload, length, error);
  if (!kept_make_room (self, length, &failure))
    {
      if (failure == NULL)
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }

  g_queue_push_tail (&self->kept, lwsg_message_new (type, bytes));
  self->kept_bytes += length;
  if (length > self->max_buffered)
    self->kept_large = length;

  return TRUE;
}

/* The last fragment has been sent. */
static void
send_kept (LwsgConnection *self)
{
  g_autoptr (LwsgConnection) alive = g_object_ref (self);

  while (!g_queue_is_empty (&self->kept) && !is_within_message (self))
    {
      g_autoptr (LwsgMessage) message = kept_take (self);
      g_autoptr (GError) error = NULL;

      if (!lwsg_connection_send_or_keep (self, lwsg_message_get_message_type (message),
                                         lwsg_message_get_bytes (message), &error))
        g_debug ("A message that was kept was not sent: %s", error->message);
    }
}

/* --- from other threads */

typedef struct {
  LwsgConnection *connection;
  LwsgMessageType type;
  GBytes *bytes;
} SendLetter;

static void
send_letter_free (gpointer data)
{
  SendLetter *call = data;

  g_atomic_pointer_add (&call->connection->posted, -(gssize) g_bytes_get_size (call->bytes));
  g_object_unref (call->connection);
  g_bytes_unref (call->bytes);
  g_free (call);
}

static void
send_letter_deliver (gpointer data)
{
  SendLetter *call = data;
  g_autoptr (GError) error = NULL;

  /* Nobody is left to be told but by ::closed. */
  if (!lwsg_connection_send_or_keep (call->connection, call->type, call->bytes, &error))
    g_debug ("A message of another thread was not sent: %s", error->message);
}

static gboolean
send_from_elsewhere (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error)
{
  SendLetter *call;
  g_autoptr (GError) failure = NULL;

  if (g_atomic_int_get (&self->state) != LWSG_CONNECTION_OPEN)
    {
      /* Why it was closed is not to be read here before it is. */
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The connection is closed, or is being closed"));
      return FALSE;
    }

  call = g_new (SendLetter, 1);
  *call = (SendLetter){ g_object_ref (self), type, g_bytes_ref (bytes) };
  g_atomic_pointer_add (&self->posted, (gssize) g_bytes_get_size (bytes));
  if (!engine_mailbox_post (self->home->mailbox, send_letter_deliver, call, send_letter_free, g_bytes_get_size (bytes),
                          &failure))
    return lwsg_error_propagate (error, g_steal_pointer (&failure));

  return TRUE;
}

/* FALSE: the connection is at home elsewhere. Otherwise whether it was sent is in *sent. */
static gboolean
send_if_here (LwsgConnection *self, LwsgMessageType type, const guint8 *payload, gsize length, gboolean *sent,
              GError **error)
{
  EngineClaim claim;

  if (!lwsg_home_claim (self->home, &claim))
    return FALSE;
  *sent = send_whole (self, type, payload, length, error);
  engine_mailbox_unclaim (&claim);

  return TRUE;
}

static gboolean
send_from_anywhere (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error)
{
  gsize length;
  const guint8 *payload = g_bytes_get_data (bytes, &length);
  gboolean sent;

  if (send_if_here (self, type, payload, length, &sent, error))
    return sent;

  return send_from_elsewhere (self, type, bytes, error);
}

/* --- the API */

/**
 * lwsg_connection_send:
 * @self: a connection
 * @type: the type of the message
 * @bytes: its payload; for text, valid UTF-8, NUL characters included
 * @error: return location for a #GError
 *
 * Sends a message. It never waits: what the kernel does not take at once is queued,
 * up to #LwsgConnection:max-buffered-amount, and then
 * #LwsgConnection:slow-consumer-policy decides.
 *
 * It may be called from any thread. From another one than the context's, the message is
 * handed over, and what fails later is told by #LwsgConnection::closed alone. The
 * messages of one thread stay in order.
 *
 * Errors are %LWSG_ERROR_CLOSED if the connection is not open,
 * %LWSG_ERROR_INVALID_ARGUMENT for text that is not UTF-8, %LWSG_ERROR_BUFFER_FULL if the
 * policy closed the connection, %LWSG_ERROR_BUSY between two fragments, and in other
 * threads %LWSG_ERROR_FAILED if the context's takes no messages for 5 seconds.
 *
 * Returns: %TRUE if the message is on its way, or was dropped according to the policy
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_send (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error)
{
  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  return lwsg_message_check (type, bytes, error) && send_from_anywhere (self, type, bytes, error);
}

/**
 * lwsg_connection_send_text:
 * @self: a connection
 * @text: UTF-8
 * @error: return location for a #GError
 *
 * Sends a text message, as lwsg_connection_send() does. Text with NUL characters in it
 * is for that function.
 *
 * Returns: %TRUE if the message is on its way, or was dropped according to the policy;
 *   %FALSE with the errors of lwsg_connection_send()
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_send_text (LwsgConnection *self, const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  gboolean sent;

  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  bytes = g_bytes_new_static (text, strlen (text));
  if (!lwsg_message_check (LWSG_MESSAGE_TEXT, bytes, error))
    return FALSE;
  if (send_if_here (self, LWSG_MESSAGE_TEXT, (const guint8 *) text, strlen (text), &sent, error))
    return sent;

  /* The other thread needs a copy. */
  g_bytes_unref (bytes);
  bytes = g_bytes_new (text, strlen (text));

  return send_from_elsewhere (self, LWSG_MESSAGE_TEXT, bytes, error);
}

/**
 * lwsg_connection_send_fragment:
 * @self: a connection
 * @type: the type of the message, the same for all its fragments
 * @bytes: a part of its payload; text may be cut within a character
 * @last: whether this is the end of the message
 * @error: return location for a #GError
 *
 * Sends a message whose length isn't known yet, piece by piece (RFC 6455 section 5.4).
 * Only on the context's thread. Text is not checked. Messages of other threads, and
 * broadcasts, wait for the last fragment.
 *
 * Nobody could use half a message: once it has begun, a #LwsgConnection:slow-consumer-policy
 * that drops messages drops no part of it, whatever waits by then. Who sends a long one to a
 * peer that may be slow looks at #LwsgConnection:buffered-amount.
 *
 * Returns: %TRUE if the fragment is on its way; %FALSE with the errors of
 *   lwsg_connection_send()
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_send_fragment (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, gboolean last,
                               GError **error)
{
  gsize length;
  const guint8 *payload;

  g_return_val_if_fail (LWSG_IS_CONNECTION (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_message_check_type (type, error))
    return FALSE;
  payload = g_bytes_get_data (bytes, &length);
  if (!lwsg_connection_send_here (self, type, last, payload, length, error))
    return FALSE;
  if (last)
    send_kept (self);

  return TRUE;
}
