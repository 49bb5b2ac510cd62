/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-peer.h"

#include <stdlib.h>
#include <string.h>

static void
http_turn (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

RawPeer *
http_connect (guint port)
{
  return raw_peer_connect ((guint16) port, http_turn, NULL);
}

void
http_ask (RawPeer *peer, const char *request, HttpReply *response)
{
  g_autofree char *length = NULL;

  http_reply_clear (response);
  if (request != NULL)
    raw_peer_send_text (peer, request);
  response->head = raw_peer_read_head (peer);
  g_assert_true (g_str_has_prefix (response->head, "HTTP/1.1 "));
  response->status = (guint) atoi (response->head + strlen ("HTTP/1.1 "));
  length = http_header (response, "Content-Length");
  if (length != NULL && (request == NULL || !g_str_has_prefix (request, "HEAD")))
    response->length = (gsize) atol (length);
  response->body = g_malloc0 (response->length + 1);
  raw_peer_read (peer, response->length, (guint8 *) response->body);
}

void
http_get (guint port, const char *target, HttpReply *response)
{
  g_autoptr (RawPeer) peer = http_connect (port);
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                                              target);

  http_ask (peer, request, response);
  raw_peer_expect_end (peer);
}

char *
http_header (const HttpReply *response, const char *name)
{
  g_autofree char *start = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (response->head, start);
  const char *value = found != NULL ? found + strlen (start) : NULL;

  return value != NULL ? g_strndup (value, strcspn (value, "\r")) : NULL;
}

void
http_reply_clear (HttpReply *response)
{
  g_clear_pointer (&response->head, g_free);
  g_clear_pointer (&response->body, g_free);
  response->length = 0;
}
