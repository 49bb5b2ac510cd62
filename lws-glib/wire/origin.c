/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "origin-private.h"
#include "http-target-private.h"

#include <arpa/inet.h>
#include <string.h>

#define SCHEME_END "://"

/* Before a host: one label or more. */
#define WILDCARD "*."

/* RFC 1035 section 2.3.4. */
#define LABEL_MAX 63
#define NAME_MAX_LENGTH 253

typedef struct {
  const char *text;
  gsize length;                 /* without the port */
  guint port;                   /* 0: not written */
} HostPort;

typedef struct {
  const char *scheme;
  gsize scheme_length;
  HostPort at;
} Origin;

static const struct {
  const char *scheme;
  guint port;
} default_ports[] = { { "http", 80 }, { "https", 443 }, { "ws", 80 }, { "wss", 443 } };

static gboolean
parse_host (HostPort *at, const char *text)
{
  gsize length = strlen (text);
  const char *port;

  if (!wire_host_is_valid (text, length))
    return FALSE;

  port = text[0] == '[' ? strchr (text, ']') + 1 : text + strcspn (text, ":");
  at->text = text;
  at->length = (gsize) (port - text);
  at->port = *port == ':' ? (guint) g_ascii_strtoull (port + 1, NULL, 10) : 0;

  return TRUE;
}

/* RFC 3986 section 3.1. */
static gsize
scheme_length (const char *text)
{
  gsize length = 0;

  if (!g_ascii_isalpha (text[0]))
    return 0;
  while (g_ascii_isalnum (text[length]) || (text[length] != '\0' && strchr ("+-.", text[length]) != NULL))
    length++;

  return length;
}

static gboolean
parse_origin (Origin *origin, const char *text)
{
  origin->scheme = text;
  origin->scheme_length = scheme_length (text);
  text += origin->scheme_length;

  return origin->scheme_length > 0 && g_str_has_prefix (text, SCHEME_END) &&
         parse_host (&origin->at, text + strlen (SCHEME_END));
}

static gboolean
has_scheme (const Origin *origin, const char *scheme)
{
  return strlen (scheme) == origin->scheme_length &&
         g_ascii_strncasecmp (origin->scheme, scheme, origin->scheme_length) == 0;
}

static guint
default_port (const Origin *origin)
{
  for (gsize i = 0; i < G_N_ELEMENTS (default_ports); i++)
    if (has_scheme (origin, default_ports[i].scheme))
      return default_ports[i].port;

  return 0;
}

static gboolean
read_ipv6 (const HostPort *at, struct in6_addr *address)
{
  char text[INET6_ADDRSTRLEN];

  if (at->text[0] != '[' || at->length - 2 >= sizeof text)
    return FALSE;
  memcpy (text, at->text + 1, at->length - 2);
  text[at->length - 2] = '\0';

  return inet_pton (AF_INET6, text, address) == 1;
}

/* An IPv6 address can be written in many ways. */
static gboolean
same_host (const HostPort *one, const HostPort *other)
{
  struct in6_addr address;
  struct in6_addr other_address;

  if (read_ipv6 (one, &address) && read_ipv6 (other, &other_address))
    return memcmp (&address, &other_address, sizeof address) == 0;

  return one->length == other->length && g_ascii_strncasecmp (one->text, other->text, one->length) == 0;
}

static gboolean
same_port (const HostPort *one, const HostPort *other, guint standard)
{
  guint port = one->port != 0 ? one->port : standard;

  return port == (other->port != 0 ? other->port : standard);
}

/* Labels as host names have them, with a dot between two. All that may stand in a URI is more
 * than that, and a browser never sends it. */
static gboolean
has_labels (const char *name, gsize length)
{
  gsize label = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (name[i] == '.' ? label == 0 : !g_ascii_isalnum (name[i]) && name[i] != '-' && name[i] != '_')
        return FALSE;
      label = name[i] == '.' ? 0 : label + 1;
      if (label > LABEL_MAX)
        return FALSE;
    }

  return label > 0 && length <= NAME_MAX_LENGTH;
}

static gboolean
is_wild (const HostPort *at)
{
  return at->length > strlen (WILDCARD) && strncmp (at->text, WILDCARD, strlen (WILDCARD)) == 0;
}

/* The domain below which a wildcard is. Below an address there is nothing. */
static gboolean
is_domain (const char *name, gsize length)
{
  gsize last = length;

  while (last > 0 && name[last - 1] != '.')
    last--;

  return has_labels (name, length) && strspn (name + last, "0123456789") < length - last;
}

gboolean
wire_origin_pattern_is_valid (const char *text)
{
  Origin origin;

  if (strcmp (text, WIRE_ORIGIN_NULL) == 0)
    return TRUE;
  if (!parse_origin (&origin, text) || has_scheme (&origin, "ws") || has_scheme (&origin, "wss"))
    return FALSE;
  if (origin.at.port == 0 && strpbrk (origin.at.text + origin.at.length, "0123456789") != NULL)
    return FALSE;
  if (is_wild (&origin.at))
    return is_domain (origin.at.text + strlen (WILDCARD), origin.at.length - strlen (WILDCARD));

  /* A dot at the end says that the name is complete. */
  return origin.at.text[0] == '[' ||
         has_labels (origin.at.text, origin.at.length - (origin.at.text[origin.at.length - 1] == '.'));
}

/* Is it a host below that of the pattern? */
static gboolean
is_below (const HostPort *pattern, const HostPort *at)
{
  const char *domain = pattern->text + strlen ("*");
  gsize length = pattern->length - strlen ("*");

  return at->length > length && g_ascii_strncasecmp (at->text + at->length - length, domain, length) == 0 &&
         has_labels (at->text, at->length - length);
}

gboolean
wire_origin_matches (const char *pattern, const char *origin)
{
  Origin allowed;
  Origin from;

  if (strcmp (pattern, WIRE_ORIGIN_NULL) == 0)
    return strcmp (origin, WIRE_ORIGIN_NULL) == 0;
  if (!parse_origin (&allowed, pattern) || !parse_origin (&from, origin))
    return FALSE;

  return allowed.scheme_length == from.scheme_length &&
         g_ascii_strncasecmp (allowed.scheme, from.scheme, from.scheme_length) == 0 &&
         (is_wild (&allowed.at) ? is_below (&allowed.at, &from.at) : same_host (&allowed.at, &from.at)) &&
         same_port (&allowed.at, &from.at, default_port (&from));
}

gboolean
wire_origin_is_of_host (const char *origin, const char *host, gboolean secure)
{
  Origin from;
  HostPort at;

  if (!parse_origin (&from, origin) || !parse_host (&at, host))
    return FALSE;
  if (!has_scheme (&from, "https") && (secure || !has_scheme (&from, "http")))
    return FALSE;

  return same_host (&from.at, &at) && same_port (&from.at, &at, default_port (&from));
}
