/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/fork-private.h"
#include "engine/broadcast/mailbox-private.h"

/* Where a context and all that belongs to it is at home: the thread of its main loop. Objects
 * that no context has made have none: it is NULL for all functions here. */
typedef struct {
  gatomicrefcount references;
  guint generation;             /* of the process, by engine_fork_generation() */
  EngineMailbox *mailbox;           /* by which other threads reach that thread; NULL: no engine could be made */
  GMainContext *main_context;
} LwsgHome;

LwsgHome *lwsg_home_new (EngineMailbox *mailbox, GMainContext *main_context);
LwsgHome *lwsg_home_ref (LwsgHome *home);
void lwsg_home_unref (LwsgHome *home);

/* Is the calling thread the one? */
gboolean lwsg_home_is_here (LwsgHome *home);

/* Was the calling process forked since? Then all that is at home here is a copy that does nothing. */
static inline gboolean
lwsg_home_is_copy (LwsgHome *home)
{
  return home != NULL && home->generation != engine_fork_generation ();
}

/* The same in less time, for what any thread may do: one that has just taken over the main loop
 * is taken for another one until its first iteration. TRUE: no other thread takes it over before
 * engine_mailbox_unclaim(). */
static inline gboolean
lwsg_home_claim (LwsgHome *home, EngineClaim *claim)
{
  *claim = (EngineClaim){ NULL, NULL };

  return home == NULL || (!lwsg_home_is_copy (home) && engine_mailbox_claim (home->mailbox, claim));
}

/* Has @func called at home, in an iteration of the main loop; never at once. From any thread. An object
 * whose last reference goes elsewhere is handed over like this by its dispose(), with a reference:
 * @func does all that may be done at home alone. Which of the two threads then frees it is open. */
void lwsg_home_run (LwsgHome *home, GSourceFunc func, gpointer data, GDestroyNotify destroy);

/* The program's mistake, said in words: another thread would read what is being changed, or another
 * process would not know of it. */
void lwsg_home_complain (LwsgHome *home, const char *function);

#define lwsg_return_if_elsewhere(home)                                                                             \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    if (G_UNLIKELY (lwsg_home_is_copy (home) || !lwsg_home_is_here (home)))                                        \
      {                                                                                                            \
        lwsg_home_complain (home, G_STRFUNC);                                                                      \
        return;                                                                                                    \
      }                                                                                                            \
  }                                                                                                                \
  G_STMT_END

#define lwsg_return_val_if_elsewhere(home, value)                                                                  \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    if (G_UNLIKELY (lwsg_home_is_copy (home) || !lwsg_home_is_here (home)))                                        \
      {                                                                                                            \
        lwsg_home_complain (home, G_STRFUNC);                                                                      \
        return value;                                                                                              \
      }                                                                                                            \
  }                                                                                                                \
  G_STMT_END
