/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "reply-private.h"

#include "send-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of up to this size leaves with its head, in one call. */
#define REPLY_SMALL_FILE (12 * 1024)

/* Of a larger file, what one turn hands to the kernel at most. */
#define REPLY_CHUNK (1024 * 1024)

static EngineReply *
reply_new (const WireHead *head)
{
  EngineReply *reply = g_new0 (EngineReply, 1);

  reply->file = -1;
  reply->left = -1;
  reply->keep_alive = wire_head_keeps_alive (head);
  reply->head_only = strcmp (head->method, "HEAD") == 0;

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
      engine_reply_error (connection, refusal.status);
      return;
    }
  if (body > 0 || chunked)
    {
      /* Nobody here reads a body, and what follows must not be taken for a head. */
      engine_reply_error (connection, 413);
      return;
    }

  engine_connection_set_state (connection, ENGINE_STATE_REPLYING);
  engine_connection_arm (connection, context->limits.reply_ticks);
  connection->reply = reply_new (head);
  context->events->request (connection, head);
  engine_reply_settle (connection);
}

void
engine_reply_error (EngineConnection *connection, guint status)
{
  gboolean head_only = connection->reply != NULL && connection->reply->head_only;
  g_autoptr (GString) answer = g_string_sized_new (256);

  wire_http_error_reply (answer, status, head_only);
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
    engine_reply_error (connection, 404);
  /* Where no length was given, the end of the connection is the end of the body. */
  if (reply->file < 0)
    reply->complete = TRUE;
  if (reply->left != 0)
    reply->keep_alive = reply->keep_alive && reply->file >= 0;
  engine_connection_stand_in (connection, ENGINE_LINE_DIRTY);
}

/* --- raw answers */

/* The head of a raw answer has come to its end: what follows is the body. */
static void
reply_read_head (EngineReply *reply, gsize size)
{
  g_autofree char *text = g_strndup (reply->head->str, size);
  g_autofree WireHead *head = g_new (WireHead, 1);
  WireRefusal refusal;
  gboolean chunked = FALSE;
  gint64 length = -1;

  if (wire_head_parse (head, WIRE_HEAD_RESPONSE, text, size, &refusal) &&
      wire_head_body (head, &length, &chunked, &refusal))
    {
      gboolean no_body = reply->head_only || head->status == 204 || head->status == 304;

      reply->keep_alive = reply->keep_alive && wire_head_keeps_alive (head) && !chunked && (no_body || length >= 0);
      reply->left = no_body ? 0 : length;
    }
  else
    reply->keep_alive = FALSE;
}

/* Follows a raw answer through its head and counts its body, to know whether the
 * connection can be used again. */
static void
reply_follow (EngineReply *reply, const guint8 *bytes, gsize length)
{
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
          return;
        case WIRE_HEAD_ERROR:
          reply->keep_alive = FALSE;
          scanned = before;
          break;
        case WIRE_HEAD_COMPLETE:
          reply_read_head (reply, scanned);
          break;
        }
      reply->head_done = TRUE;
      g_string_free (g_steal_pointer (&reply->head), TRUE);
      length -= scanned - before;
    }

  if (reply->left < 0)
    return;
  if ((guint64) reply->left < length)
    {
      /* More than was announced: the peer can't tell it from the next answer. */
      reply->keep_alive = FALSE;
      reply->left = 0;
    }
  else
    reply->left -= (gint64) length;
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
      reply_follow (reply, bytes, length);
      engine_connection_send_raw (connection, bytes, length);
    }

  return TRUE;
}

/* --- files */

static int
reply_open (const char *path, struct stat *status, guint *answer, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 || fstat (fd, status) != 0)
    {
      int failure = errno;

      *answer = failure == ENOENT || failure == ENOTDIR || failure == ENAMETOOLONG ? 404
                : failure == EACCES                                                 ? 403
                                                                                    : 500;
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("%s can't be read: %s"), path, g_strerror (failure));
      if (fd >= 0)
        close (fd);
      return -1;
    }
  if (!S_ISREG (status->st_mode))
    {
      *answer = 403;
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("%s is not a regular file"), path);
      close (fd);
      return -1;
    }

  return fd;
}

