/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/budget-private.h"
#include "engine/broadcast/process-channel-private.h"
#include "engine/base/closer-private.h"
#include "engine/connection/connection-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/base/fork-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/base/limits-private.h"
#include "engine/server/listener-private.h"
#include "engine/connection/memory-private.h"
#include "engine/connection/notice-private.h"
#include "engine/base/random-private.h"
#include "engine/tls/tls-settings-private.h"

/* The wheel turns once a second. */
#define ENGINE_TICK_MICROSECONDS G_USEC_PER_SEC

/* A subprotocol as the engine sees it: a group of open connections with one
 * channel for broadcasts. */
struct _EngineProtocol {
  EngineContext *context;
  char *name;                   /* NULL: for clients that ask for none */
  gpointer owner;
  EngineConnection *first;      /* its open connections, in order of opening */
  EngineConnection *last;
  EngineProcessChannel channel;
};

/* What other processes must know; in memory that survives a fork() as one page. */
typedef struct {
  gint service_pid;
} EngineShared;

/* What calls for the iterations of a context by itself, such as a GSource. */
typedef struct {
  /* Where GIO's answers are to arrive; NULL if that isn't known yet. */
  GMainContext *(*get_main_context) (gpointer data);

  /* The context is about to be freed. */
  void (*gone) (gpointer data);
} EngineDriver;

/* What the floor of connections asks of those above it. */
typedef struct {
  /* By role and state. */
  const EnginePhase *phases[2][ENGINE_N_STATES];

  /* Nothing holds a context any more that was destroyed. */
  void (*free_context) (EngineContext *context);

  /* A connection is about to be freed, with what clients, HTTP and WebSockets have of it. */
  void (*free_parts) (EngineConnection *connection);

  /* A client's connection has not come about: why, and that the owner is told. */
  void (*note_failure) (EngineConnection *connection, EngineError code, const char *text);
  void (*announce_failure) (EngineConnection *connection);

  /* One fewer is in a handshake: a listener may be resting until then. */
  void (*handshake_done) (EngineContext *context, EnginePeer *peer);

  /* A broadcast has ended: what it was compressed to need not be known any more. */
  void (*forget_shared) (EngineContext *context);
} EngineHooks;

struct libwebsocket_context {
  const EngineEvents *events;
  const EngineHooks *hooks;
  gpointer owner;
  EngineLimits limits;
  EngineTlsSettings tls;
  WireDeflateSettings deflate;  /* for connections that open from now on */

  int epoll_fd;
  guint depth;                  /* iterations and broadcasts under way on the stack */
  gboolean destroyed;           /* freed when the outermost iteration ends */

  EngineTimerWheel wheel;
  EngineTimer retry;           /* set while something rests for want of memory */
  guint32 tick;                 /* as the iteration began */
  gint64 iteration_began;            /* of the last iteration, for who calls for them: the time, ... */
  gint64 iteration_looked;           /* ... when it looked at the clock last, shortly before its end, ... */
  gboolean iteration_full;           /* ... and whether it stopped with work left to be done */
  gint64 wheel_start;
  gint64 tick_microseconds;

  EngineConnectionQueue ready;
  EngineConnectionQueue tls_handshakes;
  EngineConnectionQueue resumed;
  EngineConnectionQueue writable;
  EngineConnectionQueue dirty;
  EngineConnectionQueue sent;
  EngineConnectionQueue ended;
  EngineConnectionQueue dead;              /* to be freed when nothing of them is on the stack */

  EngineBudget *budget;         /* of the iteration under way, NULL outside */
  guint first_step;            /* of the next iteration: see phases.c */
  guint next_listener;          /* the first to be looked at */
  guint next_protocol;          /* likewise */
  gboolean behind;              /* some output was not even offered to the kernel yet */

  GPtrArray *listeners;         /* EngineListener */
  EngineAdmission admission;            /* who came in through them */
  EngineNoticeState notices[ENGINE_N_NOTICES];
  GPtrArray *protocols;         /* EngineProtocol */
  EngineConnection *first;      /* connections that no protocol has */
  EngineConnection *last;

  guint8 *spare_buffer;         /* for the next iteration; see iteration.c */
  guint8 *spare_inflated;       /* likewise */
  EngineMemory memory;          /* that peers make it hold */
  EngineFrameCache frame_cache;
  EngineDeflateShare deflate_shares[ENGINE_DEFLATE_N_SHARES];
  EngineRandom random;
  guint8 ping_payload[8];       /* by which our own pings are told from the owner's */
  EngineMailbox *mailbox;
  EngineCloser *closer;         /* of what comes through channels; NULL until needed */
  EngineCloser *peer_closer;    /* ... and of what peers pass, for which no broadcast waits */

  EngineShared *shared;
  int pid;
  guint fork_generation;
  EngineWatch parent;           /* a forked loop ends when its parent does */
  EngineWatch hang_up_pipe;            /* ... or hangs up */
  gboolean parent_gone;

  const EngineDriver *driver;   /* NULL: the program calls for each iteration */
  gpointer driver_data;
  GMainContext *gio;            /* where GIO's answers arrive without a driver; NULL until needed */
  GQueue dials;                 /* EngineDial: all that GIO is at work for */
  guint jobs;                   /* those of them that arrive at gio */
};

/* --- life (context.c) */
EngineContext *engine_context_new (const EngineEvents *events, gpointer owner, GError **error);

/* Ends all connections and frees the context: at once, or when the outermost iteration ends. */
void engine_context_destroy (EngineContext *context);

EngineProtocol *engine_context_add_protocol (EngineContext *context, const char *name, gpointer owner, GError **error);

/* Called in a process that was forked after the context was made: from now on
 * this process runs the service loop. FALSE with errno if the kernel has no
 * descriptors left. */
gboolean engine_context_adopt (EngineContext *context);

/* The same, if nobody else has done so since; or nothing, if this process serves already. */
gboolean engine_context_take (EngineContext *context);

/* Is this a copy that came about by a fork(), and was not adopted? That needs no look at what the
 * processes share: for the ways by which something might leave although nobody asked for it, such as
 * in a child that was forked by a callback, and returns from it. */
static inline gboolean
engine_context_is_copy (const EngineContext *context)
{
  return context->fork_generation != engine_fork_generation ();
}

/* Where descriptors are watched. A copy watches none: it has the descriptor of the process that serves. */
static inline int
engine_context_poller (const EngineContext *context)
{
  return engine_context_is_copy (context) ? ENGINE_POLLER_NONE : context->epoll_fd;
}

/* --- the iteration (iteration.c) */

struct _EngineIteration {
  EngineContext *context;
  guint8 *buffer;
  guint8 *inflated;             /* NULL until needed */
  guint frames;                 /* that may still be worked on */
  gboolean granted;             /* for the next of them the question was asked already */
  EngineBudget budget;
  EngineBudget *outer;          /* of the iteration that this one is nested in */
  const EngineMailbox *outer_mailbox; /* of what this iteration is nested in, of another context perhaps */
};

/* One iteration: waits for up to @timeout_ms (forever if negative) and works on what is
 * there. FALSE if the context is at its end, or epoll fails. */
gboolean engine_loop_service (EngineContext *context, int timeout_ms);

/* May it go on to the next frame? To be asked before each piece of work on input. */
gboolean engine_iteration_goes_on (EngineIteration *iteration);

/* The same for all other work. */
gboolean engine_iteration_has_time (EngineIteration *iteration);

/* Is there work that needs no waiting? */
gboolean engine_loop_has_work (EngineContext *context);
