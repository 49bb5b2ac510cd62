/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/memory-relief-private.h"

#include "engine/base/error-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/memory-private.h"
#include "engine/connection/notice-private.h"
#include "engine/connection/read-private.h"
#include "engine/connection/state-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/deflate-private.h"

#include <glib/gi18n-lib.h>

/* Where peers make a context hold too much, the greediest connections end. */

/* When connections have to end, this part becomes free at once, so that it happens rarely: each time all
 * of them are looked at. */
#define MEMORY_RELIEF_PART 8

/* More of an output that has begun to leave isn't kept for the sake of a Close behind it. */
#define MEMORY_UNIT_MAX (64 * 1024)

/* --- who holds it */

typedef struct {
  EngineConnection *connection;
  gsize input;
  gsize output;
} MemoryHolder;

static void
memory_collect (GArray *holders, EngineConnection *first)
{
  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    {
      MemoryHolder holder = { .connection = connection };

      /* Further down the stack somebody works on what it holds. */
      if (connection->state == ENGINE_STATE_CLOSED || connection->busy)
        continue;
      holder.input = connection->held + engine_connection_kept_bytes (connection) +
                     engine_deflate_get_memory (connection->deflate);
      holder.output = engine_output_queue_weight (&connection->output);
      if (holder.input + holder.output > 0)
        g_array_append_val (holders, holder);
    }
}

static int
memory_compare (gconstpointer one, gconstpointer other)
{
  const MemoryHolder *first = one;
  const MemoryHolder *second = other;
  const gsize left = first->input + first->output;
  const gsize right = second->input + second->output;

  return left < right ? 1 : left > right ? -1 : 0;
}

/* The greediest first. */
static GArray *
memory_holders (EngineContext *context)
{
  GArray *holders = g_array_new (FALSE, FALSE, sizeof (MemoryHolder));

  memory_collect (holders, context->first);
  for (guint i = 0; i < context->protocols->len; i++)
    memory_collect (holders, ((EngineProtocol *) context->protocols->pdata[i])->first);
  g_array_sort (holders, memory_compare);

  return holders;
}

/* --- who has to go */

/* Ends it in order as far as that takes no memory, and has everything freed at once. */
static void
memory_end (const MemoryHolder *holder)
{
  EngineConnection *connection = holder->connection;
  EngineContext *context = connection->context;
  const gboolean open = connection->state == ENGINE_STATE_OPEN;
  WireViolation violation;

  if (holder->input > holder->output)
    wire_violation_set (&violation, WIRE_CLOSE_TOO_BIG, N_("there is no memory left for a message this large"));
  else
    wire_violation_set (&violation, WIRE_CLOSE_TRY_AGAIN_LATER, N_("there is no memory left for what waits to be taken"));

  engine_output_queue_truncate (&connection->output);
  engine_connection_fail (connection, &violation);
  if (connection->held > 0 && !connection->end_told && context->events->drop != NULL)
    context->events->drop (connection);
  engine_connection_drop_input (connection);
  engine_deflate_clear (connection);
  if (!open || engine_output_queue_weight (&connection->output) > MEMORY_UNIT_MAX)
    engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, "%s", _("There was no memory left for the connection"));
}

void
engine_memory_relief_run (EngineContext *context)
{
  EngineMemory *memory = &context->memory;
  const gsize before = memory->used;
  g_autoptr (GArray) holders = NULL;
  guint ended = 0;

  memory->pressed = FALSE;
  if (memory->used <= memory->limit)
    return;

  holders = memory_holders (context);
  for (; ended < holders->len && memory->used > memory->limit - memory->limit / MEMORY_RELIEF_PART; ended++)
    memory_end (&g_array_index (holders, MemoryHolder, ended));
  if (ended > 0)
    engine_notice (context, ENGINE_NOTICE_MEMORY,
                   _("%u connections were ended: of %zu bytes that peers had us hold no more than %zu may be"), ended,
                   before, memory->limit);
}
