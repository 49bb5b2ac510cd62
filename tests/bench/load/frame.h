/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Frames as a client sends them, and those of a server on their way in. */

#define FRAME_CONTROL_MAX 125

typedef enum {
  FRAME_NEEDS_MORE,
  FRAME_ENDS_MESSAGE,
  FRAME_CLOSES,
  FRAME_PINGS,
  FRAME_IS_WRONG,
} FrameResult;

typedef struct {
  guint8 head[10];
  guint head_length;
  gboolean in_payload;
  guint64 missing;              /* bytes of the payload that are still to come */
  gsize message;                /* payload bytes of the message so far */
  guint8 ping[FRAME_CONTROL_MAX];
  gsize ping_length;
} FrameReader;

void frame_append (GByteArray *to, gboolean binary, gboolean compressed, const guint8 *payload, gsize length);
void frame_append_pong (GByteArray *to, const FrameReader *ping);
FrameResult frame_reader_take (FrameReader *self, const guint8 **data, gsize *length);
