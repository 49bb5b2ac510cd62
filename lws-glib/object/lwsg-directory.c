/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-directory-private.h"

#include "lwsg-media-type-private.h"
#include "lwsg-request-file-private.h"
#include "lwsg-request-headers-private.h"
#include "lwsg-request-private.h"

#include "engine/http/http-response-private.h"
#include "engine/server/open-beneath-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_INDEX "index.html"

#define RESOURCE_SCHEME "resource"

struct _LwsgDirectory {
  char *prefix;                 /* "", or "/docs"; without percent escapes */
  char *root;                   /* a path, without a slash at its end */
  gboolean in_resources;        /* of the program's resources, not of the file system */
  EngineLinks links;
  char **headers;               /* name, value, name ... */
};

/* No request has such a path: dot segments and backslashes are refused before. */
static gboolean
directory_prefix_matches_nothing (const char *prefix)
{
  g_auto (GStrv) segments = g_strsplit (prefix, "/", -1);

  return strchr (prefix, '\\') != NULL || g_strv_contains ((const char *const *) segments, ".") ||
         g_strv_contains ((const char *const *) segments, "..");
}

static gboolean
directory_check_prefix (const char *prefix, GError **error)
{
  g_autofree char *text = g_utf8_make_valid (prefix, -1);

  if (prefix[0] == '/' && strpbrk (prefix, "?#%") == NULL && !directory_prefix_matches_nothing (prefix) &&
      strcmp (text, prefix) == 0)
    return TRUE;

  g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
               _("A prefix is a path in UTF-8 that begins with a slash, without percent escapes, '?', '#', backslashes "
                 "and dot segments, unlike \"%s\""),
               text);
  return FALSE;
}

/* To the kernel several slashes are one. */
static void
directory_merge_slashes (char *path)
{
  char *end = path;

  for (const char *c = path; *c != '\0'; c++)
    if (*c != '/' || end == path || end[-1] != '/')
      *end++ = *c;
  *end = '\0';
}

static gboolean
directory_check (GFile *directory, GError **error)
{
  const char *path = g_file_peek_path (directory);
  g_autofree char *name = NULL;

  if (path != NULL ? g_file_test (path, G_FILE_TEST_IS_DIR)
                   : g_file_has_uri_scheme (directory, RESOURCE_SCHEME) &&
                       g_file_query_file_type (directory, G_FILE_QUERY_INFO_NONE, NULL) == G_FILE_TYPE_DIRECTORY)
    return TRUE;

  name = g_file_get_parse_name (directory);
  g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
               _("%s is no directory of this machine or of the program's resources"), name);
  return FALSE;
}

