/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/output/block-private.h"

#include "engine/connection/memory-private.h"

EngineBlock *
engine_block_new (EngineMemory *memory, gsize capacity)
{
  EngineBlock *block = g_malloc (sizeof (EngineBlock) + capacity);

  block->memory = memory;
  block->references = 1;
  block->capacity = capacity;
  block->used = 0;
  block->gathers = FALSE;
  if (memory != NULL)
    engine_memory_take (memory, capacity);

  return block;
}

EngineBlock *
engine_block_ref (EngineBlock *block)
{
  block->references++;

  return block;
}

void
engine_block_unref (EngineBlock *block)
{
  if (--block->references > 0)
    return;

  if (block->memory != NULL)
    engine_memory_give (block->memory, block->capacity);
  g_free (block);
}
