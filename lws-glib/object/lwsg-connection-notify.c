/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-connection-notify-private.h"

#include "lwsg-connection-private.h"

#include "engine/connection/write-private.h"

/* Who is told of changes: the signals and the properties of the class, by which all its other files tell. */

GParamSpec *lwsg_connection_properties[LWSG_CONNECTION_N_PROPS];
guint lwsg_connection_signals[LWSG_CONNECTION_N_SIGNALS];

void
lwsg_connection_notify (LwsgConnection *self, guint property)
{
  g_object_notify_by_pspec (G_OBJECT (self), lwsg_connection_properties[property]);
}

static gboolean
notify_is_wanted (LwsgConnection *self, guint property)
{
  static guint notify_signal;
  GQuark detail = g_param_spec_get_name_quark (lwsg_connection_properties[property]);

  if (notify_signal == 0)
    notify_signal = g_signal_lookup ("notify", G_TYPE_OBJECT);

  return g_signal_has_handler_pending (self, notify_signal, detail, FALSE);
}

void
lwsg_connection_notify_when_sent (LwsgConnection *self)
{
  if (self->watching_output || self->engine == NULL || self->engine->output.bytes == 0 ||
      !notify_is_wanted (self, LWSG_CONNECTION_PROP_BUFFERED_AMOUNT))
    return;

  self->watching_output = TRUE;
  engine_connection_mark (self->engine, self);
}
