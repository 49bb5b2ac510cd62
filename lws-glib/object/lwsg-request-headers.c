/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-private.h"

#include "wire/http-field-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The headers of a request, and those that a program adds to the answer. */

/**
 * lwsg_request_get_header:
 * @self: a request
 * @name: the name of a header; case does not matter
 *
 * Gets a header of the request.
 *
 * Returns: (transfer none) (nullable): the value of the first header of that name, %NULL if
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

gboolean
lwsg_request_check_response_header (const char *name, const char *value, GError **error)
{
  static const char *const ours[] = { "Content-Length", "Content-Type", "Transfer-Encoding", "Connection",
                                      "X-Content-Type-Options" };

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    if (g_ascii_strcasecmp (name, ours[i]) == 0)
      {
        g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("The header %s is not the program's to set"),
                     ours[i]);
        return FALSE;
      }
  if (!wire_is_token (name, strlen (name)))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("The name of a header must be a token of letters, digits and a few signs"));
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
 * Adds a header to the answer that comes next, be it a body, a file or a redirection. Those
 * that frame the answer are not to be set: Content-Length, Content-Type, Transfer-Encoding
 * and Connection; nor is X-Content-Type-Options, which every answer has.
 *
 * Returns: %TRUE if the header can be sent; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if it
 *   is one of those, or has signs that no header may have
 *
 * Since: 1.0
 */
gboolean
lwsg_request_add_response_header (LwsgRequest *self, const char *name, const char *value, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (name != NULL && value != NULL, FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_request_check_response_header (name, value, error))
    return FALSE;
  g_string_append_printf (self->response_headers, "%s: %s\r\n", name, value);

  return TRUE;
}
