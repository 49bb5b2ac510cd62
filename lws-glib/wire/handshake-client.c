/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "handshake-private.h"
#include "http-target-private.h"
#include "subprotocol-private.h"

#include <string.h>

/* --- the request */

/* A header of the program's: none of those that make the handshake. */
static gboolean
check_header (const char *header, WireRefusal *refusal)
{
  static const char *const ours[] = { "Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding" };
  const char *colon = strchr (header, ':');
  gsize length = colon != NULL ? (gsize) (colon - header) : 0;

  if (!wire_is_token (header, length) || !wire_is_field_value (colon + 1))
    return wire_refusal_set (refusal, 0, N_("expected a header as \"Name: value\", got \"%.60s\""), header);

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    if (strlen (ours[i]) == length && g_ascii_strncasecmp (header, ours[i], length) == 0)
      return wire_refusal_set (refusal, 0, N_("the header %s is not the program's to set"), ours[i]);
  if (g_ascii_strncasecmp (header, "Sec-", 4) == 0)
    return wire_refusal_set (refusal, 0, N_("headers that begin with Sec- are not the program's to set"));

  return TRUE;
}

static gboolean
check_fields (const WireClientHandshake *handshake, WireRefusal *refusal)
{
  if (!wire_key_is_valid (handshake->key))
    return wire_refusal_set (refusal, 0, N_("no key was drawn for the handshake"));

  if (handshake->target[0] != '/' || !wire_is_visible (handshake->target) || strchr (handshake->target, '#') != NULL)
    return wire_refusal_set (refusal, 0,
                             N_("expected a path of visible ASCII characters that begins with '/' and has no "
                                "fragment, got \"%.60s\""), handshake->target);

  if (!wire_host_is_valid (handshake->host, strlen (handshake->host)))
    return wire_refusal_set (refusal, 0, N_("expected host[:port] as host, got \"%.60s\""), handshake->host);

  if (handshake->origin != NULL && !wire_is_visible (handshake->origin))
    return wire_refusal_set (refusal, 0, N_("expected visible ASCII characters as origin, got \"%.60s\""),
                             handshake->origin);

  for (guint i = 0; handshake->headers != NULL && handshake->headers[i] != NULL; i++)
    if (!check_header (handshake->headers[i], refusal))
      return FALSE;

  return TRUE;
}

/* Which subprotocols are asked for? */
static gboolean
read_subprotocols (const WireClientHandshake *handshake, WireSubprotocols *asked, WireRefusal *refusal)
{
  asked->n = 0;
  if (handshake->subprotocols == NULL || wire_subprotocols_add (asked, handshake->subprotocols, refusal))
    return TRUE;

  refusal->status = 0;

  return FALSE;
}

static void
append_header (GString *out, const char *name, const char *value)
{
  g_string_append (out, name);
  g_string_append (out, ": ");
  g_string_append (out, value);
  g_string_append (out, "\r\n");
}

static void
append_offer (GString *out, const WireDeflateSettings *settings)
{
  g_string_append (out, "Sec-WebSocket-Extensions: ");
  wire_deflate_offer (out, settings);
  g_string_append (out, "\r\n");
}

static void
append_subprotocols (GString *out, const WireSubprotocols *asked)
{
  for (guint i = 0; i < asked->n; i++)
    {
      g_string_append (out, i == 0 ? "Sec-WebSocket-Protocol: " : ", ");
      g_string_append_len (out, asked->list[i].name, (gssize) asked->list[i].length);
    }
  if (asked->n > 0)
    g_string_append (out, "\r\n");
}

