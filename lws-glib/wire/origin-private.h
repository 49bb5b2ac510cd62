/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Origins as browsers write them in the header Origin: scheme://host[:port], or the
 * word "null" for a page that has none (RFC 6454 section 7). */

#define WIRE_ORIGIN_NULL "null"

/* Can this match the origin of a page? It is an origin, and nothing but one: a path, even "/",
 * does not belong to it, nor does a page have the scheme ws or wss. With "*." before the name of
 * the host, and nowhere else, it means all origins below that name, one label or more, and not
 * that of the name itself. */
gboolean wire_origin_pattern_is_valid (const char *text);

/* Is it the origin of the pattern, or one below? Case does not matter, nor whether a default
 * port is written. What is no origin matches nothing. */
gboolean wire_origin_matches (const char *pattern, const char *origin);

/* Is it the origin of the server that the header Host names? A port that isn't written is
 * the default one of the origin's scheme. To a connection with TLS only https is the same;
 * without, http and https are, since a proxy in front may hold the TLS. */
gboolean wire_origin_is_of_host (const char *origin, const char *host, gboolean secure);
