/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-state-private.h"

#include "engine/http/http-response-private.h"

#include <glib/gi18n-lib.h>

/* How far a request is: its handlers run, it waits for an answer, it was answered, nobody waits any more. */

gboolean
lwsg_request_is_asking (LwsgRequest *self)
{
  return self->state == LWSG_REQUEST_ASKING;
}

guint
lwsg_request_decide (LwsgRequest *self, char **headers)
{
  self->state = LWSG_REQUEST_ANSWERED;
  *headers = self->response_headers->len > 0 ? g_strdup (self->response_headers->str) : NULL;

  return self->refusal;
}

void
lwsg_request_detach (LwsgRequest *self)
{
  if (self->engine != NULL && self->engine->user == self)
    self->engine->user = NULL;
  if (self->state != LWSG_REQUEST_ANSWERED)
    self->state = LWSG_REQUEST_GONE;
  /* From here on it may be freed by another thread. */
  g_atomic_pointer_set (&self->engine, NULL);
}

void
lwsg_request_hold (LwsgRequest *self)
{
  self->state = LWSG_REQUEST_HELD;
  engine_http_response_hold (self->engine);
}

gboolean
lwsg_request_check_waiting (LwsgRequest *self, GError **error)
{
  if (self->state == LWSG_REQUEST_ASKING || self->state == LWSG_REQUEST_HELD)
    return TRUE;

  g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED,
                       self->state == LWSG_REQUEST_GONE ? _("Nobody waits for an answer to this request")
                                                        : _("The request has been answered already"));
  return FALSE;
}
