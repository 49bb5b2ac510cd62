/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/fork-private.h"

#include "engine/base/error-private.h"

#include <glib/gi18n-lib.h>
#include <pthread.h>

guint engine_fork_count;

static gboolean happened;

static void
fork_in_parent (void)
{
  happened = TRUE;
}

static void
fork_in_child (void)
{
  engine_fork_count++;
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

gboolean
engine_fork_happened (void)
{
  return happened;
}

gboolean
engine_fork_refuse (GError **error)
{
  g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED,
                       _("The connections belong to another process, from which this one was forked"));
  return FALSE;
}
