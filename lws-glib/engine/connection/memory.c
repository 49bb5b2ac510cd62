/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/memory-private.h"

#include "engine/connection/context-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The part of all memory that the peers of a context may make it hold: the program needs some, too, and what
 * the kernel holds for the same sockets is about as much. */
#define MEMORY_PART 4

/* Where nobody can tell how much there is. */
#define MEMORY_FALLBACK (256 * 1024 * 1024)

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
