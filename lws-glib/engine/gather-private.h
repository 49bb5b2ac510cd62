/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "block-private.h"

/* What all connections of a context write during a turn stands in one block, one
 * frame behind the other, so that consecutive frames of a connection leave in one
 * call. A frame that several connections get one after the other stands there once. */

#define ENGINE_GATHER_BLOCK (64 * 1024)

/* Larger frames are sent from where they are: copying costs more than a call. */
#define ENGINE_GATHER_FRAME_MAX (16 * 1024)

typedef struct {
  EngineMemory *memory;         /* where blocks are counted, or NULL */
  EngineBlock *block;
  guint sharing;                /* broadcasts under way */

  /* the frame that was made last, and of what */
  EngineBlock *frame_block;
  gsize frame_offset;
  gsize frame_size;
  const guint8 *source;
  gsize source_length;
  guint8 first_byte;
} EngineGather;

/* Room for @size bytes at the end of the block, or NULL if it is full. */
guint8 *engine_gather_room (EngineGather *gather, gsize size);

/* After everything was flushed: starts again at the front of the block, or with a
 * new one where the old one is still needed. */
void engine_gather_restart (EngineGather *gather);

/* Remembers that the frame at @offset of @block was made of these bytes. */
void engine_gather_remember (EngineGather *gather, EngineBlock *block, gsize offset, gsize size, guint8 first_byte,
                             const guint8 *source, gsize length);
void engine_gather_forget (EngineGather *gather);

/* Was the frame remembered made of the same bytes, and are they still the same? */
gboolean engine_gather_repeats (const EngineGather *gather, guint8 first_byte, const guint8 *source, gsize length);

void engine_gather_clear (EngineGather *gather);
