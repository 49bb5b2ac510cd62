/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "reply-private.h"

#include "send-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

static EngineReply *
reply_new (const WireHead *head)
{
  EngineReply *reply = g_new0 (EngineReply, 1);
  const char *known = wire_head_get (head, "If-Modified-Since");

  reply->file = -1;
  reply->left = -1;
  reply->keep_alive = wire_head_keeps_alive (head) != FALSE;
  /* We give no entity tags, so whoever asks by one knows another version (RFC 9110
   * section 13.1.3). */
  if (known != NULL && wire_head_get (head, "If-None-Match") == NULL)
    g_strlcpy (reply->known, known, sizeof reply->known);

  return reply;
}

void
engine_reply_free (EngineReply *reply)
{
  if (reply->file >= 0)
    close (reply->file);
  if (reply->head != NULL)
    g_string_free (reply->head, TRUE);
  g_free (reply);
}

void
engine_reply_start (EngineConnection *connection, const WireHead *head)
{
  EngineContext *context = connection->context;
  WireRefusal refusal;
  gint64 body;
  gboolean chunked;

  if (!wire_head_body (head, &body, &chunked, &refusal))
    {
      engine_reply_error (connection, refusal.status, NULL);
      return;
    }
  if (context->events->files_only && strcmp (head->method, "GET") != 0 && strcmp (head->method, "HEAD") != 0)
    {
      engine_reply_error (connection, 405, NULL);
      return;
    }
  if (body > 0 || chunked)
    {
      /* Nobody here reads a body, and what follows must not be taken for a head. */
      engine_reply_error (connection, 413, NULL);
      return;
    }

  engine_connection_set_state (connection, ENGINE_STATE_REPLYING);
  engine_connection_arm (connection, context->limits.reply_ticks);
  connection->takes = FALSE;
  connection->reply = reply_new (head);
  context->events->request (connection, head);
  engine_reply_settle (connection);
}

/* RFC 9110 section 6.6.1. */
static void
reply_date (char date[WIRE_HTTP_DATE_SIZE])
{
  wire_http_date (g_get_real_time () / G_USEC_PER_SEC, date);
}

void
engine_reply_error (EngineConnection *connection, guint status, const char *headers)
{
  g_autoptr (GString) answer = g_string_sized_new (256);
  char date[WIRE_HTTP_DATE_SIZE];

  reply_date (date);
  wire_http_error_reply (answer, status, date, headers, connection->head_only);
  engine_connection_send_raw (connection, answer->str, answer->len);
  if (connection->state == ENGINE_STATE_REPLYING)
    {
      connection->reply->begun = TRUE;
      connection->reply->complete = TRUE;
      connection->reply->keep_alive = FALSE;
    }
  else if (connection->state == ENGINE_STATE_HANDSHAKE)
    {
      engine_connection_set_state (connection, ENGINE_STATE_DRAINING);
      engine_connection_arm (connection, connection->context->limits.close_ticks);
    }
}

/* --- the owner's answers */

gboolean
engine_reply_can_begin (EngineConnection *connection, const char *content_type, const char *headers, GError **error)
{
  if (connection->state != ENGINE_STATE_REPLYING || connection->reply->begun)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("There is no HTTP request to be answered"));
      return FALSE;
    }
  if (content_type != NULL && !wire_is_field_value (content_type))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("The content type can't stand in a header"));
      engine_reply_error (connection, 500, headers);
      return FALSE;
    }

  return TRUE;
}

GString *
engine_reply_begin_head (EngineReply *reply, guint status, const char *content_type, const char *headers)
{
  GString *head = g_string_sized_new (256);
  char date[WIRE_HTTP_DATE_SIZE];

  reply_date (date);
  wire_http_begin_reply (head, status, date);
  if (content_type != NULL)
    g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  g_string_append_printf (head, "Connection: %s\r\n", reply->keep_alive ? "keep-alive" : "close");
  if (headers != NULL)
    g_string_append (head, headers);
  reply->begun = TRUE;
  reply->head_done = TRUE;

  return head;
}

gboolean
engine_reply_answer (EngineConnection *connection, const EngineAnswer *answer, GError **error)
{
  EngineReply *reply = connection->reply;
  /* RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5. */
  const gboolean has_length = answer->status != 204 && answer->status != 304;
  const gsize length = has_length && answer->status != 205 ? answer->length : 0;
  g_autoptr (GString) head = NULL;

  if (!engine_reply_can_begin (connection, answer->content_type, answer->headers, error))
    return FALSE;

  head = engine_reply_begin_head (reply, answer->status, answer->content_type, answer->headers);
  if (has_length)
    g_string_append_printf (head, "Content-Length: %zu\r\n", length);
  g_string_append (head, "\r\n");
  reply->left = 0;
  reply->complete = TRUE;
  /* Nothing waits yet, so there is room for a body of any size. */
  engine_connection_send_raw (connection, head->str, head->len);
  if (length > 0 && !connection->head_only)
    engine_connection_send_raw (connection, answer->body, length);

  return TRUE;
}

void
engine_reply_hold (EngineConnection *connection)
{
  connection->reply->held = TRUE;
  /* The client is not to blame if this takes long. */
  engine_wheel_clear (&connection->context->wheel, &connection->timer);
}

void
engine_reply_release (EngineConnection *connection)
{
  if (connection->state != ENGINE_STATE_REPLYING)
    return;

  connection->reply->held = FALSE;
  engine_connection_arm (connection, connection->context->limits.reply_ticks);
  engine_context_hold (connection->context);
  engine_reply_settle (connection);
  engine_context_release (connection->context);
}

void
engine_reply_end (EngineConnection *connection)
{
  EngineReply *reply = connection->reply;

  reply->begun = TRUE;
  reply->keep_alive = FALSE;
  reply->complete = reply->file < 0;
  connection->wants_writable = FALSE;
  engine_connection_stand_in (connection, ENGINE_LINE_DIRTY);
}

void
engine_reply_settle (EngineConnection *connection)
{
  EngineReply *reply = connection->reply;

  if (connection->state != ENGINE_STATE_REPLYING || connection->wants_writable || reply->held)
    return;

  if (!reply->begun)
    engine_reply_error (connection, 404, NULL);
  /* Where no length was given, the end of the connection is the end of the body. */
  if (reply->file < 0)
    reply->complete = TRUE;
  if (reply->left != 0)
    reply->keep_alive = reply->keep_alive && reply->file >= 0;
  engine_connection_stand_in (connection, ENGINE_LINE_DIRTY);
}

/* --- the end */

static void
reply_finish (EngineConnection *connection)
{
  gboolean keep_alive = connection->reply->keep_alive;

  g_clear_pointer (&connection->reply, engine_reply_free);
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
  if (connection->tail != NULL)
    engine_connection_stand_in (connection, ENGINE_LINE_READY);
  engine_connection_update_interest (connection);
}

void
engine_reply_on_drained (EngineConnection *connection)
{
  EngineReply *reply = connection->reply;

  if (reply->file >= 0 && reply->left > 0)
    {
      if (!engine_reply_send_file (connection))
        {
          /* The rest goes when the socket is writable, perhaps at once: others first. */
          if (connection->state == ENGINE_STATE_REPLYING)
            engine_connection_block (connection);
          return;
        }
      reply->complete = TRUE;
    }
  else if (reply->file >= 0)
    reply->complete = TRUE;

  if (reply->complete)
    reply_finish (connection);
}
