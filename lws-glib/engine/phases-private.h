/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "turn-private.h"

/* What a turn does once it knows what there is to do: one kind of work after the other, each as
 * far as the turn has time for it. */

/* Puts what epoll told of in the lines where it waits to be worked on. */
void engine_phases_sort (EngineTurn *turn, const struct epoll_event *events, int count);

/* Works. Where the time comes to its end in one phase the next turn begins with the one behind it:
 * each kind of work has its turns, however much there is of another. */
void engine_phases_run (EngineTurn *turn);
