/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/iteration-private.h"

/* What an iteration does once it knows what there is to do: one kind of work after the other, each as
 * far as the iteration has time for it. */

/* Puts what epoll told of in the queues where it waits to be worked on. */
void engine_loop_sort_events (EngineIteration *iteration, const struct epoll_event *events, int count);

/* Works. Where the time comes to its end in one phase the next iteration begins with the one behind it:
 * each kind of work has its share, however much there is of another. */
void engine_loop_run_steps (EngineIteration *iteration);
