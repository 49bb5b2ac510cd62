/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libwebsockets.h>
#include <sys/types.h>

/* What a test plays on: a context that listens on a free port of this machine, and
 * the loop that serves it while something is waited for. */

/* A bound for what should take no time, on a machine that has none. */
#define STAGE_PATIENCE_SECONDS 60

/* One iteration of the loop while a condition is awaited that the context can't see, such
 * as bytes that reach a peer. */
#define STAGE_TURN_MS 2

/* For messages the library logs. */
#define STAGE_LOG_DOMAIN "lws-glib"

/* An array for the payload of libwebsocket_write() and where the payload begins. */
#define STAGE_PADDED(size) (LWS_SEND_BUFFER_PRE_PADDING + (size) + LWS_SEND_BUFFER_POST_PADDING)
#define STAGE_PAYLOAD(buffer) ((buffer) + LWS_SEND_BUFFER_PRE_PADDING)

/* A port nobody listens on. It is free when this returns, and most likely will be
 * for a while. */
guint16 stage_free_port (void);

/* A context that listens; never NULL. */
struct libwebsocket_context *stage_listen (struct libwebsocket_protocols *protocols, guint16 *port);

/* One iteration; asserts that it went well and that the test isn't beyond @deadline. */
void stage_turn (struct libwebsocket_context *context, gint64 deadline);

gint64 stage_deadline (void);

/* Serves @context until @condition holds. */
#define STAGE_SERVE_UNTIL(context, condition)                                                                      \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    gint64 stage_end_ = stage_deadline ();                                                                         \
                                                                                                                   \
    while (!(condition))                                                                                           \
      stage_turn ((context), stage_end_);                                                                          \
  }                                                                                                                \
  G_STMT_END

/* Serves for so many iterations, so that what must not happen had the chance. */
void stage_serve_turns (struct libwebsocket_context *context, guint turns);

/* libwebsocket_write() from bytes that have no padding. */
int stage_write (struct libwebsocket *wsi, const void *bytes, gsize length, int protocol);
int stage_write_text (struct libwebsocket *wsi, const char *text);

/* Runs @func in a child, whose exit status is the result. */
typedef int (*StageChildFunc) (gpointer data);
pid_t stage_fork (StageChildFunc func, gpointer data);

/* Asserts that a child has come to its end, and well; serves @context (or NULL)
 * until then. */
void stage_expect_exit (pid_t child, struct libwebsocket_context *context);

/* Is this a run in which everything takes twenty times as long? */
gboolean stage_is_slow (void);

/* Can one process watch another (Linux 5.3)? Tools that run a program may not know
 * how, and then a dead process is told from a live one less well. */
gboolean stage_has_pidfd (void);

/* Memory tools hold back what was freed: what a process occupies says nothing. */
gboolean stage_memory_is_checked (void);

/* What this process occupies, in bytes. */
gsize stage_resident_memory (void);
