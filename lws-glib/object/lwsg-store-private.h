/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Memory for the payloads of messages, which a context keeps for a while when they are
 * large. Payloads may outlive the context, and be freed in any thread. */
typedef struct _LwsgStore LwsgStore;

/* A smaller block is left to malloc(), which keeps memory of that size itself. */
#define LWSG_STORE_BLOCK_MIN (128 * 1024)

/* A payload that is being put together. It grows with what comes: a length on the wire never
 * decides an allocation. */
typedef struct _LwsgBlock LwsgBlock;

/* When the last large message is @idle_seconds old, or up to twice that, what is kept is
 * freed on @main_context. */
LwsgStore *lwsg_store_new (GMainContext *main_context, guint idle_seconds);

/* The context ends. Blocks that are in use stay as they are. */
void lwsg_store_close (LwsgStore *store);

/* How many bytes wait for messages to come. */
gsize lwsg_store_get_kept (LwsgStore *store);

/* Appends to @block, which is NULL at first, and returns it. @expected bytes are to follow,
 * as the peer says: memory that is there already is chosen by that. */
LwsgBlock *lwsg_store_append (LwsgStore *store, LwsgBlock *block, const guint8 *data, gsize length, guint64 expected);

/* Where what is appended next may be written beforehand, and how much of it: it is then not
 * copied. */
guint8 *lwsg_block_room (LwsgBlock *block, gsize *length);

gsize lwsg_block_get_capacity (const LwsgBlock *block);
gsize lwsg_block_get_length (const LwsgBlock *block);

/* Takes @block, and gives it back to its store with the last reference. */
GBytes *lwsg_block_to_bytes (LwsgBlock *block);
void lwsg_block_free (LwsgBlock *block);
