/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-wait-private.h"

#include "lwsg-connection-private.h"

#include <glib/gi18n-lib.h>

/* Tasks that wait for something on a connection: they end when that comes, when they are cancelled, or with
 * the connection. */

gboolean
lwsg_connection_set_closed_error (LwsgConnection *self, GError **error)
{
  if (self->close_reason != NULL)
    g_set_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The connection is closed (%u): %s"), self->close_code,
                 self->close_reason);
  else if (self->home == NULL)
    g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The connection has never been open"));
  else if (self->close_code != 0)
    g_set_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The connection is closed (%u)"), self->close_code);
  else
    g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED, _("The connection is being closed"));

  return FALSE;
}

static gboolean
wait_on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_autoptr (GTask) task = g_object_ref (data);
  LwsgConnection *self = g_task_get_source_object (task);

  if (!g_cancellable_is_cancelled (cancellable))
    /* It was reset before we came to see it. */
    return G_SOURCE_CONTINUE;

  /* The next message is for the next one; other tasks are found to be cancelled when
   * their time comes. */
  if (g_queue_remove (&self->receives, task))
    g_object_unref (task);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

static void
wait_drop_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* The source lives as long as the task waits, and holds no reference to it. */
void
lwsg_connection_watch_cancellable (GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GSource *source;

  /* What has come is not lost by cancelling while the task is on its way back. */
  g_task_set_check_cancellable (task, FALSE);
  if (cancellable == NULL)
    return;

  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (wait_on_cancelled), task, NULL);
  g_source_attach (source, g_task_get_context (task));
  g_task_set_task_data (task, source, wait_drop_source);
}

gboolean
lwsg_connection_stop_waiting (GTask *task)
{
  g_task_set_task_data (task, NULL, NULL);

  return !g_task_had_error (task);
}

void
lwsg_connection_wait_fail (LwsgConnection *self, GQueue *tasks)
{
  while (!g_queue_is_empty (tasks))
    {
      g_autoptr (GTask) task = g_queue_pop_head (tasks);
      GError *error = NULL;

      if (!lwsg_connection_stop_waiting (task))
        continue;
      lwsg_connection_set_closed_error (self, &error);
      g_task_return_error (task, error);
    }
}
