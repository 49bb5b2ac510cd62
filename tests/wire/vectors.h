/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Known vectors, kept in key files beside the tests: each group is one vector. */

/* Loads data/@name. A file that can't be read fails the test. */
GKeyFile *vectors_load (const char *name);

/* Bytes as the files write them, separated by spaces: 4f is a byte, 4f*300 three
 * hundred of it, "text" stands for itself. */
GByteArray *vectors_bytes (const char *text);

/* The bytes under a key of a group; NULL if it has none. */
GByteArray *vectors_get_bytes (GKeyFile *file, const char *group, const char *key);
