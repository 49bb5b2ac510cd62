/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What the engine asks the kernel for, answered from here so that an input means the
 * same each time: the clock, random bytes, and what epoll knows of descriptors that
 * are attached. The linker puts these functions in the place of the originals. */

/* Which of EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP hold now? */
typedef guint32 (*KernelReady) (gpointer data);

/* Starts again: nothing attached, the clock and the random bytes at their beginning. */
void kernel_reset (void);

/* A descriptor that does nothing; epoll will ask @ready about it. */
int kernel_attach (KernelReady ready, gpointer data);

/* Does an epoll descriptor watch an attached descriptor? */
gboolean kernel_watches_anything (void);

/* Would epoll_wait() tell of an attached descriptor? */
gboolean kernel_has_events (void);

void kernel_advance (gint64 microseconds);

/* The lowest number that a new descriptor gets: the same before and after, if none leaked. */
int kernel_next_descriptor (void);
