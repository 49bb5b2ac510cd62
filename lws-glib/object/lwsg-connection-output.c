/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-output-private.h"

#include "lwsg-connection-notify-private.h"
#include "lwsg-connection-private.h"
#include "lwsg-connection-wait-private.h"
#include "lwsg-home-private.h"

#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/open-private.h"

/* What waits for the peer: who is told that it has left. */

/**
 * lwsg_connection_send_async:
 * @self: a connection
 * @type: the type of the message
 * @bytes: its payload
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called when the message has been handed to the kernel
 * @user_data: for @callback
 *
 * Sends a message like lwsg_connection_send(), and tells when all of it has been handed
 * to the kernel: whoever waits for that before the next message never queues more than
 * one. Only on the context's thread. To cancel it doesn't take the message back.
 *
 * Since: 1.0
 */
void
lwsg_connection_send_async (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (LWSG_IS_CONNECTION (self));
  g_return_if_fail (bytes != NULL);
  lwsg_return_if_elsewhere (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, lwsg_connection_send_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (!lwsg_connection_send (self, type, bytes, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (self->engine == NULL)
    {
      lwsg_connection_set_closed_error (self, &error);
      g_task_return_error (task, error);
      return;
    }
  if (self->engine->state == ENGINE_STATE_OPEN && self->engine->output.bytes == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  /* A connection that was lost in sending fails it when it tells of its end. */
  if (self->engine->state == ENGINE_STATE_OPEN)
    engine_connection_mark (self->engine, task);
  lwsg_connection_watch_cancellable (task);
  g_queue_push_tail (&self->sends, g_steal_pointer (&task));
}

/**
 * lwsg_connection_send_finish:
 * @self: a connection
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends lwsg_connection_send_async(). %G_IO_ERROR_CANCELLED does not mean that the message
 * was not sent.
 *
 * Returns: %TRUE if the kernel has the message, or it was dropped according to
 *   #LwsgConnection:slow-consumer-policy; %FALSE with the errors of
 *   lwsg_connection_send()
 *
 * Since: 1.0
 */
gboolean
lwsg_connection_send_finish (LwsgConnection *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, lwsg_connection_send_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
lwsg_connection_on_sent (LwsgConnection *self)
{
  g_autoptr (LwsgConnection) alive = g_object_ref (self);
  gpointer reached;

  while (self->engine != NULL && (reached = engine_output_queue_reached (&self->engine->output)) != NULL)
    {
      g_autoptr (GTask) task = NULL;

      if (reached == self)
        {
          self->watching_output = FALSE;
          lwsg_connection_notify_when_sent (self);
          continue;
        }
      task = g_queue_pop_head (&self->sends);
      g_assert (task == reached);
      if (lwsg_connection_stop_waiting (task))
        g_task_return_boolean (task, TRUE);
    }
  lwsg_connection_notify (self, LWSG_CONNECTION_PROP_BUFFERED_AMOUNT);
}

/**
 * lwsg_connection_request_writable:
 * @self: a connection
 *
 * Asks for one #LwsgConnection::writable, to be emitted when nothing waits to be sent;
 * in the next iteration of the main loop, if that is so already. Never on a connection that
 * is not open. Only on the context's thread.
 *
 * Since: 1.0
 */
void
lwsg_connection_request_writable (LwsgConnection *self)
{
  g_return_if_fail (LWSG_IS_CONNECTION (self));
  lwsg_return_if_elsewhere (self->home);

  if (self->engine != NULL && self->engine->state == ENGINE_STATE_OPEN)
    engine_connection_request_writable (self->engine);
}

void
lwsg_connection_on_writable (LwsgConnection *self)
{
  g_signal_emit (self, lwsg_connection_signals[LWSG_CONNECTION_SIGNAL_WRITABLE], 0);
}
