/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-private.h"

#include "lwsg-error-private.h"

#include "wire/http-field-private.h"
#include "wire/http-status-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The answer to a request. */

gboolean
lwsg_request_begin_answer (LwsgRequest *self, guint status, GError **error)
{
  if (status < 200 || status > 599)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%u is no status to answer with: 200 to 599 are"),
                   status);
      return FALSE;
    }
  if (self->answered || self->engine == NULL)
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED,
                           self->answered ? _("The request has been answered already")
                                          : _("Nobody waits for an answer to this request"));
      return FALSE;
    }

  return TRUE;
}

/* The connection is free for the next request, which may come while this one is still
 * held by the program. */
void
lwsg_request_end_answer (LwsgRequest *self)
{
  EngineConnection *engine = self->engine;

  self->answered = TRUE;
  lwsg_request_detach (self);
  if (self->held)
    engine_reply_release (engine);
  engine_context_release (engine->context);
}

static gboolean
request_write (LwsgRequest *self, const GString *head, GBytes *body, GError **error)
{
  GError *failure = NULL;
  gsize length = 0;
  const guint8 *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  gboolean written;

  engine_context_hold (self->engine->context);
  written = engine_reply_write (self->engine, (const guint8 *) head->str, head->len, &failure);
  if (written && length > 0 && strcmp (self->method, "HEAD") != 0)
    written = engine_reply_write (self->engine, data, length, &failure);
  lwsg_request_end_answer (self);

  return written || lwsg_error_propagate (error, failure);
}

/* RFC 9110 sections 15.3.5 and 15.4.5. */
static gboolean
request_status_has_body (guint status)
{
  return status != 204 && status != 304;
}

static GString *
request_head (LwsgRequest *self, guint status, const char *content_type, gsize length)
{
  GString *head = g_string_sized_new (256);

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\n", status, wire_status_phrase (status));
  if (request_status_has_body (status))
    g_string_append_printf (head, "Content-Length: %zu\r\n", length);
  if (content_type != NULL)
    g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  g_string_append (head, "X-Content-Type-Options: nosniff\r\n");
  g_string_append_len (head, self->response_headers->str, (gssize) self->response_headers->len);
  g_string_append (head, "\r\n");

  return head;
}

/**
 * lwsg_request_respond:
 * @self: a request
 * @status: the HTTP status, 200 to 599
 * @content_type: (nullable): the media type of @body
 * @body: (nullable): the body; not sent to a HEAD request, nor with 204 and 304
 * @error: return location for a #GError
 *
 * Answers a request.
 *
 * Returns: %TRUE if the answer is on its way; %FALSE with %LWSG_ERROR_CLOSED if the client
 *   is gone or was answered already, or %LWSG_ERROR_INVALID_ARGUMENT
 *
 * Since: 1.0
 */
gboolean
lwsg_request_respond (LwsgRequest *self, guint status, const char *content_type, GBytes *body, GError **error)
{
  g_autoptr (GString) head = NULL;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_request_begin_answer (self, status, error) || !lwsg_request_check_field (content_type, error))
    return FALSE;

  if (!request_status_has_body (status))
    body = NULL;
  head = request_head (self, status, content_type, body != NULL ? g_bytes_get_size (body) : 0);

  return request_write (self, head, body, error);
}

static gboolean
request_is_redirection (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/**
 * lwsg_request_redirect:
 * @self: a request
 * @status: 301, 302, 303, 307 or 308
 * @location: where to, a URI or a path
 * @error: return location for a #GError
 *
 * Answers a request with a redirection.
 *
 * Returns: %TRUE if the answer is on its way; %FALSE with the errors of
 *   lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_redirect (LwsgRequest *self, guint status, const char *location, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (location != NULL, FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!request_is_redirection (status) || !wire_is_visible (location))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("A redirection has a status of 301, 302, 303, 307 or 308, "
                             "and a location without spaces and controls"));
      return FALSE;
    }

  return lwsg_request_begin_answer (self, status, error) &&
         lwsg_request_add_response_header (self, "Location", location, error) &&
         lwsg_request_respond (self, status, NULL, NULL, error);
}

/**
 * lwsg_request_refuse:
 * @self: a request
 * @status: an HTTP status of 400 to 599
 * @error: return location for a #GError
 *
 * Refuses a request: a handshake inside of #LwsgProtocol::accept, whose handler has to
 * return %FALSE then, or a plain one, which is answered with a short text.
 *
 * Returns: %TRUE if it is refused; %FALSE with the errors of lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_refuse (LwsgRequest *self, guint status, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (status < 400 || status > 599)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%u is no status to refuse with: 400 to 599 are"),
                   status);
      return FALSE;
    }
  if (self->opens)
    {
      self->refusal = status;
      return TRUE;
    }
  if (!lwsg_request_begin_answer (self, status, error))
    return FALSE;

  engine_context_hold (self->engine->context);
  engine_reply_error (self->engine, status);
  lwsg_request_end_answer (self);

  return TRUE;
}
