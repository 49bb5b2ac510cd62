/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define WIRE_HTTP_DATE_SIZE 30

/* A date as RFC 9110 section 5.6.7 wants it, of seconds since 1970. FALSE, and an empty text,
 * for a time before that, or of a year that has no four digits. */
gboolean wire_http_date (gint64 seconds, char text[WIRE_HTTP_DATE_SIZE]);
