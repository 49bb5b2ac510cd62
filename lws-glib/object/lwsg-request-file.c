/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-file-private.h"

#include "lwsg-error-private.h"
#include "lwsg-home-private.h"
#include "lwsg-media-type-private.h"
#include "lwsg-request-headers-private.h"
#include "lwsg-request-private.h"
#include "lwsg-request-response-private.h"
#include "lwsg-request-state-private.h"

#include "engine/connection/scope-private.h"
#include "engine/http/http-response-private.h"

#include <unistd.h>

/* A file as the answer to a request. */

typedef struct {
  LwsgRequest *request;
  char *content_type;
} FileAnswer;

static gboolean
request_is_missing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
         g_error_matches (error, G_RESOURCE_ERROR, G_RESOURCE_ERROR_NOT_FOUND);
}

static void
request_on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  FileAnswer *answer = data;
  g_autoptr (LwsgRequest) request = answer->request;
  g_autofree char *content_type = answer->content_type;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (source), result, NULL, &error);

  g_free (answer);
  if (request->state != LWSG_REQUEST_LOADING)
    /* The client did not wait for it. */
    return;

  request->state = LWSG_REQUEST_HELD;
  if (bytes != NULL)
    lwsg_request_respond (request, 200, content_type, bytes, NULL);
  else
    lwsg_request_respond (request, request_is_missing (error) ? 404 : 500, NULL, NULL, NULL);
}

/* A file of some other place than this machine's file system. */
static void
request_load (LwsgRequest *self, GFile *file, const char *content_type)
{
  EngineContext *context = self->engine->context;
  GMainContext *main_context = context->driver->get_main_context (context->driver_data);
  FileAnswer *answer = g_new (FileAnswer, 1);

  *answer = (FileAnswer){ g_object_ref (self), g_strdup (content_type) };
  if (self->state == LWSG_REQUEST_ASKING)
    lwsg_request_hold (self);
  self->state = LWSG_REQUEST_LOADING;

  /* The answer comes where the connection lives, wherever the program calls from. */
  g_main_context_push_thread_default (main_context);
  g_file_load_bytes_async (file, NULL, request_on_loaded, answer);
  g_main_context_pop_thread_default (main_context);
}

static char *
request_guess_type (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);

  return lwsg_media_type_of (name != NULL ? name : "");
}

gboolean
lwsg_request_respond_descriptor (LwsgRequest *self, int fd, const char *content_type)
{
  gboolean sent;

  if (!lwsg_request_begin_answer (self, 200, NULL))
    {
      close (fd);
      return FALSE;
    }

  engine_context_hold (self->engine->context);
  sent = engine_http_response_descriptor (self->engine, fd, content_type, self->response_headers->str, NULL);
  lwsg_request_end_answer (self);

  return sent;
}

/**
 * lwsg_request_respond_file:
 * @self: a request
 * @file: a file
 * @content_type: (nullable): its media type; %NULL to guess it from the name, with UTF-8
 *   as the charset of text
 * @error: return location for a #GError
 *
 * Answers a request with a file. One of this machine's file system is sent while the main
 * loop runs, whatever its size, or with 304 if the client has that version of it; any other
 * is loaded first. It is always sent whole: ranges are not supported.
 *
 * The file is the program's choice: for one whose name comes from the request there is
 * lwsg_context_serve_directory(), which can't be led elsewhere.
 *
 * Returns: %TRUE if the file is on its way; %FALSE with %LWSG_ERROR_FAILED if it can't be
 *   read, and then the client was told so with 403, 404 or 500, or with the errors of
 *   lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_respond_file (LwsgRequest *self, GFile *file, const char *content_type, GError **error)
{
  g_autofree char *guessed = NULL;
  GError *failure = NULL;
  const char *path;
  gboolean sent;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  if (!lwsg_request_begin_answer (self, 200, error) || !lwsg_request_check_field (content_type, error))
    return FALSE;
  if (content_type == NULL)
    {
      guessed = request_guess_type (file);
      content_type = guessed;
    }

  path = g_file_peek_path (file);
  if (path == NULL)
    {
      request_load (self, file, content_type);
      return TRUE;
    }

  engine_context_hold (self->engine->context);
  sent = engine_http_response_file (self->engine, path, content_type, self->response_headers->str, &failure);
  lwsg_request_end_answer (self);

  return sent || lwsg_error_propagate (error, failure);
}
