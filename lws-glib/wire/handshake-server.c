/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "handshake-private.h"
#include "subprotocol-private.h"

#include <string.h>

/* RFC 6455 is version 13. The drafts 7 to 12 called themselves 7 and 8 and differ
 * from it only in the name of the header Origin. */
#define VERSION_RFC 13
static const guint versions[] = { VERSION_RFC, 8, 7 };

gboolean
wire_head_wants_upgrade (const WireHead *head)
{
  /* HTTP/1.0 knows no upgrades: a proxy in between may have passed the header on by
   * mistake (RFC 9110 section 7.8). */
  return head->minor_version >= 1 && wire_head_has_token (head, "Upgrade", "websocket");
}

static gboolean
check_method (const WireHead *head, WireRefusal *refusal)
{
  if (strcmp (head->method, "GET") != 0)
    return wire_refusal_set (refusal, 405, N_("expected the method GET, got %.60s"), head->method);
  if (head->minor_version < 1)
    return wire_refusal_set (refusal, 400, N_("expected HTTP/1.1, got HTTP/1.0"));

  return TRUE;
}

static gboolean
check_body (const WireHead *head, WireRefusal *refusal)
{
  gint64 length;
  gboolean chunked;

  if (!wire_head_body (head, &length, &chunked, refusal))
    return FALSE;
  if (chunked || length > 0)
    return wire_refusal_set (refusal, 400, N_("a body in a request for an upgrade"));

  return TRUE;
}

static gboolean
check_upgrade (const WireHead *head, WireRefusal *refusal)
{
  if (!wire_head_wants_upgrade (head))
    return wire_refusal_set (refusal, 400, N_("the header Upgrade does not name websocket"));
  if (!wire_head_has_token (head, "Connection", "upgrade"))
    return wire_refusal_set (refusal, 400, N_("the header Connection does not name Upgrade"));

  return TRUE;
}

/* A version is a number up to 255 without leading zeros (4.3). */
static gboolean
parse_version (const char *text, guint *version)
{
  gsize length = strspn (text, "0123456789");

  if (length == 0 || length > 3 || text[length] != '\0' || (text[0] == '0' && length > 1))
    return FALSE;
  *version = (guint) g_ascii_strtoull (text, NULL, 10);

  return *version <= 255;
}

static gboolean
check_version (const WireHead *head, guint *version, WireRefusal *refusal)
{
  const char *text = wire_head_get (head, "Sec-WebSocket-Version");

  if (text == NULL)
    return wire_refusal_set (refusal, 400, N_("the request has no header Sec-WebSocket-Version"));
  if (!parse_version (text, version))
    return wire_refusal_set (refusal, 400, N_("expected a number in Sec-WebSocket-Version, got %.60s"), text);

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      if (*version == versions[i])
        return TRUE;
    }

  return wire_refusal_set (refusal, 426, N_("expected version %d of WebSocket, got %u"), VERSION_RFC, *version);
}

static gboolean
check_key (const WireHead *head, const char **key, WireRefusal *refusal)
{
  *key = wire_head_get (head, "Sec-WebSocket-Key");

  if (*key == NULL)
    return wire_refusal_set (refusal, 400, N_("the request has no header Sec-WebSocket-Key"));
  if (!wire_key_is_valid (*key))
    return wire_refusal_set (refusal, 400, N_("expected base64 of %d bytes in Sec-WebSocket-Key, got %.60s"),
                             WIRE_NONCE_SIZE, *key);

  return TRUE;
}

static gboolean
check_subprotocols (const WireHead *head, WireRefusal *refusal)
{
  const char *name = "Sec-WebSocket-Protocol";
  WireSubprotocols offered;

  offered.n = 0;
  for (guint i = wire_head_find (head, name, 0); i < head->n_headers; i = wire_head_find (head, name, i + 1))
    {
      if (!wire_subprotocols_add (&offered, head->headers[i].value, refusal))
        return FALSE;
    }

  return TRUE;
}

/* Whatever the version says, a browser that sends an origin is not taken for a program
 * that sends none. */
static const char *
get_origin (const WireHead *head, guint version)
{
  const char *origin = version == VERSION_RFC ? NULL : wire_head_get (head, "Sec-WebSocket-Origin");

  return origin != NULL ? origin : wire_head_get (head, "Origin");
}

gboolean
wire_server_handshake_check (const WireHead *head, WireServerHandshake *handshake, WireRefusal *refusal)
{
  const char *key;

  if (!check_method (head, refusal) || !check_body (head, refusal) || !check_upgrade (head, refusal) ||
      !check_version (head, &handshake->version, refusal) || !check_key (head, &key, refusal) ||
      !check_subprotocols (head, refusal))
    return FALSE;

  handshake->host = wire_head_get (head, "Host");
  if (*handshake->host == '\0')
    return wire_refusal_set (refusal, 400, N_("the header Host is empty"));

  handshake->deflates = FALSE;
  handshake->target = head->target;
  handshake->origin = get_origin (head, handshake->version);
  wire_accept_for_key (handshake->accept, key);

  return TRUE;
}

gboolean
wire_server_handshake_negotiate (const WireHead *head, const WireDeflateSettings *settings,
                                 WireServerHandshake *handshake, WireRefusal *refusal)
{
  return wire_deflate_accept (head, settings, &handshake->deflates, &handshake->deflate, refusal);
}

gboolean
wire_offer_next (const WireHead *head, WireOfferIter *iter, const char **token, gsize *length)
{
  while (iter->cursor == NULL || !wire_token_next (&iter->cursor, token, length))
    {
      guint i = wire_head_find (head, "Sec-WebSocket-Protocol", iter->header);

      if (i == head->n_headers)
        return FALSE;
      iter->cursor = head->headers[i].value;
      iter->header = i + 1;
    }

  return TRUE;
}

void
wire_server_handshake_accept (GString *out, const WireServerHandshake *handshake, const char *subprotocol,
                              const char *headers)
{
  g_return_if_fail (subprotocol == NULL || wire_is_token (subprotocol, strlen (subprotocol)));

  g_string_append (out,
                   "HTTP/1.1 101 Switching Protocols\r\n"
                   "Upgrade: websocket\r\n"
                   "Connection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: ");
  g_string_append_len (out, handshake->accept, WIRE_ACCEPT_SIZE);
  if (subprotocol != NULL)
    {
      g_string_append (out, "\r\nSec-WebSocket-Protocol: ");
      g_string_append (out, subprotocol);
    }
  if (handshake->deflates)
    {
      g_string_append (out, "\r\nSec-WebSocket-Extensions: ");
      wire_deflate_format (out, &handshake->deflate);
    }
  g_string_append (out, "\r\n");
  if (headers != NULL)
    g_string_append (out, headers);
  g_string_append (out, "\r\n");
}
