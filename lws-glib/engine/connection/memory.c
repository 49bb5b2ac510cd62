/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/memory-private.h"

#include "engine/connection/context-private.h"
#include "engine/connection/read-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The part of all memory that the peers of a context may make it hold: the program needs some, too, and what
 * the kernel holds for the same sockets is about as much. */
#define MEMORY_PART 4

/* Where nobody can tell how much there is. */
#define MEMORY_FALLBACK (256 * 1024 * 1024)

/* When connections have to end, this part becomes free at once, so that it happens rarely: each time all
 * of them are looked at. */
#define MEMORY_RELIEF_PART 8

/* More of an output that has begun to leave isn't kept for the sake of a Close behind it. */
#define MEMORY_UNIT_MAX (64 * 1024)

/* --- how much there is */

static guint64
memory_of_machine (void)
{
  const long pages = sysconf (_SC_PHYS_PAGES);
  const long size = sysconf (_SC_PAGESIZE);

  return pages > 0 && size > 0 ? (guint64) pages * (guint64) size : MEMORY_FALLBACK * (guint64) MEMORY_PART;
}

/* Of a limit that is a number in a file; none if the file is missing, or says "max". */
static guint64
memory_of_file (const char *path)
{
  g_autofree char *text = NULL;
  char *end;
  guint64 bytes;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return G_MAXUINT64;

  errno = 0;
  bytes = g_ascii_strtoull (text, &end, 10);

  return end == text || errno != 0 ? G_MAXUINT64 : bytes;
}

/* What a container or a service manager allows, in the second version of control groups: one line "0::/path". */
static guint64
memory_of_group (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint64 least = memory_of_file ("/sys/fs/cgroup/memory.max");

  if (!g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL))
    return least;

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "0::/"))
      {
        g_autofree char *path = g_strdup_printf ("/sys/fs/cgroup%s/memory.max", lines[i] + 3);

        least = MIN (least, memory_of_file (path));
      }

  return least;
}

static guint64
memory_of_process (void)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : G_MAXUINT64;
}

gsize
engine_memory_default (void)
{
  guint64 bytes = MIN (memory_of_machine (), memory_of_group ());

  bytes = MIN (bytes, memory_of_process ()) / MEMORY_PART;

  return (gsize) MIN (bytes, G_MAXSIZE / MEMORY_PART);
}

void
engine_memory_set_limit (EngineMemory *memory, gsize limit)
{
  memory->limit = limit;
  if (memory->used > limit)
    memory->pressed = TRUE;
}

void
engine_memory_hold (EngineConnection *connection, gsize bytes)
{
  EngineMemory *memory = &connection->context->memory;

  engine_memory_give (memory, connection->held);
  connection->held = bytes;
  engine_memory_take (memory, bytes);
}

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
  if (!open || engine_output_queue_weight (&connection->output) > MEMORY_UNIT_MAX)
    engine_connection_abort (connection, ENGINE_ERROR_SYSTEM, "%s", _("There was no memory left for the connection"));
}

void
engine_memory_relieve (EngineContext *context)
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
