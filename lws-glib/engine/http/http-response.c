/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/http/http-response-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/progress-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

static EngineHttpResponse *
response_new (const WireHead *head)
{
  EngineHttpResponse *response = g_new0 (EngineHttpResponse, 1);
  const char *known = wire_head_get (head, "If-Modified-Since");

  response->file = -1;
  response->left = -1;
  response->keep_alive = wire_head_keeps_alive (head) != FALSE;
  /* We give no entity tags, so whoever asks by one knows another version (RFC 9110
   * section 13.1.3). */
  if (known != NULL && wire_head_get (head, "If-None-Match") == NULL)
    g_strlcpy (response->known, known, sizeof response->known);

  return response;
}

void
engine_http_response_free (EngineHttpResponse *response)
{
  if (response->file >= 0)
    close (response->file);
  if (response->head != NULL)
    g_string_free (response->head, TRUE);
  g_free (response);
}

void
engine_http_response_start (EngineConnection *connection, const WireHead *head)
{
  EngineContext *context = connection->context;
  WireRefusal refusal;
  gint64 body;
  gboolean chunked;

  if (!wire_head_body (head, &body, &chunked, &refusal))
    {
      engine_http_response_error (connection, refusal.status, NULL);
      return;
    }
  if (context->events->files_only && strcmp (head->method, "GET") != 0 && strcmp (head->method, "HEAD") != 0)
    {
      engine_http_response_error (connection, 405, NULL);
      return;
    }
  if (body > 0 || chunked)
    {
      /* Nobody here reads a body, and what follows must not be taken for a head. */
      engine_http_response_error (connection, 413, NULL);
      return;
    }

  engine_connection_set_state (connection, ENGINE_STATE_RESPONDING);
  engine_connection_arm (connection, context->limits.response_ticks);
  connection->takes = FALSE;
  connection->response = response_new (head);
  context->events->request (connection, head);
  engine_http_response_finish (connection);
}

/* RFC 9110 section 6.6.1. */
static void
response_date (char date[WIRE_HTTP_DATE_SIZE])
{
  wire_http_date (g_get_real_time () / G_USEC_PER_SEC, date);
}

void
engine_http_response_error (EngineConnection *connection, guint status, const char *headers)
{
  g_autoptr (GString) answer = g_string_sized_new (256);
  char date[WIRE_HTTP_DATE_SIZE];

  response_date (date);
  wire_http_error_reply (answer, status, date, headers, connection->head_only);
  engine_connection_send_raw (connection, answer->str, answer->len);
  if (connection->state == ENGINE_STATE_RESPONDING)
    {
      connection->response->begun = TRUE;
      connection->response->complete = TRUE;
      connection->response->keep_alive = FALSE;
    }
  else if (connection->state == ENGINE_STATE_HANDSHAKE)
    {
      engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
      engine_connection_arm (connection, connection->context->limits.close_ticks);
    }
}

/* --- the owner's answers */

gboolean
engine_http_response_can_begin (EngineConnection *connection, const char *content_type, const char *headers, GError **error)
{
  if (connection->state != ENGINE_STATE_RESPONDING || connection->response->begun)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("There is no HTTP request to be answered"));
      return FALSE;
    }
  if (content_type != NULL && !wire_is_field_value (content_type))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("The content type can't stand in a header"));
      engine_http_response_error (connection, 500, headers);
      return FALSE;
    }

  return TRUE;
}

GString *
engine_http_response_begin_head (EngineHttpResponse *response, guint status, const char *content_type, const char *headers)
{
  GString *head = g_string_sized_new (256);
  char date[WIRE_HTTP_DATE_SIZE];

  response_date (date);
  wire_http_begin_reply (head, status, date);
  if (content_type != NULL)
    g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  g_string_append_printf (head, "Connection: %s\r\n", response->keep_alive ? "keep-alive" : "close");
  if (headers != NULL)
    g_string_append (head, headers);
  response->begun = TRUE;
  response->head_done = TRUE;

  return head;
}