gboolean
wire_client_handshake_request (GString *out, WireClientHandshake *handshake, WireRefusal *refusal)
{
  WireSubprotocols asked;

  if (!check_fields (handshake, refusal) || !read_subprotocols (handshake, &asked, refusal))
    return FALSE;

  g_string_append (out, "GET ");
  g_string_append (out, handshake->target);
  g_string_append (out, " HTTP/1.1\r\n");
  append_header (out, "Host", handshake->host);
  g_string_append (out, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
  append_header (out, "Sec-WebSocket-Key", handshake->key);
  g_string_append (out, "Sec-WebSocket-Version: 13\r\n");
  if (handshake->origin != NULL)
    append_header (out, "Origin", handshake->origin);
  append_subprotocols (out, &asked);
  handshake->offered = handshake->offer != NULL && handshake->offer->enabled;
  if (handshake->offered)
    append_offer (out, handshake->offer);
  for (guint i = 0; handshake->headers != NULL && handshake->headers[i] != NULL; i++)
    {
      g_string_append (out, handshake->headers[i]);
      g_string_append (out, "\r\n");
    }
  g_string_append (out, "\r\n");

  return TRUE;
}

/* --- the answer */

static gboolean
check_status (const WireHead *head, const char *subprotocols, WireRefusal *refusal)
{
  const char *reason = *head->reason != '\0' ? head->reason : wire_status_phrase (head->status);
  const char *location = head->status / 100 == 3 ? wire_head_get (head, "Location") : NULL;
  gboolean redirected = location != NULL && wire_is_visible (location);

  if (head->status == 101)
    return TRUE;

  if (redirected)
    return wire_refusal_set (refusal, head->status,
                             N_("the server answered %u %.40s instead of 101 Switching Protocols and points to %.60s"),
                             head->status, reason, location);

  /* Often it is the subprotocol that the server does not have. */
  if (head->status == 400 && subprotocols != NULL)
    return wire_refusal_set (refusal, head->status,
                             N_("the server answered %u %.40s instead of 101 Switching Protocols, asked for was the "
                                "subprotocol \"%.60s\""), head->status, reason, subprotocols);

  return wire_refusal_set (refusal, head->status,
                           N_("the server answered %u %.40s instead of 101 Switching Protocols"), head->status, reason);
}

/* The value of a header that must be there, once; NULL and why if it isn't. */
static const char *
get_header (const WireHead *head, const char *name, WireRefusal *refusal)
{
  guint i = wire_head_find (head, name, 0);

  if (i == head->n_headers)
    wire_refusal_set (refusal, 0, N_("the server's answer has no header %s"), name);
  else if (wire_head_find (head, name, i + 1) < head->n_headers)
    wire_refusal_set (refusal, 0, N_("the server's answer has several headers %s"), name);
  else
    return head->headers[i].value;

  return NULL;
}

static gboolean
check_upgrade (const WireHead *head, WireRefusal *refusal)
{
  const char *upgrade = NULL;

  if (head->minor_version < 1)
    return wire_refusal_set (refusal, 0, N_("the server answered with HTTP/1.0 instead of HTTP/1.1"));
  upgrade = get_header (head, "Upgrade", refusal);
  if (upgrade == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (upgrade, "websocket") != 0)
    return wire_refusal_set (refusal, 0, N_("the server's header Upgrade is \"%.60s\" instead of \"websocket\""),
                             upgrade);
  if (!wire_head_has_token (head, "Connection", "upgrade"))
    return wire_refusal_set (refusal, 0, N_("the server's header Connection does not name Upgrade"));

  return TRUE;
}

static gboolean
check_accept (const WireHead *head, const char *key, WireRefusal *refusal)
{
  char expected[WIRE_ACCEPT_SIZE + 1];
  const char *accept = get_header (head, "Sec-WebSocket-Accept", refusal);

  if (accept == NULL)
    return FALSE;

  wire_accept_for_key (expected, key);
  if (strcmp (accept, expected) != 0)
    return wire_refusal_set (refusal, 0, N_("the server's header Sec-WebSocket-Accept is \"%.40s\" instead of \"%s\""),
                             accept, expected);

  return TRUE;
}

static gboolean
check_subprotocol (const WireClientHandshake *handshake, const WireHead *head, const char **subprotocol,
                   WireRefusal *refusal)
{
  WireSubprotocols asked;
  const char *chosen = wire_head_get (head, "Sec-WebSocket-Protocol");

  if (!read_subprotocols (handshake, &asked, refusal))
    return FALSE;

  *subprotocol = NULL;
  if (asked.n == 0 && chosen == NULL)
    return TRUE;
  if (asked.n == 0)
    return wire_refusal_set (refusal, 0, N_("the server chose the subprotocol \"%.60s\", none was asked for"), chosen);
  if (chosen == NULL)
    return wire_refusal_set (refusal, 0, N_("the server chose no subprotocol, asked for were \"%.60s\""),
                             handshake->subprotocols);
  chosen = get_header (head, "Sec-WebSocket-Protocol", refusal);
  if (chosen == NULL)
    return FALSE;
  if (!wire_subprotocols_contain (&asked, chosen, strlen (chosen)))
    return wire_refusal_set (refusal, 0, N_("the server chose the subprotocol \"%.40s\", asked for were \"%.40s\""),
                             chosen, handshake->subprotocols);
  *subprotocol = chosen;

  return TRUE;
}

gboolean
wire_client_handshake_check (WireClientHandshake *handshake, const WireHead *head, const char **subprotocol,
                             WireRefusal *refusal)
{
  return check_status (head, handshake->subprotocols, refusal) && check_upgrade (head, refusal) &&
         check_accept (head, handshake->key, refusal) &&
         wire_deflate_check (head, handshake->offered, &handshake->deflates, &handshake->deflate, refusal) &&
         check_subprotocol (handshake, head, subprotocol, refusal);
}
