/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NOTES: for large blocks malloc() takes memory from the kernel and gives it back, and each
 * 4 KiB of it then cost a page fault. Measured with echoes of 1 MiB, that doubled the time
 * for each of them.
 */
#include "lwsg-store-private.h"

#include "engine/base/fork-private.h"

#include <string.h>

/* What is kept at most: a few messages at the same time, or one of the largest that is
 * received by default. Beyond that, what was used last is kept. */
#define STORE_KEPT_MAX (16 * 1024 * 1024)

struct _LwsgBlock {
  LwsgStore *store;
  GList link;                   /* in the store */
  gsize capacity;
  gsize length;
  guint8 data[];
};

struct _LwsgStore {
  gatomicrefcount references;   /* one for each block in use */
  GMainContext *main_context;
  guint idle_seconds;
  guint generation;             /* of the process, by engine_fork_generation() */
  GMutex lock;
  GSource *watch;               /* gives back what nobody uses; without it nothing is kept */
  gboolean used;                /* since it last looked */
  GQueue blocks;                /* what was used last is in front */
  gsize kept;                   /* the bytes of them */
};

LwsgStore *
lwsg_store_new (GMainContext *main_context, guint idle_seconds)
{
  LwsgStore *store = g_new0 (LwsgStore, 1);

  g_atomic_ref_count_init (&store->references);
  store->main_context = g_main_context_ref (main_context);
  store->idle_seconds = idle_seconds;
  store->generation = engine_fork_generation ();
  g_mutex_init (&store->lock);

  return store;
}

/* In a forked process a thread that doesn't exist there may hold the lock, or have been about to change what is kept. */
static gboolean
store_is_copy (const LwsgStore *store)
{
  return store->generation != engine_fork_generation ();
}

static void
store_unref (gpointer data)
{
  LwsgStore *store = data;

  if (!g_atomic_ref_count_dec (&store->references))
    return;

  if (!store_is_copy (store))
    g_mutex_clear (&store->lock);
  g_main_context_unref (store->main_context);
  g_free (store);
}

/* Frees what was not used for the longest time, until no more than @most is kept. */
static void
store_trim (LwsgStore *store, gsize most)
{
  while (store->kept > most)
    {
      LwsgBlock *block = g_queue_pop_tail_link (&store->blocks)->data;

      store->kept -= block->capacity;
      g_free (block);
    }
}

/* Frees what is kept, and keeps nothing more until the next large message. */
static void
store_empty (LwsgStore *store)
{
  store_trim (store, 0);
  if (store->watch != NULL)
    g_source_destroy (store->watch);
  g_clear_pointer (&store->watch, g_source_unref);
}

void
lwsg_store_close (LwsgStore *store)
{
  if (!store_is_copy (store))
    {
      g_mutex_lock (&store->lock);
      store_empty (store);
      g_mutex_unlock (&store->lock);
    }
  store_unref (store);
}

static gboolean
store_look (gpointer data)
{
  LwsgStore *store = data;
  g_autoptr (GMutexLocker) locker = NULL;

  if (store_is_copy (store))
    return G_SOURCE_REMOVE;

  locker = g_mutex_locker_new (&store->lock);
  if (!store->used)
    store_empty (store);
  store->used = FALSE;

  return G_SOURCE_CONTINUE;
}

static void
store_start_watch (LwsgStore *store)
{
  store->watch = g_timeout_source_new_seconds (store->idle_seconds);
  g_atomic_ref_count_inc (&store->references);
  g_source_set_callback (store->watch, store_look, store, store_unref);
  g_source_attach (store->watch, store->main_context);
}

gsize
lwsg_store_get_kept (LwsgStore *store)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);

  return store->kept;
}

/* A block for @size bytes, but none that is more than twice as large: the program may
 * hold it for long. */
static LwsgBlock *
store_take (LwsgStore *store, gsize size)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);

  store->used = TRUE;
  if (store->watch == NULL)
    store_start_watch (store);
  for (GList *at = store->blocks.head; at != NULL; at = at->next)
    {
      LwsgBlock *block = at->data;

      if (block->capacity < size || block->capacity / 2 > size)
        continue;

      g_queue_unlink (&store->blocks, at);
      store->kept -= block->capacity;
      block->length = 0;
      g_atomic_ref_count_inc (&store->references);
      return block;
    }

  return NULL;
}

static gboolean
store_put (LwsgStore *store, LwsgBlock *block)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (store_is_copy (store))
    return FALSE;

  locker = g_mutex_locker_new (&store->lock);
  if (store->watch == NULL || block->capacity > STORE_KEPT_MAX)
    return FALSE;

  store_trim (store, STORE_KEPT_MAX - block->capacity);
  block->link = (GList){ .data = block };
  g_queue_push_head_link (&store->blocks, &block->link);
  store->kept += block->capacity;

  return TRUE;
}

void
lwsg_block_free (LwsgBlock *block)
{
  LwsgStore *store = block->store;

  if (block->capacity < LWSG_STORE_BLOCK_MIN || !store_put (store, block))
    g_free (block);
  store_unref (store);
}

static LwsgBlock *
block_resize (LwsgStore *store, LwsgBlock *block, gsize capacity)
{
  LwsgBlock *resized = g_realloc (block, sizeof (LwsgBlock) + capacity);

  if (block == NULL)
    {
      resized->store = store;
      resized->length = 0;
      g_atomic_ref_count_inc (&store->references);
    }
  resized->capacity = capacity;

  return resized;
}

/* A block that has room for @size bytes, with what is in @block. Whatever will be kept when it is freed is asked
 * for first: otherwise each message would add one. */
static LwsgBlock *
block_grow (LwsgStore *store, LwsgBlock *block, gsize size, guint64 expected)
{
  const gsize wanted = expected < STORE_KEPT_MAX ? size + (gsize) expected : size;
  const gsize capacity = block == NULL ? size : size + size / 2;
  LwsgBlock *larger = MAX (wanted, capacity) >= LWSG_STORE_BLOCK_MIN ? store_take (store, wanted) : NULL;

  if (larger == NULL)
    return block_resize (store, block, capacity);
  if (block == NULL)
    return larger;

  memcpy (larger->data, block->data, block->length);
  larger->length = block->length;
  lwsg_block_free (block);

  return larger;
}

LwsgBlock *
lwsg_store_append (LwsgStore *store, LwsgBlock *block, const guint8 *data, gsize length, guint64 expected)
{
  gsize before = block != NULL ? block->length : 0;

  if (block == NULL || block->capacity - before < length)
    block = block_grow (store, block, before + length, expected);
  if (length > 0 && data != block->data + before)
    memcpy (block->data + before, data, length);
  block->length = before + length;

  return block;
}

guint8 *
lwsg_block_room (LwsgBlock *block, gsize *length)
{
  *length = block->capacity - block->length;

  return block->data + block->length;
}

gsize
lwsg_block_get_capacity (const LwsgBlock *block)
{
  return block->capacity;
}

gsize
lwsg_block_get_length (const LwsgBlock *block)
{
  return block->length;
}

static void
block_release (gpointer data)
{
  lwsg_block_free (data);
}

GBytes *
lwsg_block_to_bytes (LwsgBlock *block)
{
  return g_bytes_new_with_free_func (block->data, block->length, block_release, block);
}