/* The program may change its working directory. */
static char *
directory_root (GFile *directory)
{
  const char *path = g_file_peek_path (directory);
  g_autofree char *uri = NULL;
  char *root;

  if (path != NULL)
    return g_canonicalize_filename (path, NULL);

  uri = g_file_get_uri (directory);
  root = g_uri_unescape_string (uri + strlen (RESOURCE_SCHEME "://"), NULL);
  if (g_str_has_suffix (root, "/"))
    root[strlen (root) - 1] = '\0';

  return root;
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

  if (!directory_check_prefix (prefix, error) || !directory_check (directory, error))
    return NULL;
  split = directory_split_headers (headers, error);
  if (split == NULL)
    return NULL;

  while (length > 0 && prefix[length - 1] == '/')
    length--;
  self = g_new (LwsgDirectory, 1);
  self->prefix = g_strndup (prefix, length);
  directory_merge_slashes (self->prefix);
  self->root = directory_root (directory);
  self->in_resources = g_file_peek_path (directory) == NULL;
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
  int fd = root >= 0 ? engine_open_beneath (root, path + strspn (path, "/"), self->links) : -1;
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

static gboolean
directory_redirect (LwsgRequest *request, const char *path, const char *end)
{
  const char *query = lwsg_request_get_query (request);
  g_autofree char *location = g_strconcat (path, end, query != NULL ? "?" : NULL, query, NULL);

  return lwsg_request_redirect (request, 301, location, NULL);
}

/* Adds the headers of a file, and returns its type. */
static char *
directory_begin (LwsgDirectory *self, LwsgRequest *request, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  for (guint i = 0; self->headers[i] != NULL; i += 2)
    lwsg_request_add_response_header (request, self->headers[i], self->headers[i + 1], NULL);

  return lwsg_media_type_of (name);
}

static gboolean
directory_send (LwsgDirectory *self, LwsgRequest *request, int fd, const char *path)
{
  g_autofree char *type = directory_begin (self, request, path);

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
    return lwsg_request_refuse (request, engine_http_response_status_of (errno), NULL);
  if (!directory_is_one (fd))
    return directory_send (self, request, fd, path);

  directory = fd;
  fd = directory_open (self, index);
  close (directory);
  if (fd < 0)
    return lwsg_request_refuse (request, engine_http_response_status_of (errno), NULL);
  if (g_str_has_suffix (lwsg_request_get_path (request), "/"))
    return directory_send (self, request, fd, index);

  close (fd);

  /* Or the links of its index would lead elsewhere. */
  return directory_redirect (request, lwsg_request_get_path (request), "/");
}

/* --- resources: they are in memory, and there are no links */

static gboolean
directory_is_resource (const char *path)
{
  g_auto (GStrv) children = g_resources_enumerate_children (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return children != NULL;
}

static gboolean
directory_send_resource (LwsgDirectory *self, LwsgRequest *request, GBytes *bytes, const char *path)
{
  g_autofree char *type = directory_begin (self, request, path);

  return lwsg_request_respond (request, 200, type, bytes, NULL);
}

static gboolean
directory_answer_resource (LwsgDirectory *self, LwsgRequest *request, const char *path)
{
  g_autofree char *name = g_strconcat (self->root, path, NULL);
  gboolean slash = name[0] == '\0' || g_str_has_suffix (name, "/");
  g_autofree char *index = g_strconcat (name, slash && name[0] != '\0' ? "" : "/", DIRECTORY_INDEX, NULL);
  gboolean is_directory = directory_is_resource (name[0] != '\0' ? name : "/");
  g_autoptr (GBytes) bytes = NULL;

  /* GLib finds a file by its name with a slash, too. */
  if (is_directory || !slash)
    bytes = g_resources_lookup_data (is_directory ? index : name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes == NULL)
    return lwsg_request_refuse (request, 404, NULL);
  if (is_directory && !g_str_has_suffix (lwsg_request_get_path (request), "/"))
    return directory_redirect (request, lwsg_request_get_path (request), "/");

  return directory_send_resource (self, request, bytes, is_directory ? index : name);
}

/* A file has one path. Under others that a client could write for it, with more slashes or percent escapes,
 * handlers that let nobody see some of the files would not know it. */
static gboolean
directory_answer_spelling (LwsgDirectory *self, LwsgRequest *request, const char *path, const char *rest)
{
  g_autofree char *spelling = g_uri_escape_string (path, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);

  if (strcmp (spelling, lwsg_request_get_path (request)) != 0)
    return directory_redirect (request, spelling, "");

  return self->in_resources ? directory_answer_resource (self, request, rest)
                            : directory_answer_path (self, request, rest);
}

gboolean
lwsg_directory_answer (LwsgDirectory *self, LwsgRequest *request)
{
  const char *method = lwsg_request_get_method (request);
  g_autofree char *path = g_uri_unescape_string (lwsg_request_get_path (request), NULL);
  const char *rest;

  if (path == NULL)
    return FALSE;
  directory_merge_slashes (path);
  rest = directory_rest (self, path);
  if (rest == NULL)
    return FALSE;
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    return lwsg_request_refuse (request, 405, NULL);

  return directory_answer_spelling (self, request, path, rest);
}
