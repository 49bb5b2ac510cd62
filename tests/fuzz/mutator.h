/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Variations of a corpus. Number @index of a @seed is the same on every machine. */

/* No target looks at more than a few KiB. */
#define MUTATOR_INPUT_MAX 4096

/* @corpus holds one GBytes or more. */
GByteArray *mutator_make (GPtrArray *corpus, guint32 seed, guint32 index);
