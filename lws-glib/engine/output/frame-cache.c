/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/output/frame-cache-private.h"

#include "engine/output/block-private.h"

#include <string.h>

guint8 *
engine_frame_cache_room (EngineFrameCache *frame_cache, gsize size)
{
  EngineBlock *block;

  if (frame_cache->block == NULL)
    {
      frame_cache->block = engine_block_new (frame_cache->memory, ENGINE_FRAME_CACHE_BLOCK);
      frame_cache->block->gathers = TRUE;
    }

  block = frame_cache->block;
  if (engine_block_room (block) < size)
    return NULL;

  block->used += size;

  return block->data + block->used - size;
}

void
engine_frame_cache_restart (EngineFrameCache *frame_cache)
{
  engine_frame_cache_forget (frame_cache);

  if (frame_cache->block == NULL)
    return;

  if (frame_cache->block->references == 1)
    frame_cache->block->used = 0;
  else
    g_clear_pointer (&frame_cache->block, engine_block_unref);
}

void
engine_frame_cache_remember (EngineFrameCache *frame_cache, EngineBlock *block, gsize offset, gsize size, guint8 first_byte,
                        const guint8 *source, gsize length)
{
  engine_frame_cache_forget (frame_cache);
  frame_cache->frame_block = block;
  /* The gathering block lives as long as the memory of it; any other is held. */
  if (block != frame_cache->block)
    engine_block_ref (block);
  frame_cache->frame_offset = offset;
  frame_cache->frame_size = size;
  frame_cache->first_byte = first_byte;
  frame_cache->source = source;
  frame_cache->source_length = length;
}

void
engine_frame_cache_forget (EngineFrameCache *frame_cache)
{
  if (frame_cache->frame_block != NULL && frame_cache->frame_block != frame_cache->block)
    engine_block_unref (frame_cache->frame_block);
  frame_cache->frame_block = NULL;
}

static const guint8 *
frame_cache_payload (const EngineFrameCache *frame_cache)
{
  return frame_cache->frame_block->data + frame_cache->frame_offset + frame_cache->frame_size - frame_cache->source_length;
}

gboolean
engine_frame_cache_repeats (const EngineFrameCache *frame_cache, guint8 first_byte, const guint8 *source, gsize length)
{
  return frame_cache->frame_block != NULL && frame_cache->source == source && frame_cache->source_length == length &&
         frame_cache->first_byte == first_byte &&
         (length == 0 || memcmp (frame_cache_payload (frame_cache), source, length) == 0);
}

void
engine_frame_cache_clear (EngineFrameCache *frame_cache)
{
  engine_frame_cache_forget (frame_cache);
  g_clear_pointer (&frame_cache->block, engine_block_unref);
}
