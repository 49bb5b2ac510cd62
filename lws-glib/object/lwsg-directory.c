/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-directory-private.h"

#include "lwsg-media-type-private.h"
#include "lwsg-request-private.h"

#include "engine/beneath-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_INDEX "index.html"

struct _LwsgDirectory {
  char *prefix;                 /* "", or "/docs" */
  char *root;
  EngineLinks links;
  char **headers;               /* name, value, name ... */
};

static gboolean
directory_check (const char *prefix, GFile *directory, GError **error)
{
  const char *path = g_file_peek_path (directory);

  if (prefix[0] != '/' || strpbrk (prefix, "?#%") != NULL)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("A prefix begins with a slash and has no '?', '#' or '%%', unlike \"%s\""), prefix);
      return FALSE;
    }
  if (path == NULL || !g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *name = g_file_get_parse_name (directory);

      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%s is not a directory of this machine"), name);
      return FALSE;
    }

  return TRUE;
}

/* Name and value in turn. NULL if one of the headers can't be sent. */
static char **
directory_split_headers (const char *const *headers, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; headers != NULL && headers[i] != NULL; i++)
    {
      const char *colon = strchr (headers[i], ':');
      g_autofree char *name = colon != NULL ? g_strndup (headers[i], (gsize) (colon - headers[i])) : g_strdup ("");
      const char *value = colon != NULL ? colon + 1 : "";

      value += strspn (value, " \t");
      if (!lwsg_request_check_response_header (name, value, error))
        return NULL;
      g_strv_builder_add_many (builder, name, value, NULL);
    }

  return g_strv_builder_end (builder);
}

LwsgDirectory *
lwsg_directory_new (const char *prefix, GFile *directory, LwsgDirectoryFlags flags, const char *const *headers,
                    GError **error)
{
  gsize length = strlen (prefix);
  char **split;
  LwsgDirectory *self;

  if (!directory_check (prefix, directory, error))
    return NULL;
  split = directory_split_headers (headers, error);
  if (split == NULL)
    return NULL;

  while (length > 0 && prefix[length - 1] == '/')
    length--;
  self = g_new (LwsgDirectory, 1);
  self->prefix = g_strndup (prefix, length);
  /* The program may change its working directory. */
  self->root = g_canonicalize_filename (g_file_peek_path (directory), NULL);
  self->links = flags & LWSG_DIRECTORY_NO_SYMLINKS ? ENGINE_LINKS_REFUSE : ENGINE_LINKS_BENEATH;
  self->headers = split;

  return self;
}

void
lwsg_directory_free (LwsgDirectory *self)
{
  g_free (self->prefix);
  g_free (self->root);
  g_strfreev (self->headers);
  g_free (self);
}

/* What stands behind the prefix, or NULL. */
static const char *
directory_rest (LwsgDirectory *self, const char *path)
{
  gsize length = strlen (self->prefix);

  if (strncmp (path, self->prefix, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;

  return path + length;
}

/* Opens what a path names, below the root. It is looked for anew each time: whoever
 * publishes a new version of a site may rename directories. */
static int
directory_open (LwsgDirectory *self, const char *path)
{
  int root = open (self->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = root >= 0 ? engine_beneath_open (root, path + strspn (path, "/"), self->links) : -1;
  int failure = errno;

  if (root >= 0)
    close (root);
  errno = failure;

  return fd;
}

static gboolean
directory_is_one (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISDIR (status.st_mode);
}

/* "docs" is answered with "docs/", or the links of its index would lead elsewhere. */
static gboolean
directory_redirect (LwsgRequest *request)
{
  const char *path = lwsg_request_get_path (request);
  g_autofree char *location = NULL;

  /* Behind two slashes a browser takes the name of a directory for that of a host. */
  while (path[0] == '/' && path[1] == '/')
    path++;
  location = g_strconcat (path, "/", NULL);

  return lwsg_request_redirect (request, 301, location, NULL);
}

static gboolean
directory_send (LwsgDirectory *self, LwsgRequest *request, int fd, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *type = lwsg_media_type_of (name);

  for (guint i = 0; self->headers[i] != NULL; i += 2)
    lwsg_request_add_response_header (request, self->headers[i], self->headers[i + 1], NULL);
  /* A failure was answered, too. */
  lwsg_request_respond_descriptor (request, fd, type);

  return TRUE;
}

/* Answers with a file, or the index of a directory. */
static gboolean
directory_answer_path (LwsgDirectory *self, LwsgRequest *request, const char *path)
{
  g_autofree char *index = g_build_filename (path, DIRECTORY_INDEX, NULL);
  int fd = directory_open (self, path);
  int directory;

  if (fd < 0)
    return lwsg_request_refuse (request, engine_reply_status_of (errno), NULL);
  if (!directory_is_one (fd))
    return directory_send (self, request, fd, path);

  directory = fd;
  fd = directory_open (self, index);
  close (directory);
  if (fd < 0)
    return lwsg_request_refuse (request, engine_reply_status_of (errno), NULL);
  if (g_str_has_suffix (lwsg_request_get_path (request), "/"))
    return directory_send (self, request, fd, index);

  close (fd);

  return directory_redirect (request);
}

gboolean
lwsg_directory_answer (LwsgDirectory *self, LwsgRequest *request)
{
  const char *method = lwsg_request_get_method (request);
  const char *rest = directory_rest (self, lwsg_request_get_path (request));
  g_autofree char *path = NULL;

  if (rest == NULL)
    return FALSE;
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    return lwsg_request_refuse (request, 405, NULL);

  path = g_uri_unescape_string (rest, NULL);
  if (path == NULL)
    return lwsg_request_refuse (request, 404, NULL);

  return directory_answer_path (self, request, path);
}
