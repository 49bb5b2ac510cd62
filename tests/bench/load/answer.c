/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "answer.h"

#include <string.h>

/* The example of RFC 6455, section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static const char *
offer (DeflateMode mode)
{
  switch (mode)
    {
    case DEFLATE_RESET:
      return "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
             "server_no_context_takeover\r\n";
    case DEFLATE_TAKEOVER:
      return "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    default:
      return "";
    }
}

char *
request_new (const Options *options)
{
  if (g_str_equal (options->workload, "fetch"))
    return g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", options->path, options->port);

  return g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                          options->path, options->port, offer (options->deflate));
}

/* The value of a field as a new string, or NULL. */
static char *
field_of (const char *head, const char *name)
{
  g_autofree char *start = g_strdup_printf ("\r\n%s:", name);
  const char *found = strcasestr (head, start);
  const char *value;

  if (found == NULL)
    return NULL;
  value = found + strlen (start);

  return g_strstrip (g_strndup (value, strcspn (value, "\r")));
}

/* FALSE: the head isn't complete. */
gboolean
answer_parse (Answer *self, const char *text, gsize *head_length)
{
  const char *end = strstr (text, "\r\n\r\n");
  g_autofree char *head = NULL;
  g_autofree char *accept = NULL;
  g_autofree char *extensions = NULL;
  g_autofree char *connection = NULL;
  g_autofree char *length = NULL;

  if (end == NULL)
    return FALSE;
  *head_length = (gsize) (end - text) + strlen ("\r\n\r\n");
  head = g_strndup (text, *head_length);
  accept = field_of (head, "Sec-WebSocket-Accept");
  extensions = field_of (head, "Sec-WebSocket-Extensions");
  connection = field_of (head, "Connection");
  length = field_of (head, "Content-Length");

  if (g_str_has_prefix (head, "HTTP/1."))
    self->status = (guint) g_ascii_strtoull (head + strlen ("HTTP/1.1 "), NULL, 10);
  self->upgraded = self->status == 101 && g_strcmp0 (accept, ACCEPT) == 0;
  self->deflate = extensions != NULL && strstr (extensions, "permessage-deflate") != NULL;
  self->client_resets = self->deflate && strstr (extensions, "client_no_context_takeover") != NULL;
  self->server_resets = self->deflate && strstr (extensions, "server_no_context_takeover") != NULL;
  self->keeps_alive = connection == NULL || g_ascii_strcasecmp (connection, "close") != 0;
  self->content_length = length != NULL ? g_ascii_strtoull (length, NULL, 10) : 0;

  return TRUE;
}
