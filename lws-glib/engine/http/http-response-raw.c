/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"

#include <glib/gi18n-lib.h>

/* Answers whose bytes the owner has made, head and all. */

/* The head of a raw answer has come to its end: what follows is the body. */
static void
response_read_head (EngineHttpResponse *response, gsize size, gboolean head_only)
{
  g_autofree char *text = g_strndup (response->head->str, size);
  g_autofree WireHead *head = g_new (WireHead, 1);
  WireRefusal refusal;
  gboolean chunked = FALSE;
  gint64 length = -1;

  if (wire_head_parse (head, WIRE_HEAD_RESPONSE, text, size, &refusal) &&
      wire_head_body (head, &length, &chunked, &refusal))
    {
      gboolean no_body = head_only || head->status == 204 || head->status == 304;

      response->keep_alive = response->keep_alive && wire_head_keeps_alive (head) && !chunked && (no_body || length >= 0);
      response->bodiless = no_body != FALSE;
      response->left = no_body ? 0 : length;
    }
  else
    response->keep_alive = FALSE;
}

/* Follows a raw answer through its head and counts its body, to know whether the
 * connection can be used again. Returns how many of the bytes may be sent: a program that
 * does not know the method answers HEAD with a body, which would be taken for the next
 * answer (RFC 9112 section 6.3). */
static gsize
response_follow (EngineHttpResponse *response, const guint8 *bytes, gsize length, gboolean head_only)
{
  const gsize all = length;
  gsize scanned = 0;
  gsize before = response->head != NULL ? response->head->len : 0;
  WireRefusal refusal;

  if (!response->head_done)
    {
      if (response->head == NULL)
        response->head = g_string_new (NULL);
      g_string_append_len (response->head, (const char *) bytes, (gssize) MIN (length, WIRE_HEAD_MAX_SIZE));
      switch (wire_head_scan (WIRE_HEAD_RESPONSE, (const guint8 *) response->head->str, response->head->len, &scanned,
                              &refusal))
        {
        case WIRE_HEAD_INCOMPLETE:
          return all;
        case WIRE_HEAD_ERROR:
          response->keep_alive = FALSE;
          scanned = before;
          break;
        case WIRE_HEAD_COMPLETE:
          response_read_head (response, scanned, head_only);
          break;
        }
      response->head_done = TRUE;
      g_string_free (g_steal_pointer (&response->head), TRUE);
      length -= scanned - before;
    }

  if (response->bodiless)
    return all - length;
  if (response->left < 0)
    return all;
  if ((guint64) response->left < length)
    {
      /* More than was announced: the peer can't tell it from the next answer. */
      response->keep_alive = FALSE;
      response->left = 0;
    }
  else
    response->left -= (gint64) length;

  return all;
}

gboolean
engine_http_response_write (EngineConnection *connection, const guint8 *bytes, gsize length, GError **error)
{
  EngineHttpResponse *response = connection->response;

  if (connection->state != ENGINE_STATE_RESPONDING || response->file >= 0 || response->complete)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("There is no HTTP request to be answered"));
      return FALSE;
    }
  if (!engine_write_check_room (connection, length, error))
    return FALSE;

  response->begun = TRUE;
  if (length > 0)
    {
      length = response_follow (response, bytes, length, connection->head_only);
      engine_connection_send_raw (connection, bytes, length);
      engine_write_note_size (connection, length);
    }

  return TRUE;
}