gboolean
engine_http_response_answer (EngineConnection *connection, const EngineAnswer *answer, GError **error)
{
  EngineHttpResponse *response = connection->response;
  /* RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5. */
  const gboolean has_length = answer->status != 204 && answer->status != 304;
  const gsize length = has_length && answer->status != 205 ? answer->length : 0;
  g_autoptr (GString) head = NULL;

  if (!engine_http_response_can_begin (connection, answer->content_type, answer->headers, error))
    return FALSE;

  head = engine_http_response_begin_head (response, answer->status, answer->content_type, answer->headers);
  if (has_length)
    g_string_append_printf (head, "Content-Length: %zu\r\n", length);
  g_string_append (head, "\r\n");
  response->left = 0;
  response->complete = TRUE;
  /* Nothing waits yet, so there is room for a body of any size. */
  engine_connection_send_raw (connection, head->str, head->len);
  if (length > 0 && !connection->head_only)
    engine_connection_send_raw (connection, answer->body, length);

  return TRUE;
}

void
engine_http_response_hold (EngineConnection *connection)
{
  connection->response->held = TRUE;
  /* The client is not to blame if this takes long, but it may have gone without a word. */
  engine_connection_arm (connection, connection->context->limits.answer_ticks);
}

void
engine_http_response_release (EngineConnection *connection)
{
  if (connection->state != ENGINE_STATE_RESPONDING)
    return;

  connection->response->held = FALSE;
  engine_connection_arm (connection, connection->context->limits.response_ticks);
  engine_context_hold (connection->context);
  engine_http_response_finish (connection);
  engine_context_release (connection->context);
}

static void
response_end (EngineConnection *connection)
{
  EngineHttpResponse *response = connection->response;

  response->begun = TRUE;
  response->keep_alive = FALSE;
  response->complete = response->file < 0;
  connection->wants_writable = FALSE;
  engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
}

void
engine_http_response_finish (EngineConnection *connection)
{
  EngineHttpResponse *response = connection->response;

  if (connection->state != ENGINE_STATE_RESPONDING || connection->wants_writable || response->held)
    return;

  if (!response->begun)
    engine_http_response_error (connection, 404, NULL);
  /* Where no length was given, the end of the connection is the end of the body. */
  if (response->file < 0)
    response->complete = TRUE;
  if (response->left != 0)
    response->keep_alive = response->keep_alive && response->file >= 0;
  engine_connection_enqueue (connection, ENGINE_QUEUE_DIRTY);
}

/* --- the end */

static void
response_finish (EngineConnection *connection)
{
  gboolean keep_alive = connection->response->keep_alive;

  g_clear_pointer (&connection->response, engine_http_response_free);
  /* What was asked for this reply is not for the next one. */
  connection->wants_writable = FALSE;
  if (!keep_alive)
    {
      engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
      engine_connection_arm (connection, connection->context->limits.close_ticks);
      return;
    }

  connection->answered = TRUE;
  engine_connection_set_state (connection, ENGINE_STATE_HANDSHAKE);
  engine_connection_arm (connection, connection->context->limits.keep_alive_ticks);
  if (connection->unread != NULL)
    engine_connection_enqueue (connection, ENGINE_QUEUE_READY);
  engine_connection_update_interest (connection);
}

static void
response_on_drained (EngineConnection *connection)
{
  EngineHttpResponse *response = connection->response;

  if (response->file >= 0 && response->left > 0)
    {
      if (!engine_http_response_send_file (connection))
        {
          /* The rest goes when the socket is writable, perhaps at once: others first. */
          if (connection->state == ENGINE_STATE_RESPONDING)
            engine_connection_block (connection);
          return;
        }
      response->complete = TRUE;
    }
  else if (response->file >= 0)
    response->complete = TRUE;

  if (response->complete)
    response_finish (connection);
}

/* --- the phase */

/* The next request of a client that doesn't wait for the answer. */
static gsize
response_input (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length)
{
  return 0;
}

static void
response_on_writable (EngineConnection *connection, gboolean took)
{
  if (took && !connection->response->held)
    engine_connection_arm (connection, connection->context->limits.response_ticks);
}

/* Does the peer go on taking the answer to its request? Where it has taken everything it is the owner who
 * has not gone on. */
static gboolean
response_is_taken (EngineConnection *connection)
{
  if (connection->takes && !engine_progress_was_made (connection))
    return FALSE;

  engine_progress_begin (connection);
  engine_connection_arm (connection, connection->context->limits.response_ticks);

  return TRUE;
}

static void
response_on_deadline (EngineConnection *connection)
{
  if (connection->response->held)
    connection->context->events->unanswered (connection);
  else if (!response_is_taken (connection))
    engine_connection_not_taken (connection);
}

static void
response_close (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length)
{
  response_end (connection);
}

const EnginePhase engine_phase_responding = {
  .input = response_input,
  .writable = response_on_writable,
  .drained = response_on_drained,
  .deadline = response_on_deadline,
  .close = response_close,
};
