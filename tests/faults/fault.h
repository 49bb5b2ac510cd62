/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* One failure of one system call, and what it made happen. All of it is shared with
 * processes that are forked later.
 *
 * The program links the static library with the linker's --wrap for each call, so that
 * exactly the calls of the library fail. Interposing symbols, by LD_PRELOAD or otherwise,
 * would hit GLib, too, which has its own ways to fail: it aborts when its own wake-up can't
 * be made. For the same reason memory is not injected: GLib ends the program when there is
 * none, by design. */

/* Instead of an errno: a call that does less than it was asked for. */
#define FAULT_SHORT 0
/* The descriptor of a message gets lost, as happens to a process that may have no more. */
#define FAULT_TRUNCATED -1

typedef enum {
  FAULT_ONCE,                   /* the call fails once */
  FAULT_LASTING,                /* from then on it fails until the fault is lifted */
} FaultDuration;

/* From its @nth occurrence (0 is the first) @call fails with @failure. Counters begin anew. */
void fault_set (const char *call, int failure, guint nth, FaultDuration duration);
void fault_lift (void);
gboolean fault_is_set (void);

/* Has the occurrences of @call counted since fault_set(), whatever call fails. */
void fault_tally (const char *call);
guint fault_get_tally (const char *call);

/* How often the call was made to fail. */
guint fault_get_strikes (void);

/* How often the loop has waited. */
guint fault_get_turns (void);

/* How many messages the library has logged, and the last of them; and how many notes, which
 * only those see who ask for them (G_MESSAGES_DEBUG). */
void fault_watch_log (void);
guint fault_get_messages (void);
guint fault_get_notes (void);
const char *fault_get_last_message (void);

/* For the wrapped calls: shall this one fail? */
gboolean fault_strikes (const char *call, int *failure);
void fault_count_turn (void);

/* What the test needs for itself, without faults. */
gpointer fault_free_share (gsize size);
void fault_free_shrink (int fd);
pid_t fault_free_fork (void);
pid_t fault_free_waitpid (pid_t child, int *status, int options);
