/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fork-private.h"

#include <pthread.h>

static guint generation;
static gboolean happened;

static void
fork_in_parent (void)
{
  happened = TRUE;
}

static void
fork_in_child (void)
{
  generation++;
  happened = TRUE;
}

void
engine_fork_init (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      pthread_atfork (NULL, fork_in_parent, fork_in_child);
      g_once_init_leave (&done, 1);
    }
}

guint
engine_fork_generation (void)
{
  return generation;
}

gboolean
engine_fork_happened (void)
{
  return happened;
}