static GString *
reply_file_head (EngineReply *reply, const char *content_type, const struct stat *status)
{
  g_autoptr (GDateTime) changed = g_date_time_new_from_unix_utc (status->st_mtime);
  GString *head = g_string_sized_new (256);

  g_string_append_printf (head, "HTTP/1.1 200 %s\r\nContent-Type: %s\r\nContent-Length: %" G_GINT64_FORMAT "\r\n",
                          wire_status_phrase (200), content_type, (gint64) status->st_size);
  if (changed != NULL)
    {
      /* Not g_date_time_format() for the names: they must be English everywhere. */
      static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
      static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

      g_string_append_printf (head, "Last-Modified: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                              days[g_date_time_get_day_of_week (changed) - 1], g_date_time_get_day_of_month (changed),
                              months[g_date_time_get_month (changed) - 1], g_date_time_get_year (changed),
                              g_date_time_get_hour (changed), g_date_time_get_minute (changed),
                              g_date_time_get_second (changed));
    }
  g_string_append_printf (head, "X-Content-Type-Options: nosniff\r\nConnection: %s\r\n\r\n",
                          reply->keep_alive ? "keep-alive" : "close");

  return head;
}

/* Puts a small file behind its head. FALSE if it shrank meanwhile. */
static gboolean
reply_append_file (GString *head, int fd, gsize size)
{
  gsize at = head->len;
  gsize got = 0;

  g_string_set_size (head, at + size);
  while (got < size)
    {
      gssize n = pread (fd, head->str + at + got, size - got, (off_t) got);

      if (n == 0 || (n < 0 && errno != EINTR))
        return FALSE;
      got += (gsize) MAX (n, 0);
    }

  return TRUE;
}

gboolean
engine_reply_file (EngineConnection *connection, const char *path, const char *content_type, GError **error)
{
  EngineReply *reply = connection->reply;
  g_autoptr (GString) head = NULL;
  struct stat status;
  guint answer = 500;
  int fd;

  if (connection->state != ENGINE_STATE_REPLYING || reply->begun)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("There is no HTTP request to be answered"));
      return FALSE;
    }
  if (!wire_is_field_value (content_type))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _("The content type can't stand in a header"));
      engine_reply_error (connection, 500);
      return FALSE;
    }

  fd = reply_open (path, &status, &answer, error);
  if (fd < 0)
    {
      engine_reply_error (connection, answer);
      return FALSE;
    }

  reply->begun = TRUE;
  reply->file = fd;
  reply->left = reply->head_only ? 0 : status.st_size;
  head = reply_file_head (reply, content_type, &status);
  if (reply->left > 0 && reply->left <= REPLY_SMALL_FILE && reply_append_file (head, fd, (gsize) reply->left))
    reply->left = 0;
  else
    g_string_truncate (head, (gsize) (strstr (head->str, "\r\n\r\n") - head->str) + 4);
  engine_connection_send_raw (connection, head->str, head->len);

  return TRUE;
}

/* Returns TRUE once all of the file has been handed to the kernel. */
static gboolean
reply_send_file (EngineConnection *connection)
{
  EngineReply *reply = connection->reply;
  gint64 budget = REPLY_CHUNK;

  while (reply->left > 0 && budget > 0)
    {
      gssize sent = connection->transport->send_file (connection, reply->file, &reply->offset,
                                                      (gsize) MIN (reply->left, budget));

      if (sent == -EAGAIN)
        break;
      if (sent <= 0)
        {
          /* The length was promised: a file that shrank can only be cut off. */
          engine_connection_abort (connection, engine_error_for ((int) -sent), _("A file could not be sent: %s"),
                                   sent == 0 ? _("it became shorter") : g_strerror ((int) -sent));
          return FALSE;
        }
      reply->left -= sent;
      budget -= sent;
    }

  return reply->left == 0;
}

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
      if (!reply_send_file (connection))
        {
          /* The rest goes when the socket is writable, perhaps at once: others first. */
          if (connection->state == ENGINE_STATE_REPLYING)
            {
              connection->blocked = TRUE;
              engine_connection_update_interest (connection);
            }
          return;
        }
      reply->complete = TRUE;
    }
  else if (reply->file >= 0)
    reply->complete = TRUE;

  if (reply->complete)
    reply_finish (connection);
}
