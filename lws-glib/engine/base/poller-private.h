/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

/* The one epoll descriptor of a context and what it watches. */

typedef enum {
  ENGINE_WATCH_LISTENER,
  ENGINE_WATCH_CONNECTION,
  ENGINE_WATCH_PROCESS_CHANNEL,         /* the receiving end of a protocol's broadcasts */
  ENGINE_WATCH_MAILBOX,           /* the wake-up of other threads */
  ENGINE_WATCH_PARENT,          /* a forked loop's parent process */
  ENGINE_WATCH_RETRY,          /* a timer alone: see relief.c */
} EngineWatchKind;

/* Part of the thing that is watched; @kind tells which. */
typedef struct {
  int fd;                       /* -1: nothing to watch */
  guint16 events;               /* as the kernel knows them */
  guint8 kind;
  guint8 added : 1;
  guint8 told : 1;              /* epoll has told of it, and it was not worked on yet */
} EngineWatch;

void engine_watch_init (EngineWatch *watch, EngineWatchKind kind, int fd);

/* Both return FALSE with errno set. Setting what is set already costs nothing;
 * with no events at all, errors and hang-ups are still told. */
/* Nothing changes in this one. */
#define ENGINE_POLLER_NONE (-1)

gboolean engine_poller_set (int epoll_fd, EngineWatch *watch, guint16 events);
gboolean engine_poller_remove (int epoll_fd, EngineWatch *watch);

/* Forgets what a former epoll descriptor knew and adds the watch to another. */
gboolean engine_poller_move (int epoll_fd, EngineWatch *watch);
