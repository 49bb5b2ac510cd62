/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "deflater.h"
#include "options.h"

/* The messages of a workload, framed before the clock starts. All clients send from one
 * batch; one that compresses with a window of its own has only the plain messages. */
typedef struct _Batch Batch;

Batch *batch_new (const Options *options);
void batch_free (Batch *self);
guint batch_messages (Batch *self);
void batch_frames (Batch *self, guint first, guint count, const guint8 **data, gsize *length);
void batch_deflate (Batch *self, Deflater *deflater, guint number, GByteArray *to);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Batch, batch_free)
