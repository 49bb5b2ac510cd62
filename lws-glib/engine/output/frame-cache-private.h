/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/output/block-private.h"

/* What all connections of a context write during an iteration stands in one block, one
 * frame behind the other, so that consecutive frames of a connection leave in one
 * call. A frame that several connections get one after the other stands there once. */

#define ENGINE_FRAME_CACHE_BLOCK (64 * 1024)

/* Larger frames are sent from where they are: copying costs more than a call. */
#define ENGINE_FRAME_CACHE_FRAME_MAX (16 * 1024)

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
} EngineFrameCache;

/* Room for @size bytes at the end of the block, or NULL if it is full. */
guint8 *engine_frame_cache_room (EngineFrameCache *frame_cache, gsize size);

/* After everything was flushed: starts again at the front of the block, or with a
 * new one where the old one is still needed. */
void engine_frame_cache_restart (EngineFrameCache *frame_cache);

/* Remembers that the frame at @offset of @block was made of these bytes. */
void engine_frame_cache_remember (EngineFrameCache *frame_cache, EngineBlock *block, gsize offset, gsize size, guint8 first_byte,
                             const guint8 *source, gsize length);
void engine_frame_cache_forget (EngineFrameCache *frame_cache);

/* Was the frame remembered made of the same bytes, and are they still the same? */
gboolean engine_frame_cache_repeats (const EngineFrameCache *frame_cache, guint8 first_byte, const guint8 *source, gsize length);

void engine_frame_cache_clear (EngineFrameCache *frame_cache);
