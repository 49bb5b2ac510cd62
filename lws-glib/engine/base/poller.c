/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/poller-private.h"

void
engine_watch_init (EngineWatch *watch, EngineWatchKind kind, int fd)
{
  *watch = (EngineWatch){ .fd = fd, .kind = (guint8) kind };
}

gboolean
engine_poller_set (int epoll_fd, EngineWatch *watch, guint16 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  if (watch->added && watch->events == events)
    return TRUE;
  if (epoll_ctl (epoll_fd, watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event) != 0)
    return FALSE;

  watch->added = TRUE;
  watch->events = events;

  return TRUE;
}

gboolean
engine_poller_remove (int epoll_fd, EngineWatch *watch)
{
  if (!watch->added)
    return TRUE;

  watch->added = FALSE;
  watch->events = 0;

  return epoll_ctl (epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL) == 0;
}

gboolean
engine_poller_move (int epoll_fd, EngineWatch *watch)
{
  guint16 events = watch->events;

  if (!watch->added)
    return TRUE;

  watch->added = FALSE;

  return engine_poller_set (epoll_fd, watch, events);
}
