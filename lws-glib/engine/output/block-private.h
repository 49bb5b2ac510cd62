/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/memory-private.h"

/* Bytes on their way out, shared by all the connections that send them. A block
 * belongs to the thread of its context: the count is not atomic. */

typedef struct {
  EngineMemory *memory;         /* where it is counted, or NULL */
  guint references;
  gsize capacity;
  gsize used;
  gboolean gathers;             /* what many connections write stands in it */
  guint8 data[];
} EngineBlock;

EngineBlock *engine_block_new (EngineMemory *memory, gsize capacity);
EngineBlock *engine_block_ref (EngineBlock *block);
void engine_block_unref (EngineBlock *block);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineBlock, engine_block_unref)

static inline gsize
engine_block_room (const EngineBlock *block)
{
  return block->capacity - block->used;
}
