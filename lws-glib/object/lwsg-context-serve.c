/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-serve-private.h"

#include "lwsg-context-private.h"
#include "lwsg-directory-private.h"
#include "lwsg-home-private.h"
#include "lwsg-request-state-private.h"

#include "wire/origin-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a server gives to browsers, and whose pages it lets in: requests go to the program, and then to the
 * directories. */

static guint http_request_signal;

gboolean
lwsg_context_emit_request (LwsgContext *self, LwsgRequest *request)
{
  g_autoptr (LwsgContext) alive = g_object_ref (self);
  gboolean handled = FALSE;

  g_signal_emit (self, http_request_signal, 0, request, &handled);
  for (guint i = 0; !handled && lwsg_request_is_asking (request) && i < self->directories->len; i++)
    handled = lwsg_directory_answer (self->directories->pdata[i], request);

  return handled;
}

void
lwsg_context_install_http_request (void)
{
  /**
   * LwsgContext::http-request:
   * @self: the context
   * @request: the request
   *
   * A plain HTTP request came. A handler that returns %TRUE has answered it, or keeps a
   * reference and answers later; then no other handler is asked. What nobody answers is
   * looked for in the directories of lwsg_context_serve_directory(), and is then answered
   * with 404.
   *
   * A handler in JavaScript or Python that throws an exception counts as one that returned
   * %FALSE. One that keeps files from being served catches what its checks throw, and calls
   * lwsg_request_refuse() then.
   *
   * Returns: whether the handler takes care of the request
   *
   * Since: 1.0
   */
  http_request_signal =
    g_signal_new ("http-request", LWSG_TYPE_CONTEXT, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled, NULL,
                  NULL, G_TYPE_BOOLEAN, 1, LWSG_TYPE_REQUEST);
}

/* --- directories */

/**
 * lwsg_context_serve_directory:
 * @self: a context
 * @prefix: the path under which its files appear, such as "/" or "/my docs"
 * @directory: a directory of this machine, or of the program's resources
 * @error: return location for a #GError
 *
 * Serves the files of a directory: lwsg_context_serve_directory_full() without flags and
 * headers.
 *
 * Returns: %TRUE if it is served; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if no request can
 *   have that @prefix, or @directory is neither in this machine's file system nor a resource
 *
 * Since: 1.0
 */
gboolean
lwsg_context_serve_directory (LwsgContext *self, const char *prefix, GFile *directory, GError **error)
{
  return lwsg_context_serve_directory_full (self, prefix, directory, LWSG_DIRECTORY_NONE, NULL, error);
}

/**
 * lwsg_context_serve_directory_full:
 * @self: a context
 * @prefix: the path under which its files appear, such as "/" or "/my docs"
 * @directory: a directory of this machine, or of the program's resources
 * @flags: how to serve it
 * @headers: (nullable) (array zero-terminated=1): headers that are sent with each of the
 *   files, as "Name: value", such as a Content-Security-Policy
 * @error: return location for a #GError
 *
 * Answers GET and HEAD requests that #LwsgContext::http-request leaves with the files of a
 * directory; for a directory in it with its index.html. Of several directories the first
 * whose prefix fits answers.
 *
 * Nothing outside of it is served, whatever the request or a symbolic link says, and nothing
 * but regular files. They are sent whole: ranges are not supported. A client that has the
 * present version of a file is told so with 304.
 *
 * @prefix is plain text, which requests have percent-encoded: "/my docs" for /my%20docs. What
 * no path of a request can be is refused: a prefix without a slash at its beginning, or with a
 * percent sign, a question mark, a number sign, a backslash or a segment "." or "..".
 *
 * A file has one path. What names it in another way, with further slashes or percent escapes
 * where none are needed, is redirected to that: a handler of #LwsgContext::http-request that keeps
 * some files from being served knows them by #LwsgRequest:path.
 *
 * A directory of the program's resources, such as resource:///org/example/site, is served from
 * memory, and always whole.
 *
 * Returns: %TRUE if it is served; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if no request can
 *   have that @prefix, @directory is neither in this machine's file system nor a resource, or
 *   one of @headers could not be added with lwsg_request_add_response_header()
 *
 * Since: 1.0
 */
