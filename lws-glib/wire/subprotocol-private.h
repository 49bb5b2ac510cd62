/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "http-status-private.h"

/* Nobody's list is that long, and each name is compared with every other. */
#define WIRE_SUBPROTOCOLS_MAX 100

/* The subprotocols of a handshake: tokens, each named once (RFC 6455 section
 * 4.1). Begins with n set to 0; the names stay where they are. */
typedef struct {
  guint n;
  struct {
    const char *name;
    gsize length;
  } list[WIRE_SUBPROTOCOLS_MAX];
} WireSubprotocols;

gboolean wire_subprotocols_contain (const WireSubprotocols *subprotocols, const char *name, gsize length);

/* Adds the elements of a comma-separated list. The status of a refusal is 400. */
gboolean wire_subprotocols_add (WireSubprotocols *subprotocols, const char *list, WireRefusal *refusal);
