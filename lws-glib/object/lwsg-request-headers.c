/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-headers-private.h"

#include "lwsg-home-private.h"
#include "lwsg-request-private.h"
#include "lwsg-request-state-private.h"

#include "wire/http-field-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The headers of a request, and those that a program adds to the answer. */

/**
 * lwsg_request_get_header:
 * @self: a request
 * @name: the name of a header; case does not matter
 *
 * Gets a header of the request, the first one of that name: a client, and each proxy on the
 * way, may have sent one. Where it matters who wrote it there is lwsg_request_get_headers().
 *
 * The value is valid UTF-8. One that did not come as UTF-8 is taken for ISO-8859-1, the charset
 * that headers once had: each byte is the character of that number.
 *
 * Returns: (transfer none) (nullable): the value, without the white space around it; %NULL if
 *   there is none
 *
 * Since: 1.0
 */
const char *
lwsg_request_get_header (LwsgRequest *self, const char *name)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; self->names != NULL && self->names[i] != NULL; i++)
    if (g_ascii_strcasecmp (self->names[i], name) == 0)
      return self->values[i];

  return NULL;
}

/**
 * lwsg_request_get_headers:
 * @self: a request
 * @name: the name of a header; case does not matter
 *
 * Gets all headers of one name. A proxy adds what it knows behind what it got: of the headers
 * X-Forwarded-For the last one is that of the nearest proxy, and those before it are as good
 * as whoever sent them.
 *
 * Returns: (transfer full) (array zero-terminated=1): the values in the order in which they
 *   came, as lwsg_request_get_header() gives them; empty if there are none
 *
 * Since: 1.0
 */
char **
lwsg_request_get_headers (LwsgRequest *self, const char *name)
{
  g_autoptr (GStrvBuilder) found = NULL;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  found = g_strv_builder_new ();
  for (guint i = 0; self->names != NULL && self->names[i] != NULL; i++)
    if (g_ascii_strcasecmp (self->names[i], name) == 0)
      g_strv_builder_add (found, self->values[i]);

  return g_strv_builder_end (found);
}

/**
 * lwsg_request_list_headers:
 * @self: a request
 *
 * Lists the headers of the request.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, in order and as they came
 *
 * Since: 1.0
 */
char **
lwsg_request_list_headers (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->names != NULL ? g_strdupv (self->names) : g_new0 (char *, 1);
}

gboolean
lwsg_request_check_field (const char *value, GError **error)
{
  if (value == NULL || wire_is_field_value (value))
    return TRUE;

  g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                       _("The value of a header must not have control characters"));
  return FALSE;
}

/* What frames an answer and what an upgrade says (RFC 9112 sections 6 and 9.6, RFC 6455 section
 * 4.2.2), and what every answer has: a program that set them would break one, or say them twice. */
static const char *const own_headers[] = {
  "Connection", "Content-Length", "Content-Type", "Date", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding",
  "Upgrade", "X-Content-Type-Options",
};

#define WEBSOCKET_PREFIX "Sec-WebSocket-"

static gboolean
header_is_ours (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_headers); i++)
    if (g_ascii_strcasecmp (name, own_headers[i]) == 0)
      return TRUE;

  return g_ascii_strncasecmp (name, WEBSOCKET_PREFIX, strlen (WEBSOCKET_PREFIX)) == 0;
}

gboolean
lwsg_request_check_response_header (const char *name, const char *value, GError **error)
{
  if (!wire_is_token (name, strlen (name)))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("The name of a header must be a token of letters, digits and a few signs"));
      return FALSE;
    }
  if (header_is_ours (name))
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("The header %s is not the program's to set"),
                   name);
      return FALSE;
    }

  return lwsg_request_check_field (value, error);
}

/**
 * lwsg_request_add_response_header:
 * @self: a request
 * @name: the name of a header
 * @value: its value
 * @error: return location for a #GError
 *
 * Adds a header to the answer that comes next, be it a body, a file, a redirection or a
 * refusal. Of a handshake, inside of #LwsgProtocol::accept, the answer is the 101 that opens
 * the connection or the refusal: a cookie goes with either.
 *
 * Those that frame an answer are not to be set: Connection, Content-Length, Content-Type,
 * Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade and all whose name begins with
 * Sec-WebSocket-; nor are Date and X-Content-Type-Options, which every answer has.
 *
 * Returns: %TRUE if the header will be sent; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if it
 *   is one of those, or has signs that no header may have, or %LWSG_ERROR_CLOSED if the answer
 *   has gone already or nobody waits for it
 *
 * Since: 1.0
 */
gboolean
lwsg_request_add_response_header (LwsgRequest *self, const char *name, const char *value, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (name != NULL && value != NULL, FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_request_check_response_header (name, value, error) || !lwsg_request_check_waiting (self, error))
    return FALSE;
  g_string_append_printf (self->response_headers, "%s: %s\r\n", name, value);

  return TRUE;
}
