/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The check of UTF-8 with vectors, for texts of some length. */

/* For a shorter text it would not begin. */
#define WIRE_UTF8_VECTOR_STEP 64

/* So many bytes in front of the text are looked at. */
#define WIRE_UTF8_VECTOR_BEHIND 3

/* @data begins with a character, and behind others that are valid. Returns the length of a
 * beginning of it that is valid, too, and ends with a character. What follows is for
 * wire_utf8_feed(): the end, a bad byte, or on a machine without these vectors all of it. */
gsize wire_utf8_vector_check (const guint8 *data, gsize length);
