/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-home-private.h"

#include "engine/base/fork-private.h"
#include "engine/broadcast/mailbox-private.h"

LwsgHome *
lwsg_home_new (EngineMailbox *mailbox, GMainContext *main_context)
{
  LwsgHome *home = g_new (LwsgHome, 1);

  g_atomic_ref_count_init (&home->references);
  home->generation = engine_fork_generation ();
  home->mailbox = mailbox != NULL ? engine_mailbox_ref (mailbox) : NULL;
  home->main_context = g_main_context_ref (main_context);

  return home;
}

LwsgHome *
lwsg_home_ref (LwsgHome *home)
{
  g_atomic_ref_count_inc (&home->references);

  return home;
}

void
lwsg_home_unref (LwsgHome *home)
{
  if (!g_atomic_ref_count_dec (&home->references))
    return;

  g_clear_pointer (&home->mailbox, engine_mailbox_unref);
  g_main_context_unref (home->main_context);
  g_free (home);
}

gboolean
lwsg_home_is_here (LwsgHome *home)
{
  if (home == NULL || home->mailbox == NULL || engine_mailbox_is_read_here (home->mailbox))
    return TRUE;

  /* A thread that has taken over the main loop is not known to the mailbox before its first iteration. */
  return g_main_context_is_owner (home->main_context);
}

void
lwsg_home_run (LwsgHome *home, GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, destroy);
  g_source_attach (source, home->main_context);
}

void
lwsg_home_complain (LwsgHome *home, const char *function)
{
  if (lwsg_home_is_copy (home))
    g_critical ("%s: called in a process that was forked from the one that its LwsgContext belongs to; "
                "a context of its own can be made there",
                function);
  else
    g_critical ("%s: called from another thread than the one that runs the main loop of its LwsgContext; "
                "g_main_context_invoke() calls a function over there",
                function);
}
