/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Unpredictable bytes for masking keys and handshakes, RFC 6455 section 10.3,
 * drawn from the kernel in blocks. */

#define ENGINE_RANDOM_BLOCK 1024

typedef struct {
  gsize left;
  guint8 bytes[ENGINE_RANDOM_BLOCK];
} EngineRandom;

/* FALSE if the kernel gives none; errno tells why. */
gboolean engine_random_draw (EngineRandom *random, void *out, gsize length);
