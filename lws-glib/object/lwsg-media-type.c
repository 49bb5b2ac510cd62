/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-media-type-private.h"

#include <gio/gio.h>
#include <string.h>

#define MEDIA_TYPE_UNKNOWN "application/octet-stream"

/* What pages are made of. Browsers that are told not to guess need the right word for it,
 * and not every machine has a database of types, or one that nobody has changed. */
static const struct {
  const char *suffix;
  const char *type;
} of_pages[] = {
  { ".css", "text/css" },          { ".csv", "text/csv" },
  { ".gif", "image/gif" },         { ".htm", "text/html" },
  { ".html", "text/html" },        { ".ico", "image/x-icon" },
  { ".jpeg", "image/jpeg" },       { ".jpg", "image/jpeg" },
  { ".js", "text/javascript" },    { ".json", "application/json" },
  { ".map", "application/json" },  { ".md", "text/markdown" },
  { ".mjs", "text/javascript" },   { ".mp3", "audio/mpeg" },
  { ".mp4", "video/mp4" },         { ".pdf", "application/pdf" },
  { ".png", "image/png" },         { ".svg", "image/svg+xml" },
  { ".txt", "text/plain" },        { ".wasm", "application/wasm" },
  { ".webm", "video/webm" },       { ".webmanifest", "application/manifest+json" },
  { ".webp", "image/webp" },       { ".woff2", "font/woff2" },
  { ".xml", "application/xml" },
};

static char *
media_type_look_up (const char *name)
{
  const char *suffix = strrchr (name, '.');
  g_autofree char *guessed = NULL;
  char *type;

  for (gsize i = 0; suffix != NULL && i < G_N_ELEMENTS (of_pages); i++)
    if (g_ascii_strcasecmp (suffix, of_pages[i].suffix) == 0)
      return g_strdup (of_pages[i].type);

  guessed = g_content_type_guess (name, NULL, 0, NULL);
  type = g_content_type_get_mime_type (guessed);

  return type != NULL ? type : g_strdup (MEDIA_TYPE_UNKNOWN);
}

char *
lwsg_media_type_of (const char *name)
{
  g_autofree char *type = media_type_look_up (name);

  return g_str_has_prefix (type, "text/") ? g_strconcat (type, "; charset=utf-8", NULL) : g_steal_pointer (&type);
}
