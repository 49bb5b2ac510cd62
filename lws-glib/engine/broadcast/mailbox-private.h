/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/poller-private.h"

#include <gio/gio.h>

/* What other threads of the service process want done on its thread: broadcasts,
 * and messages to be sent. */

typedef struct _EngineIteration EngineIteration;

typedef struct {
  gatomicrefcount references;
  EngineWatch watch;            /* an eventfd: written when calls lie here */
  GThread *reader;              /* the thread of the service loop */
  GRecMutex handover;           /* held while that changes, and by who relies on it outside an iteration */
  GMutex mutex;
  GQueue calls;
  gsize bytes;
  GQueue waiting;               /* who waits for room, in the order of coming */
  GCond room;                   /* there may be some for the first of them */
  gint64 taken;                 /* when a call was taken last while somebody waited */
  guint generation;             /* of the process that has the reader */
  gboolean closed;
  gboolean woken;               /* the eventfd was written since it was last read */
} EngineMailbox;

/* Others may hold it longer than the context does. */
EngineMailbox *engine_mailbox_new (GError **error);
EngineMailbox *engine_mailbox_ref (EngineMailbox *mailbox);
void engine_mailbox_unref (EngineMailbox *mailbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineMailbox, engine_mailbox_unref)

/* The context is gone: nothing is taken any more. */
void engine_mailbox_close (EngineMailbox *mailbox);

/* The same for a copy in a forked process, where a thread that doesn't exist may hold
 * the mutex, or have been about to change the queue. Gives up a reference, too. */
void engine_mailbox_abandon (EngineMailbox *mailbox);

/* Does the service loop run on the calling thread? */
gboolean engine_mailbox_is_read_here (EngineMailbox *mailbox);

/* An iteration begins: from now on the calling thread is the reader. Returns what is to be given to
 * engine_mailbox_end_iteration(). Waits for who has a claim. */
const EngineMailbox *engine_mailbox_begin_iteration (EngineMailbox *mailbox);
void engine_mailbox_end_iteration (const EngineMailbox *outer);

/* What a thread that may or may not be the reader must have to work on the context: between two iterations another
 * thread could take the loop over at any moment, and it does so at the first iteration after a
 * context was made elsewhere. */
typedef struct {
  EngineMailbox *mailbox;           /* NULL: within an iteration, there is nothing to give back */
  const EngineMailbox *outer;
} EngineClaim;

/* FALSE: the loop runs on another thread. Claims may be nested. */
gboolean engine_mailbox_claim (EngineMailbox *mailbox, EngineClaim *claim);
void engine_mailbox_unclaim (EngineClaim *claim);

typedef void (*EngineCallFunc) (gpointer data);

/* From any thread: has @deliver called in an iteration of the context, then @destroy. While too many @bytes lie here
 * already it waits, behind those who came before, and fails once nothing was taken for some seconds. Takes @data, also
 * on failure. */
gboolean engine_mailbox_post (EngineMailbox *mailbox, EngineCallFunc deliver, gpointer data, GDestroyNotify destroy,
                            gsize bytes, GError **error);

/* Works on what was there when it was called, as far as the iteration allows. */
void engine_mailbox_receive (EngineIteration *iteration);
