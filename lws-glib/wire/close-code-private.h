/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "text-private.h"

/* Close codes and the payload of Close frames, RFC 6455 sections 5.5.1 and 7.4. */

enum {
  WIRE_CLOSE_NORMAL = 1000,
  WIRE_CLOSE_GOING_AWAY = 1001,
  WIRE_CLOSE_PROTOCOL_ERROR = 1002,
  WIRE_CLOSE_UNSUPPORTED_DATA = 1003,
  WIRE_CLOSE_NO_STATUS = 1005,       /* never on the wire: a Close without code */
  WIRE_CLOSE_ABNORMAL = 1006,        /* never on the wire: no Close at all */
  WIRE_CLOSE_INVALID_PAYLOAD = 1007,
  WIRE_CLOSE_POLICY = 1008,
  WIRE_CLOSE_TOO_BIG = 1009,
  WIRE_CLOSE_EXTENSION_MISSING = 1010,
  WIRE_CLOSE_INTERNAL_ERROR = 1011,
  WIRE_CLOSE_TRY_AGAIN_LATER = 1013, /* registered by IANA */
};

/* What a control frame can hold, and what of it is left for a reason. */
#define WIRE_CONTROL_MAX 125
#define WIRE_CLOSE_REASON_MAX 123

/* Why a peer must be failed: the code to close with and a text of what was
 * expected and what came, fit to be the reason of the Close frame; for our side in parts to be
 * translated. */
typedef struct {
  guint16 close_code;
  char text[WIRE_CLOSE_REASON_MAX + 1];
  WireText parts;
} WireViolation;

/* Fills @violation; always returns FALSE, for use in a return statement. What
 * does not fit is cut off, and the text must stay ASCII: it goes into a frame. */
gboolean wire_violation_set (WireViolation *violation, guint16 close_code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

/* May this code stand in a Close frame, sent or received? 1000-1003, 1007-1014
 * and 3000-4999 may. */
gboolean wire_close_code_is_valid (guint code);

/* Reads the payload of a Close frame. *code is WIRE_CLOSE_NO_STATUS for an empty
 * one; *reason points into @payload and is not terminated (it is "" where there is none). */
gboolean wire_close_parse (const guint8 *payload, gsize length, guint16 *code, const char **reason,
                           gsize *reason_length, WireViolation *violation);

/* Writes a payload into @out and returns its length: 0 for WIRE_CLOSE_NO_STATUS.
 * A reason that is too long is cut at a character, one that is not UTF-8 where
 * it ceases to be. @reason may be NULL if @reason_length is 0. */
gsize wire_close_build (guint8 out[WIRE_CONTROL_MAX], guint16 code, const char *reason, gsize reason_length);
