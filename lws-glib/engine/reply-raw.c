/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "reply-private.h"

#include "send-private.h"

#include <glib/gi18n-lib.h>

/* Answers whose bytes the owner has made, head and all. */

/* The head of a raw answer has come to its end: what follows is the body. */
static void
reply_read_head (EngineReply *reply, gsize size, gboolean head_only)
{
  g_autofree char *text = g_strndup (reply->head->str, size);
  g_autofree WireHead *head = g_new (WireHead, 1);
  WireRefusal refusal;
  gboolean chunked = FALSE;
  gint64 length = -1;

  if (wire_head_parse (head, WIRE_HEAD_RESPONSE, text, size, &refusal) &&
      wire_head_body (head, &length, &chunked, &refusal))
    {
      gboolean no_body = head_only || head->status == 204 || head->status == 304;

      reply->keep_alive = reply->keep_alive && wire_head_keeps_alive (head) && !chunked && (no_body || length >= 0);
      reply->bodiless = no_body != FALSE;
      reply->left = no_body ? 0 : length;
    }
  else
    reply->keep_alive = FALSE;
}

/* Follows a raw answer through its head and counts its body, to know whether the
 * connection can be used again. Returns how many of the bytes may be sent: a program that
 * does not know the method answers HEAD with a body, which would be taken for the next
 * answer (RFC 9112 section 6.3). */
static gsize
reply_follow (EngineReply *reply, const guint8 *bytes, gsize length, gboolean head_only)
{
  const gsize all = length;
  gsize scanned = 0;
  gsize before = reply->head != NULL ? reply->head->len : 0;
  WireRefusal refusal;

  if (!reply->head_done)
    {
      if (reply->head == NULL)
        reply->head = g_string_new (NULL);
      g_string_append_len (reply->head, (const char *) bytes, (gssize) MIN (length, WIRE_HEAD_MAX_SIZE));
      switch (wire_head_scan (WIRE_HEAD_RESPONSE, (const guint8 *) reply->head->str, reply->head->len, &scanned,
                              &refusal))
        {
        case WIRE_HEAD_INCOMPLETE:
          return all;
        case WIRE_HEAD_ERROR:
          reply->keep_alive = FALSE;
          scanned = before;
          break;
        case WIRE_HEAD_COMPLETE:
          reply_read_head (reply, scanned, head_only);
          break;
        }
      reply->head_done = TRUE;
      g_string_free (g_steal_pointer (&reply->head), TRUE);
      length -= scanned - before;
    }

  if (reply->bodiless)
    return all - length;
  if (reply->left < 0)
    return all;
  if ((guint64) reply->left < length)
    {
      /* More than was announced: the peer can't tell it from the next answer. */
      reply->keep_alive = FALSE;
      reply->left = 0;
    }
  else
    reply->left -= (gint64) length;

  return all;
}

gboolean
engine_reply_write (EngineConnection *connection, const guint8 *bytes, gsize length, GError **error)
{
  EngineReply *reply = connection->reply;

  if (connection->state != ENGINE_STATE_REPLYING || reply->file >= 0 || reply->complete)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("There is no HTTP request to be answered"));
      return FALSE;
    }
  if (!engine_send_check_room (connection, length, error))
    return FALSE;

  reply->begun = TRUE;
  if (length > 0)
    {
      length = reply_follow (reply, bytes, length, connection->head_only);
      engine_connection_send_raw (connection, bytes, length);
      engine_send_note_size (connection, length);
    }

  return TRUE;
}
