/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "block-private.h"

#include <sys/uio.h>

/* What waits to leave on one connection: a list of spans of blocks. A span holds
 * whole frames; only the first may begin inside one that has left in part. */

typedef struct {
  EngineBlock *block;
  gsize offset;
  gsize length;
} EngineSpan;

typedef struct _EngineSpanList EngineSpanList;

typedef struct {
  EngineSpan head;              /* most outputs are one span, or none (no block) */
  EngineSpanList *more;         /* what follows it; NULL mostly */
  gsize bytes;                  /* of all spans */
  gsize unit_left;              /* bytes of a unit (a frame, a head) that has left in part */
} EngineOutput;

/* Adds a span with a reference of its own. One that goes on where the last span
 * of the same block ended makes that one longer. */
void engine_output_append (EngineOutput *output, EngineBlock *block, gsize offset, gsize length);

/* Puts a span in front of all frames that have not begun to leave. */
void engine_output_overtake (EngineOutput *output, EngineBlock *block, gsize offset, gsize length);

/* The first spans as parts of a sendmsg(). */
int engine_output_parts (const EngineOutput *output, struct iovec *parts, int max_parts);

/* Are there more spans than this? */
gboolean engine_output_is_long (const EngineOutput *output, guint n_spans);

/* Drops @bytes from the front. */
void engine_output_sent (EngineOutput *output, gsize bytes);

/* Moves what stands in @shared, a block of the context, into blocks of the output's
 * own, unless so many share the block that keeping it is cheaper. */
void engine_output_settle (EngineOutput *output, const EngineBlock *shared);

void engine_output_clear (EngineOutput *output);
