/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-target-private.h"

#include <string.h>

/* The longest text of an IPv6 address, an embedded IPv4 address included. */
#define IPV6_TEXT_MAX 45

#define PORT_MAX 65535

static const char *const schemes[] = { "http://", "https://", "ws://", "wss://" };

static gboolean
port_is_valid (const char *port, gsize length)
{
  guint value = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (port[i]))
        return FALSE;
      value = value * 10 + (guint) g_ascii_digit_value (port[i]);
      if (value > PORT_MAX)
        return FALSE;
    }

  return TRUE;
}

static gboolean
ipv6_is_valid (const char *address, gsize length)
{
  char text[IPV6_TEXT_MAX + 1];

  if (length > IPV6_TEXT_MAX || memchr (address, ':', length) == NULL)
    return FALSE;

  memcpy (text, address, length);
  text[length] = '\0';

  return strspn (text, "0123456789abcdefABCDEF:.") == length && g_hostname_is_ip_address (text);
}

/* reg-name of RFC 3986 without the comma: a proxy that folds two Host headers
 * into one would write one. */
static gboolean
name_is_valid (const char *name, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (name[i] == '%' && length - i > 2 && g_ascii_isxdigit (name[i + 1]) && g_ascii_isxdigit (name[i + 2]))
        i += 2;
      else if (name[i] == '\0' || (!g_ascii_isalnum (name[i]) && strchr ("-._~!$&'()*+;=", name[i]) == NULL))
        return FALSE;
    }

  return length > 0;
}

gboolean
wire_host_is_valid (const char *host, gsize length)
{
  const char *end = host + length;
  gboolean bracketed = length > 0 && host[0] == '[';
  const char *host_end = memchr (host, bracketed ? ']' : ':', length);
  const char *port;

  if (bracketed && host_end == NULL)
    return FALSE;
  if (host_end == NULL)
    host_end = end;

  port = bracketed ? host_end + 1 : host_end;
  if (port < end && (*port != ':' || !port_is_valid (port + 1, (gsize) (end - port - 1))))
    return FALSE;

  return bracketed ? ipv6_is_valid (host + 1, (gsize) (host_end - host - 1))
                   : name_is_valid (host, (gsize) (host_end - host));
}

/* The character at *cursor, percent-decoded. */
static gboolean
next_char (const char **cursor, char *c)
{
  const char *p = *cursor;

  *c = *p++;
  if (*c == '%')
    {
      if (!g_ascii_isxdigit (p[0]) || !g_ascii_isxdigit (p[1]))
        return FALSE;
      *c = (char) (g_ascii_xdigit_value (p[0]) * 16 + g_ascii_xdigit_value (p[1]));
      p += 2;
    }
  *cursor = p;

  return TRUE;
}

/* A client resolves dot segments before it sends a request (RFC 3986 section
 * 6.2.2.3), so an honest one loses nothing. An encoded slash stands for a slash
 * here, since the program may decode it. */
static gboolean
check_path (const char *path, WireRefusal *refusal)
{
  const char *cursor = path;
  gsize segment_length = 0;
  gsize dots = 0;
  gboolean at_end;

  do
    {
      char c = '/';

      at_end = *cursor == '\0' || *cursor == '?';
      if (!at_end && !next_char (&cursor, &c))
        return wire_refusal_set (refusal, 400, N_("malformed percent escape in the path %.60s"), path);
      if (c == '\0' || c == '\\')
        return wire_refusal_set (refusal, 400,
                                 c == '\0' ? N_("a NUL in the path %.60s") : N_("a backslash in the path %.60s"),
                                 path);

      if (c == '/')
        {
          if (dots == segment_length && (dots == 1 || dots == 2))
            return wire_refusal_set (refusal, 400, N_("a dot segment in the path %.60s"), path);
          segment_length = dots = 0;
        }
      else
        {
          segment_length++;
          dots += c == '.';
        }
    }
  while (!at_end);

  return TRUE;
}

/* Where the authority of an http or ws URI begins; NULL if it is none. */
static const char *
find_authority (const char *uri)
{
  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);

      if (g_ascii_strncasecmp (uri, schemes[i], length) == 0)
        return uri + length;
    }

  return NULL;
}

gboolean
wire_target_check (const char *method, const char *target, WireRefusal *refusal)
{
  const char *authority;
  gsize authority_length;

  if (strchr (target, '#') != NULL)
    return wire_refusal_set (refusal, 400, N_("a fragment in the target %.60s"), target);

  if (target[0] == '/')
    return check_path (target, refusal);

  if (strcmp (target, "*") == 0 && strcmp (method, "OPTIONS") == 0)
    return TRUE;

  authority = find_authority (target);
  if (authority == NULL)
    return wire_refusal_set (refusal, 400, N_("expected a target that begins with '/', got %.60s"), target);

  authority_length = strcspn (authority, "/?");
  if (!wire_host_is_valid (authority, authority_length))
    return wire_refusal_set (refusal, 400, N_("expected host[:port] in the target, got %.60s"), target);

  return check_path (authority + authority_length, refusal);
}

gboolean
wire_target_is_at (const char *target, const char *host)
{
  const char *authority = target[0] == '/' ? NULL : find_authority (target);
  gsize length = strlen (host);

  return authority == NULL ||
         (strcspn (authority, "/?") == length && g_ascii_strncasecmp (authority, host, length) == 0);
}

/* A slash further on than the authority may stand in the query, which nobody has checked. */
char *
wire_target_strip (char *target)
{
  const char *authority = target[0] == '/' ? NULL : find_authority (target);
  char *path;

  if (authority == NULL)
    return target;

  path = target + (authority - target) + strcspn (authority, "/?");
  if (*path != '/')
    /* The authority is not empty, and not needed any more. */
    *--path = '/';

  return path;
}
