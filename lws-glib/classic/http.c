/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic-private.h"

#include "engine/http/http-response-private.h"

/* What a browser offers to save instead of guessing. */
#define HTTP_DEFAULT_TYPE "application/octet-stream"

/**
 * libwebsockets_serve_http_file:
 * @wsi: the connection that %LWS_CALLBACK_HTTP was called for
 * @file: the path of a regular file, in the encoding of file names
 * @content_type: (nullable): its media type
 *
 * Answers an HTTP request with a file of any size. It is sent while the loop runs,
 * and never makes it wait. The path is taken as it is: a program that makes it from
 * the request decides what may be read; targets that climb with ".." never reach it.
 *
 * Returns: 0 if the file is on its way; nonzero if not, and then the client was
 *   told so with a status of 403, 404 or 500, unless another process runs the service loop
 *
 * Since: 1.0
 */
int
libwebsockets_serve_http_file (struct libwebsocket *wsi, const char *file, const char *content_type)
{
  GError *error = NULL;

  g_return_val_if_fail (wsi != NULL, -1);
  g_return_val_if_fail (file != NULL, -1);

  if (classic_is_elsewhere (wsi->context, G_STRFUNC))
    return -1;
  if (!engine_http_response_file (wsi, file, content_type != NULL ? content_type : HTTP_DEFAULT_TYPE, NULL, &error))
    return classic_connection_failure (wsi, G_STRFUNC, error);

  return 0;
}
