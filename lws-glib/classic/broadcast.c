/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/broadcast/broadcast-private.h"

#include "classic-private.h"

#include <glib/gi18n-lib.h>

/**
 * libwebsockets_broadcast:
 * @protocol: an entry of the list that was given to libwebsocket_create_context()
 * @buf: (array length=len): the payload; called from a callback, with the padding
 *   that libwebsocket_write() asks for
 * @len: its length in bytes, at most 64 MiB
 *
 * Calls each open connection of @protocol with %LWS_CALLBACK_BROADCAST, in the
 * process and on the thread that run the service loop; the callback usually passes
 * the payload on to libwebsocket_write().
 *
 * It may be called from that thread, and then calls back before it returns, from
 * any other thread, and from any process that was forked after the context was
 * made, or that its service process was forked from. If the loop does not keep up,
 * the call waits: in another process for 5 seconds, in another thread until nothing was
 * taken for 5 seconds. Broadcasts of one thread stay in order.
 *
 * Returns: 0, or -1 if the service process has ended or does not take broadcasts,
 *   or no context was made of @protocol
 *
 * Since: 1.0
 */
int
libwebsockets_broadcast (const struct libwebsocket_protocols *protocol, unsigned char *buf, size_t len)
{
  EngineProtocol *group;
  GError *error = NULL;

  g_return_val_if_fail (protocol != NULL, -1);
  g_return_val_if_fail (buf != NULL || len == 0, -1);

  group = classic_protocol_of_entry (protocol);
  if (group == NULL)
    error = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_INVALID, _("No context was made of the protocol"));
  else
    engine_protocol_broadcast (group, buf, len, &error);

  return error == NULL ? 0 : classic_failure (G_STRFUNC, error);
}
