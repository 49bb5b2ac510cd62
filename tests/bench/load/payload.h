/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What the messages are made of. */
typedef enum {
  PAYLOAD_ASCII,
  PAYLOAD_CYRILLIC,
  PAYLOAD_CJK,
  PAYLOAD_JSON,
  PAYLOAD_BINARY,
} PayloadKind;

gboolean payload_kind_from_name (const char *name, PayloadKind *kind);
GBytes *payload_new (PayloadKind kind, gsize size, guint number);
