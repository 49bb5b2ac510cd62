/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "process.h"

#include <string.h>
#include <time.h>

/* Nanoseconds of processor time that all threads of the process have used, those that
 * have ended included; 0 without a process. */
gint64
process_cpu (pid_t pid)
{
  struct timespec used;
  clockid_t clock;

  if (pid == 0 || clock_getcpuclockid (pid, &clock) != 0 || clock_gettime (clock, &used) != 0)
    return 0;

  return used.tv_sec * G_GINT64_CONSTANT (1000000000) + used.tv_nsec;
}

/* Bytes in memory. The sum in status is counted in batches and may be off by hundreds
 * of pages, that of smaps_rollup is exact. */
gint64
process_memory (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", pid);
  g_autofree char *text = NULL;
  const char *line;

  if (pid == 0 || !g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  line = strstr (text, "\nRss:");

  return line != NULL ? g_ascii_strtoll (line + strlen ("\nRss:"), NULL, 10) * 1024 : 0;
}
