/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gather-private.h"

#include <string.h>

guint8 *
engine_gather_room (EngineGather *gather, gsize size)
{
  EngineBlock *block;

  if (gather->block == NULL)
    {
      gather->block = engine_block_new (gather->memory, ENGINE_GATHER_BLOCK);
      gather->block->gathers = TRUE;
    }

  block = gather->block;
  if (engine_block_room (block) < size)
    return NULL;

  block->used += size;

  return block->data + block->used - size;
}

void
engine_gather_restart (EngineGather *gather)
{
  engine_gather_forget (gather);

  if (gather->block == NULL)
    return;

  if (gather->block->references == 1)
    gather->block->used = 0;
  else
    g_clear_pointer (&gather->block, engine_block_unref);
}

void
engine_gather_remember (EngineGather *gather, EngineBlock *block, gsize offset, gsize size, guint8 first_byte,
                        const guint8 *source, gsize length)
{
  engine_gather_forget (gather);
  gather->frame_block = block;
  /* The gathering block lives as long as the memory of it; any other is held. */
  if (block != gather->block)
    engine_block_ref (block);
  gather->frame_offset = offset;
  gather->frame_size = size;
  gather->first_byte = first_byte;
  gather->source = source;
  gather->source_length = length;
}

void
engine_gather_forget (EngineGather *gather)
{
  if (gather->frame_block != NULL && gather->frame_block != gather->block)
    engine_block_unref (gather->frame_block);
  gather->frame_block = NULL;
}

static const guint8 *
gather_payload (const EngineGather *gather)
{
  return gather->frame_block->data + gather->frame_offset + gather->frame_size - gather->source_length;
}

gboolean
engine_gather_repeats (const EngineGather *gather, guint8 first_byte, const guint8 *source, gsize length)
{
  return gather->frame_block != NULL && gather->source == source && gather->source_length == length &&
         gather->first_byte == first_byte &&
         (length == 0 || memcmp (gather_payload (gather), source, length) == 0);
}

void
engine_gather_clear (EngineGather *gather)
{
  engine_gather_forget (gather);
  g_clear_pointer (&gather->block, engine_block_unref);
}
