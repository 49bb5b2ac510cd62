/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "reply-private.h"

#include "descriptors-private.h"
#include "send-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of up to this size leaves with its head, in one call. */
#define REPLY_SMALL_FILE (12 * 1024)

/* Of a larger file, what is handed to the kernel before others have their turn. */
#define REPLY_CHUNK (256 * 1024)

static EngineReply *
reply_new (const WireHead *head)
{
  EngineReply *reply = g_new0 (EngineReply, 1);
  const char *known = wire_head_get (head, "If-Modified-Since");

  reply->file = -1;
  reply->left = -1;
  reply->keep_alive = wire_head_keeps_alive (head) != FALSE;
  reply->head_only = strcmp (head->method, "HEAD") == 0;
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
      engine_reply_error (connection, refusal.status);
      return;
    }
  if (context->events->files_only && strcmp (head->method, "GET") != 0 && strcmp (head->method, "HEAD") != 0)
    {
      engine_reply_error (connection, 405);
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

guint
engine_reply_status_of (int failure)
{
  switch (failure)
    {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    /* Behind a link that is not followed there is nothing, as far as the peer knows. */
    case ELOOP:
    case EXDEV:
      return 404;
    case EACCES:
    /* A socket. */
    case ENXIO:
      return 403;
    default:
      return 500;
    }
}

/* As RFC 9110 section 5.6.7 wants it. Not by g_date_time_format(): the names must be English
 * everywhere. FALSE for a time that no calendar has. */
static gboolean
reply_format_date (gint64 seconds, char *text, gsize size)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  if (time == NULL)
    return FALSE;

  g_snprintf (text, size, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week (time) - 1],
              g_date_time_get_day_of_month (time), months[g_date_time_get_month (time) - 1],
              g_date_time_get_year (time), g_date_time_get_hour (time), g_date_time_get_minute (time),
              g_date_time_get_second (time));

  return TRUE;
}

/* Clients repeat the date that they were told, letter for letter. */
static gboolean
reply_is_known (const EngineReply *reply, const char *date)
{
  return date[0] != '\0' && strcmp (reply->known, date) == 0;
}

static GString *
reply_file_head (EngineReply *reply, const char *content_type, const char *headers, const struct stat *status)
{
  GString *head = g_string_sized_new (256);
  char date[sizeof reply->known] = "";
  gboolean dated = reply_format_date (status->st_mtime, date, sizeof date);
  guint code = reply_is_known (reply, date) ? 304 : 200;

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\n", code, wire_status_phrase (code));
  if (code == 200)
    g_string_append_printf (head, "Content-Type: %s\r\nContent-Length: %" G_GINT64_FORMAT "\r\n", content_type,
                            (gint64) status->st_size);
  if (dated)
    g_string_append_printf (head, "Last-Modified: %s\r\n", date);
  if (headers != NULL)
    g_string_append (head, headers);
  g_string_append_printf (head, "X-Content-Type-Options: nosniff\r\nConnection: %s\r\n\r\n",
                          reply->keep_alive ? "keep-alive" : "close");
  reply->left = code == 304 || reply->head_only ? 0 : status->st_size;

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

static gboolean
reply_can_begin (EngineConnection *connection, const char *content_type, GError **error)
{
  if (connection->state != ENGINE_STATE_REPLYING || connection->reply->begun)
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

  return TRUE;
}

gboolean
engine_reply_descriptor (EngineConnection *connection, int fd, const char *content_type, const char *headers,
                         GError **error)
{
  EngineReply *reply = connection->reply;
  g_autoptr (GString) head = NULL;
  struct stat status;
  gsize head_length;

  if (!reply_can_begin (connection, content_type, error))
    {
      close (fd);
      return FALSE;
    }
  if (!engine_descriptors_may_give (fd))
    {
      close (fd);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM,
                           _("The descriptors that are left are kept for the program"));
      engine_reply_error (connection, 503);
      return FALSE;
    }
  if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode))
    {
      close (fd);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("It is not a regular file"));
      engine_reply_error (connection, 403);
      return FALSE;
    }

  reply->begun = TRUE;
  reply->file = fd;
  head = reply_file_head (reply, content_type, headers, &status);
  head_length = head->len;
  if (reply->left > 0 && reply->left <= REPLY_SMALL_FILE && reply_append_file (head, fd, (gsize) reply->left))
    reply->left = 0;
  else
    g_string_truncate (head, head_length);
  engine_connection_send_raw (connection, head->str, head->len);

  return TRUE;
}

gboolean
engine_reply_file (EngineConnection *connection, const char *path, const char *content_type, const char *headers,
                   GError **error)
{
  int fd;

  if (!reply_can_begin (connection, content_type, error))
    return FALSE;

  /* A FIFO must not make us wait, nor a terminal become ours. */
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    {
      int failure = errno;

      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("%s can't be read: %s"), path, g_strerror (failure));
      engine_reply_error (connection, engine_reply_status_of (failure));
      return FALSE;
    }
  if (engine_reply_descriptor (connection, fd, content_type, headers, error))
    return TRUE;

  g_prefix_error (error, "%s: ", path);

  return FALSE;
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
                                   sent == 0 ? _("it became shorter")
                                             : connection->transport->explain (connection, (int) sent));
          return FALSE;
        }
      reply->left -= sent;
      budget -= sent;
    }

  /* What TLS has encrypted may still wait. */
  return reply->left == 0 && connection->transport->flush (connection) == 0;
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
