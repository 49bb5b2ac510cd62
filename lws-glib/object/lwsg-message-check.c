/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-message-check-private.h"

#include "wire/utf8-private.h"

#include <glib/gi18n-lib.h>

/* What a program wants to send: is it a message? Text must be valid UTF-8 (RFC 6455 section 5.6). */

/* A GBytes: the text that handlers in this thread are being given. */
static GPrivate check_validated;

GBytes *
lwsg_message_check_swap_validated (GBytes *bytes)
{
  GBytes *outer = g_private_get (&check_validated);

  g_private_set (&check_validated, bytes);

  return outer;
}

gboolean
lwsg_message_check_type (LwsgMessageType type, GError **error)
{
  if (type == LWSG_MESSAGE_TEXT || type == LWSG_MESSAGE_BINARY)
    return TRUE;

  g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%d is no type of message"), (int) type);
  return FALSE;
}

gboolean
lwsg_message_check (LwsgMessageType type, GBytes *bytes, GError **error)
{
  WireUtf8 state = WIRE_UTF8_BOUNDARY;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  if (!lwsg_message_check_type (type, error))
    return FALSE;
  /* Echoes, and what a chat passes on, were checked when they came. */
  if (type == LWSG_MESSAGE_BINARY || bytes == g_private_get (&check_validated))
    return TRUE;
  if (wire_utf8_feed (&state, data, length) && state == WIRE_UTF8_BOUNDARY)
    return TRUE;

  g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("A text message must be valid UTF-8"));
  return FALSE;
}
