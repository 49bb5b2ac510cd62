/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "http-status-private.h"

/* What a request is about: its target and its host, RFC 9112 section 3.2. */

/* Checks a target of visible ASCII characters: a path with or without query, an
 * http, https, ws or wss URI, or "*" for OPTIONS. Programs append the target to
 * the name of a directory, so a path that holds a segment "." or "..", a NUL or a
 * backslash, plain or percent-encoded, is refused, and so is a percent sign
 * without two hexadecimal digits. The query is the program's own matter. */
gboolean wire_target_check (const char *method, const char *target, WireRefusal *refusal);

/* The path and query of a checked target, which may be a whole URI (section 3.2.2). A URI
 * that has no path gets the path "/", written over the end of its authority. */
char *wire_target_strip (char *target);

/* Does a checked target name that host, or none at all? A client writes the same into
 * both (RFC 9112 section 3.2); where they differ, a proxy in between has decided by the
 * one, and a program here would by the other. */
gboolean wire_target_is_at (const char *target, const char *host);

/* host[:port] as in the header Host: a name, an IPv4 address or an IPv6 address
 * in brackets. The host may not be empty, the port may (RFC 3986 section 3.2.3). */
gboolean wire_host_is_valid (const char *host, gsize length);
