/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-response-private.h"

#include "lwsg-error-private.h"
#include "lwsg-home-private.h"
#include "lwsg-request-headers-private.h"
#include "lwsg-request-private.h"
#include "lwsg-request-state-private.h"

#include "engine/connection/scope-private.h"
#include "engine/http/http-response-private.h"

#include "wire/http-field-private.h"

#include <glib/gi18n-lib.h>

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
  if (!lwsg_request_check_waiting (self, error))
    return FALSE;
  if (self->opens)
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_FAILED,
                           _("The request opens a WebSocket: it can be accepted or refused, not answered otherwise"));
      return FALSE;
    }

  return TRUE;
}

/* The connection is free for the next request, which may come while this one is still
 * kept by the program. */
void
lwsg_request_end_answer (LwsgRequest *self)
{
  EngineConnection *engine = self->engine;
  const gboolean held = self->state == LWSG_REQUEST_HELD;

  self->state = LWSG_REQUEST_ANSWERED;
  lwsg_request_detach (self);
  if (held)
    engine_http_response_release (engine);
  engine_context_release (engine->context);
}

/**
 * lwsg_request_respond:
 * @self: a request
 * @status: the HTTP status, 200 to 599
 * @content_type: (nullable): the media type of @body
 * @body: (nullable): the body; not sent to a HEAD request, nor with 204, 205 and 304
 * @error: return location for a #GError
 *
 * Answers a request.
 *
 * Returns: %TRUE if the answer is on its way; %FALSE with %LWSG_ERROR_CLOSED if the client
 *   is gone or was answered already, %LWSG_ERROR_INVALID_ARGUMENT, or %LWSG_ERROR_FAILED for a
 *   handshake, which can be accepted or refused, but not answered otherwise
 *
 * Since: 1.0
 */
gboolean
lwsg_request_respond (LwsgRequest *self, guint status, const char *content_type, GBytes *body, GError **error)
{
  EngineAnswer answer = { .status = status, .content_type = content_type };
  GError *failure = NULL;
  gboolean sent;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_request_begin_answer (self, status, error) || !lwsg_request_check_field (content_type, error))
    return FALSE;

  answer.headers = self->response_headers->str;
  if (body != NULL)
    answer.body = g_bytes_get_data (body, &answer.length);
  engine_context_hold (self->engine->context);
  sent = engine_http_response_answer (self->engine, &answer, &failure);
  lwsg_request_end_answer (self);

  return sent || lwsg_error_propagate (error, failure);
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
 * Refuses a request: a handshake inside of #LwsgProtocol::accept, whatever its handlers
 * return then, or a plain one. The client gets a short text, and the headers that were added
 * with lwsg_request_add_response_header(): RFC 9110 asks for WWW-Authenticate with 401, and
 * Retry-After is of use with 429 and 503.
 *
 * Returns: %TRUE if it is refused; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT for another status,
 *   or %LWSG_ERROR_CLOSED if the client is gone, was answered already, or was let in
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
  if (!lwsg_request_check_waiting (self, error))
    return FALSE;
  if (self->opens)
    {
      self->refusal = status;
      return TRUE;
    }

  engine_context_hold (self->engine->context);
  engine_http_response_error (self->engine, status, self->response_headers->str);
  lwsg_request_end_answer (self);

  return TRUE;
}
