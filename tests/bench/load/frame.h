/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Frames as a client sends them, and those of a server on their way in. */
void frame_append (GByteArray *to, gboolean binary, gboolean compressed, const guint8 *payload, gsize length);

typedef enum {
  FRAME_NEEDS_MORE,
  FRAME_ENDS_MESSAGE,
  FRAME_CLOSES,
  FRAME_IS_WRONG,
} FrameResult;

typedef struct {
  guint8 head[10];
  guint head_length;
  gboolean in_payload;
  guint64 missing;              /* bytes of the payload that are still to come */
  gsize message;                /* payload bytes of the message so far */
} FrameReader;

FrameResult frame_reader_take (FrameReader *self, const guint8 **data, gsize *length);
