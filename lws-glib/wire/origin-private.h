/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Origins as browsers write them in the header Origin: scheme://host[:port], or the
 * word "null" for a page that has none (RFC 6454 section 7). */

#define WIRE_ORIGIN_NULL "null"

/* Is this an origin, and nothing but one? A path, even "/", does not belong to it. */
gboolean wire_origin_is_valid (const char *text);

/* Do both name the same origin? Case does not matter, nor whether a default port is
 * written. What is no origin equals nothing. */
gboolean wire_origin_equal (const char *one, const char *other);

/* Is it the origin of the server that the header Host names? A port that isn't written is
 * the default one of the origin's scheme. To a connection with TLS only https is the same;
 * without, http and https are, since a proxy in front may hold the TLS. */
gboolean wire_origin_is_of_host (const char *origin, const char *host, gboolean secure);
