/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "http-head-private.h"

/* The headers Sec-WebSocket-Extensions, RFC 6455 section 9.1. */

/* permessage-deflate has four, and no other extension is known here: of more than
 * that only the number is kept. */
#define WIRE_EXTENSION_PARAMETERS_MAX 4

/* So much of a value is kept; none that is understood is longer. */
#define WIRE_EXTENSION_VALUE_MAX 3

typedef struct {
  const char *name;
  gsize name_length;
  gboolean has_value;
  gsize value_length;           /* of all of it, without quotes and backslashes */
  char value[WIRE_EXTENSION_VALUE_MAX];
} WireExtensionParameter;

typedef struct {
  const char *name;
  gsize name_length;
  guint n_parameters;           /* of which WIRE_EXTENSION_PARAMETERS_MAX at most are kept */
  WireExtensionParameter parameters[WIRE_EXTENSION_PARAMETERS_MAX];
} WireExtension;

typedef enum {
  WIRE_EXTENSION_FOUND,
  WIRE_EXTENSION_END,
  WIRE_EXTENSION_MALFORMED,
} WireExtensionResult;

/* A walk through all such headers of a head, in order. Begins with { 0 }. */
typedef struct {
  guint header;
  const char *cursor;
  gboolean found;               /* in the header under way: an empty one is malformed */
} WireExtensionIter;

/* The next extension. Names are compared byte for byte. Linear in the length of
 * the headers, whatever is in them. */
WireExtensionResult wire_extension_next (const WireHead *head, WireExtensionIter *iter, WireExtension *extension);

/* Is this its name? */
gboolean wire_extension_is (const WireExtension *extension, const char *name);
