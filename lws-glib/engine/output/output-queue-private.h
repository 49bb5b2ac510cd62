/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/output/block-private.h"

#include <sys/uio.h>

/* What waits to leave on one connection: a list of spans of blocks. A span holds
 * whole frames; only the first may begin inside one that has left in part. */

typedef struct {
  EngineBlock *block;
  gsize offset;
  gsize length;
} EngineSpan;

typedef struct _EngineSpanList EngineSpanList;

/* A place in an output; somebody wants to know when everything up to it has left. */
typedef struct {
  gsize left;
  gpointer data;
} EngineOutputMark;

/* Thousands of them may be reached at once: each is taken from the front, without moving the others. */
typedef struct {
  GArray *list;                 /* EngineOutputMark, in order */
  guint first;                  /* those before this one were taken */
  gsize large;                  /* the size of a message above the limit that waits, ... */
  gsize large_end;              /* ... and where it ends, as counted from the front; 0 if there is none */
} EngineOutputMarks;

typedef struct {
  EngineSpan head;              /* most outputs are one span, or none (no block) */
  EngineSpanList *more;         /* what follows it; NULL mostly */
  gsize bytes;                  /* of all spans */
  gsize unit_left;              /* bytes of a unit (a frame, a head) that has left in part */
  EngineOutputMarks *marks;           /* NULL mostly */
} EngineOutputQueue;

/* Adds a span with a reference of its own. One that goes on where the last span
 * of the same block ended makes that one longer. */
void engine_output_queue_append (EngineOutputQueue *output, EngineBlock *block, gsize offset, gsize length);

/* Puts a span in front of all frames that have not begun to leave. */
void engine_output_queue_overtake (EngineOutputQueue *output, EngineBlock *block, gsize offset, gsize length);

/* The first spans as parts of a sendmsg(). */
int engine_output_queue_parts (const EngineOutputQueue *output, struct iovec *parts, int max_parts);

/* Are there more spans than this? */
gboolean engine_output_queue_is_long (const EngineOutputQueue *output, guint n_spans);

/* Drops @bytes from the front. */
void engine_output_queue_sent (EngineOutputQueue *output, gsize bytes);

/* Moves what stands in blocks that gather what many connections write into blocks of the
 * output's own, unless so many share them that keeping them is cheaper. */
void engine_output_queue_queue_compact (EngineOutputQueue *output);

/* Puts a mark at the end. */
void engine_output_queue_mark (EngineOutputQueue *output, gpointer data);

/* Has a mark been reached? */
static inline gboolean
engine_output_queue_has_reached (const EngineOutputQueue *output)
{
  const EngineOutputMarks *marks = output->marks;

  return marks != NULL && marks->first < marks->list->len &&
         g_array_index (marks->list, EngineOutputMark, marks->first).left == 0;
}

/* Takes the data of the first mark if that was reached, or else returns NULL. */
gpointer engine_output_queue_reached (EngineOutputQueue *output);

/* May a message of @size be added where @limit bytes may wait? Beside them one message may wait that
 * is above the limit by itself: the program could not send it otherwise, and while the peer is at it
 * what follows is not too much. */
gboolean engine_output_queue_has_room (const EngineOutputQueue *output, gsize size, gsize limit);

/* What was added last is such a message. */
void engine_output_queue_note_large (EngineOutputQueue *output, gsize size);

/* What waits, without the rest of it. */
gsize engine_output_queue_counted (const EngineOutputQueue *output);

/* Drops messages that have not begun to leave, oldest first, until at least @bytes
 * are dropped or there is none left: frames that are whole messages, not fragments
 * and not control frames, and those that are compressed only if @compressed. Marks of
 * what is dropped count as reached. Returns the number of messages dropped. */
guint engine_output_queue_drop (EngineOutputQueue *output, gsize bytes, gboolean compressed);

/* Drops everything but what has begun to leave, and all marks. */
void engine_output_queue_truncate (EngineOutputQueue *output);

/* The memory that it holds, its part of what others hold as well. */
gsize engine_output_queue_weight (const EngineOutputQueue *output);

void engine_output_queue_clear (EngineOutputQueue *output);
