/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "poller-private.h"

#include <gio/gio.h>

/* What other threads of the service process want done on its thread: broadcasts,
 * and messages to be sent. */

typedef struct _EngineTurn EngineTurn;

typedef struct {
  gatomicrefcount references;
  EngineWatch watch;            /* an eventfd: written when letters lie here */
  GThread *reader;              /* the thread of the service loop */
  GRecMutex handover;           /* held while that changes, and by who relies on it outside a turn */
  GMutex mutex;
  GCond taken;                  /* there is room again */
  GQueue letters;
  gsize bytes;
  guint generation;             /* of the process that has the reader */
  gboolean closed;
  gboolean woken;               /* the eventfd was written since it was last read */
} EngineInbox;

/* Others may hold it longer than the context does. */
EngineInbox *engine_inbox_new (GError **error);
EngineInbox *engine_inbox_ref (EngineInbox *inbox);
void engine_inbox_unref (EngineInbox *inbox);

/* The context is gone: nothing is taken any more. */
void engine_inbox_close (EngineInbox *inbox);

/* The same for a copy in a forked process, where a thread that doesn't exist may hold
 * the mutex, or have been about to change the queue. Gives up a reference, too. */
void engine_inbox_abandon (EngineInbox *inbox);

/* Does the service loop run on the calling thread? */
gboolean engine_inbox_is_read_here (EngineInbox *inbox);

/* A turn begins: from now on the calling thread is the reader. Returns what is to be given to
 * engine_inbox_end_turn(). Waits for who has a claim. */
const EngineInbox *engine_inbox_begin_turn (EngineInbox *inbox);
void engine_inbox_end_turn (const EngineInbox *outer);

/* What a thread that may or may not be the reader must have to work on the context: between two turns another
 * thread could take the loop over at any moment, and it does so at the first turn after a
 * context was made elsewhere. */
typedef struct {
  EngineInbox *inbox;           /* NULL: within a turn, there is nothing to give back */
  const EngineInbox *outer;
} EngineClaim;

/* FALSE: the loop runs on another thread. Claims may be nested. */
gboolean engine_inbox_claim (EngineInbox *inbox, EngineClaim *claim);
void engine_inbox_unclaim (EngineClaim *claim);

typedef void (*EngineLetterFunc) (gpointer data);

/* From any thread: has @deliver called in a turn of the context, then @destroy. Waits
 * a bounded time while too many @bytes lie here already. Takes @data, also on
 * failure. */
gboolean engine_inbox_post (EngineInbox *inbox, EngineLetterFunc deliver, gpointer data, GDestroyNotify destroy,
                            gsize bytes, GError **error);

/* Works on what was there when it was called, as far as the turn allows. */
void engine_inbox_receive (EngineTurn *turn);
