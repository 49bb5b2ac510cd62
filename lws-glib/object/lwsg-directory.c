/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-directory-private.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY_INDEX "index.html"

struct _LwsgDirectory {
  char *prefix;                 /* "/", or "/docs" */
  char *root;                   /* canonical, without symbolic links */
};

/* realpath() of the C library: GLib's canonical names keep symbolic links. */
static char *
directory_resolve (const char *path)
{
  char *resolved = realpath (path, NULL);
  char *copy = g_strdup (resolved);

  free (resolved);

  return copy;
}

LwsgDirectory *
lwsg_directory_new (const char *prefix, GFile *directory, GError **error)
{
  const char *path = g_file_peek_path (directory);
  g_autofree char *root = path != NULL ? directory_resolve (path) : NULL;
  gsize length = strlen (prefix);
  LwsgDirectory *self;

  if (prefix[0] != '/' || strpbrk (prefix, "?#%") != NULL)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("A prefix begins with a slash and has no '?', '#' or '%%', unlike \"%s\""), prefix);
      return NULL;
    }
  if (root == NULL || !g_file_test (root, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *name = g_file_get_parse_name (directory);

      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%s is not a directory of this machine"), name);
      return NULL;
    }

  while (length > 1 && prefix[length - 1] == '/')
    length--;
  self = g_new (LwsgDirectory, 1);
  self->prefix = g_strndup (prefix, length);
  self->root = g_steal_pointer (&root);

  return self;
}

void
lwsg_directory_free (LwsgDirectory *self)
{
  g_free (self->prefix);
  g_free (self->root);
  g_free (self);
}

/* What stands behind the prefix, or NULL. */
static const char *
directory_rest (LwsgDirectory *self, const char *path)
{
  gsize length = strcmp (self->prefix, "/") == 0 ? 0 : strlen (self->prefix);

  if (strncmp (path, self->prefix, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;

  return path + length;
}

static gboolean
directory_has (LwsgDirectory *self, const char *file)
{
  gsize length = strlen (self->root);

  return g_str_has_prefix (file, self->root) && (file[length] == '/' || file[length] == '\0' || length == 1);
}

/* The file that a path names. Whatever links there are on the way, it lies below the
 * root, or there is none. */
static char *
directory_find (LwsgDirectory *self, const char *rest)
{
  g_autofree char *decoded = g_uri_unescape_string (rest, NULL);
  g_autofree char *joined = decoded != NULL ? g_build_filename (self->root, decoded, NULL) : NULL;
  g_autofree char *file = joined != NULL ? directory_resolve (joined) : NULL;

  if (file == NULL || !directory_has (self, file))
    return NULL;
  if (g_file_test (file, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *index = g_build_filename (file, DIRECTORY_INDEX, NULL);

      g_free (file);
      file = directory_resolve (index);
      if (file == NULL || !directory_has (self, file))
        return NULL;
    }

  return g_steal_pointer (&file);
}

/* "docs" is answered with "docs/", or the links of its index would lead elsewhere. */
static gboolean
directory_redirect (LwsgDirectory *self, LwsgRequest *request, const char *rest)
{
  const char *path = lwsg_request_get_path (request);
  g_autofree char *decoded = g_uri_unescape_string (rest, NULL);
  g_autofree char *joined = decoded != NULL ? g_build_filename (self->root, decoded, NULL) : NULL;
  g_autofree char *location = NULL;

  if (g_str_has_suffix (path, "/") || joined == NULL || !g_file_test (joined, G_FILE_TEST_IS_DIR))
    return FALSE;

  /* Behind two slashes a browser takes the name of a directory for that of a host. */
  while (path[0] == '/' && path[1] == '/')
    path++;
  location = g_strconcat (path, "/", NULL);

  return lwsg_request_redirect (request, 301, location, NULL);
}

gboolean
lwsg_directory_answer (LwsgDirectory *self, LwsgRequest *request)
{
  const char *method = lwsg_request_get_method (request);
  const char *rest = directory_rest (self, lwsg_request_get_path (request));
  g_autofree char *file = NULL;
  g_autoptr (GFile) found = NULL;

  if (rest == NULL)
    return FALSE;
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    return lwsg_request_refuse (request, 405, NULL);

  file = directory_find (self, rest);
  if (file == NULL)
    return lwsg_request_refuse (request, 404, NULL);
  if (directory_redirect (self, request, rest))
    return TRUE;

  found = g_file_new_for_path (file);
  /* A failure was answered, too. */
  lwsg_request_respond_file (request, found, NULL, NULL);

  return TRUE;
}
