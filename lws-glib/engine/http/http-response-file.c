/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/descriptors-private.h"
#include "engine/base/error-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files as answers. */

/* A file of up to this size leaves with its head, in one call. */
#define RESPONSE_SMALL_FILE (12 * 1024)

/* Of a larger file, what is handed to the kernel before others have their iteration. */
#define RESPONSE_CHUNK (256 * 1024)

guint
engine_http_response_status_of (int failure)
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

/* Clients repeat the date that they were told, call for call. */
static gboolean
response_is_known (const EngineHttpResponse *response, const char *date)
{
  return date[0] != '\0' && strcmp (response->known, date) == 0;
}

static GString *
response_file_head (EngineConnection *connection, const char *content_type, const char *headers,
                 const struct stat *status)
{
  EngineHttpResponse *response = connection->response;
  char date[WIRE_HTTP_DATE_SIZE];
  gboolean dated = wire_http_date (status->st_mtime, date);
  gboolean known = response_is_known (response, date);
  GString *head = engine_http_response_begin_head (response, known ? 304 : 200, known ? NULL : content_type, headers);

  if (!known)
    g_string_append_printf (head, "Content-Length: %" G_GINT64_FORMAT "\r\n", (gint64) status->st_size);
  if (dated)
    g_string_append_printf (head, "Last-Modified: %s\r\n", date);
  g_string_append (head, "\r\n");
  response->left = known || connection->head_only ? 0 : status->st_size;

  return head;
}

/* Puts a small file behind its head. FALSE if it shrank meanwhile. */
static gboolean
response_append_file (GString *head, int fd, gsize size)
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
engine_http_response_descriptor (EngineConnection *connection, int fd, const char *content_type, const char *headers,
                         GError **error)
{
  EngineHttpResponse *response = connection->response;
  g_autoptr (GString) head = NULL;
  struct stat status;
  gsize head_length;

  if (!engine_http_response_can_begin (connection, content_type, headers, error))
    {
      close (fd);
      return FALSE;
    }
  if (!engine_descriptors_may_give (fd))
    {
      close (fd);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM,
                           _("The descriptors that are left are kept for the program"));
      engine_http_response_error (connection, 503, headers);
      return FALSE;
    }
  if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode))
    {
      close (fd);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("It is not a regular file"));
      engine_http_response_error (connection, 403, headers);
      return FALSE;
    }

  response->file = fd;
  head = response_file_head (connection, content_type, headers, &status);
  head_length = head->len;
  if (response->left > 0 && response->left <= RESPONSE_SMALL_FILE && response_append_file (head, fd, (gsize) response->left))
    response->left = 0;
  else
    g_string_truncate (head, head_length);
  engine_connection_send_raw (connection, head->str, head->len);

  return TRUE;
}

gboolean
engine_http_response_file (EngineConnection *connection, const char *path, const char *content_type, const char *headers,
                   GError **error)
{
  g_autofree char *name = NULL;
  int fd;

  if (!engine_http_response_can_begin (connection, content_type, headers, error))
    return FALSE;

  /* A FIFO must not make us wait, nor a terminal become ours. */
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    {
      int failure = errno;

      name = g_filename_display_name (path);
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("%s can't be read: %s"), name, g_strerror (failure));
      engine_http_response_error (connection, engine_http_response_status_of (failure), headers);
      return FALSE;
    }
  if (engine_http_response_descriptor (connection, fd, content_type, headers, error))
    return TRUE;

  name = g_filename_display_name (path);
  g_prefix_error (error, "%s: ", name);

  return FALSE;
}

gboolean
engine_http_response_send_file (EngineConnection *connection)
{
  EngineHttpResponse *response = connection->response;
  gint64 budget = RESPONSE_CHUNK;

  while (response->left > 0 && budget > 0)
    {
      gssize sent = connection->transport->send_file (connection, response->file, &response->offset,
                                                      (gsize) MIN (response->left, budget));

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
      response->left -= sent;
      budget -= sent;
    }

  /* What TLS has encrypted may still wait. */
  return response->left == 0 && connection->transport->flush (connection) == 0;
}