gboolean
lwsg_context_serve_directory_full (LwsgContext *self, const char *prefix, GFile *directory, LwsgDirectoryFlags flags,
                                   const char *const *headers, GError **error)
{
  LwsgDirectory *served;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  g_return_val_if_fail (G_IS_FILE (directory), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  served = lwsg_directory_new (prefix, directory, flags, headers, error);
  if (served == NULL)
    return FALSE;
  g_ptr_array_add (self->directories, served);

  return TRUE;
}

/* --- origins */

/* Stands for the server's own pages. */
#define ORIGIN_SAME "same-origin"

/**
 * lwsg_context_set_allowed_origins:
 * @self: a context
 * @origins: (nullable) (array zero-terminated=1): origins such as "https://example.org",
 *   "http://localhost:8080", whose host may begin with "*."; "same-origin" for the server's
 *   own pages, "null" for pages that have no origin; %NULL to allow all
 * @error: return location for a #GError
 *
 * Decides whose pages may open WebSockets. A browser lets any page connect to any server,
 * with the cookies of its user, and leaves it to the server to look at the header Origin.
 * Handshakes from other origins than these are refused with 403, before
 * #LwsgProtocol::accept. With an empty list no browser may connect.
 *
 * A request without that header is let in: it does not come from a browser, and programs can
 * claim any origin. This protects the users of browsers, not the server; who may do what is
 * a matter of authentication.
 *
 * A host that begins with "*." stands for all names below the rest of it, of one more label or
 * several: "*.example.org" for www.example.org and a.b.example.org, but not for example.org
 * itself, which has to be named besides. Scheme and port are compared as always. Whoever can put
 * pages below that name can connect.
 *
 * "same-origin" compares host and port of the Origin with the header Host; on a connection
 * with TLS the scheme must be https. A proxy in front has to pass on the Host that it got.
 *
 * Returns: %TRUE if they hold from now on; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if one of
 *   them is no origin, and then nothing has changed
 *
 * Since: 1.0
 */
gboolean
lwsg_context_set_allowed_origins (LwsgContext *self, const char *const *origins, GError **error)
{
  char **copy;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), FALSE);
  lwsg_return_val_if_elsewhere (self->home, FALSE);

  for (guint i = 0; origins != NULL && origins[i] != NULL; i++)
    if (strcmp (origins[i], ORIGIN_SAME) != 0 && !wire_origin_pattern_is_valid (origins[i]))
      {
        g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                     _("Expected an origin such as https://example.org or https://*.example.org, "
                       "without a path, got \"%s\""),
                     origins[i]);
        return FALSE;
      }

  /* They may be what the getter returned. */
  copy = g_strdupv ((char **) origins);
  g_strfreev (self->allowed_origins);
  self->allowed_origins = copy;
  g_object_notify (G_OBJECT (self), "allowed-origins");

  return TRUE;
}

/**
 * LwsgContext:allowed-origins:
 *
 * The origins whose pages may connect, see lwsg_context_set_allowed_origins(). %NULL, the
 * default, allows all.
 *
 * Since: 1.0
 */

/**
 * lwsg_context_get_allowed_origins:
 * @self: a context
 *
 * Gets #LwsgContext:allowed-origins.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the origins whose pages may
 *   connect, which belong to the context; %NULL for all
 *
 * Since: 1.0
 */
const char *const *
lwsg_context_get_allowed_origins (LwsgContext *self)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  return (const char *const *) self->allowed_origins;
}

gboolean
lwsg_context_allows_origin (LwsgContext *self, const char *origin, const char *host, gboolean secure)
{
  if (self->allowed_origins == NULL || origin == NULL)
    return TRUE;

  for (guint i = 0; self->allowed_origins[i] != NULL; i++)
    {
      const char *allowed = self->allowed_origins[i];

      if (strcmp (allowed, ORIGIN_SAME) == 0 ? wire_origin_is_of_host (origin, host, secure)
                                             : wire_origin_matches (allowed, origin))
        return TRUE;
    }

  return FALSE;
}
