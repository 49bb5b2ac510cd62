/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crowd.h"

#include "clock.h"

#include <gio/gio.h>
#include <sys/epoll.h>

/* Fewer than a backlog holds, or a server allows one address to have under way. */
#define OPENING_AT_ONCE 50

/* Once one was refused: libsoup has a backlog of 10. */
#define OPENING_AT_ONCE_LEAST 5

/* A server that opens no connection for so long opens none any more. */
#define STALLED_SECONDS 60

#define EVENTS 512
#define TURN_MS 100

Crowd *
crowd_new (Traffic *traffic, guint count)
{
  Crowd *self = g_new0 (Crowd, 1);

  self->traffic = traffic;
  self->count = count;
  self->clients = g_new0 (Client, count);
  for (guint i = 0; i < count; i++)
    client_init (&self->clients[i], traffic, i);

  return self;
}

void
crowd_free (Crowd *self)
{
  for (guint i = 0; i < self->count; i++)
    client_clear (&self->clients[i]);
  g_free (self->clients);
  g_free (self);
}

/* One look at the sockets. */
void
crowd_turn (Crowd *self, int timeout_ms)
{
  struct epoll_event events[EVENTS];
  int count = epoll_wait (self->traffic->epoll, events, EVENTS, timeout_ms);

  for (int i = 0; i < count; i++)
    client_ready (events[i].data.ptr, events[i].events);
}

void
crowd_turn_until (Crowd *self, gint64 time)
{
  gint64 now;

  while ((now = clock_now ()) < time)
    crowd_turn (self, (int) MIN (TURN_MS, (time - now) / (NS_PER_SECOND / 1000) + 1));
}

void
crowd_start (Crowd *self)
{
  for (guint i = 0; i < self->count; i++)
    client_start (&self->clients[i]);
}

static gboolean
check_opening (Crowd *self, guint refused, gint64 progress, GError **error)
{
  Traffic *traffic = self->traffic;

  if (traffic->refusal != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, traffic->refusal);
  else if (traffic->lost > 0 || refused > self->count || clock_now () - progress > STALLED_SECONDS * NS_PER_SECOND)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Only %u of %u connections could be opened: %s",
                 traffic->open, self->count, traffic->loss != NULL ? traffic->loss : "no answer came");
  else
    return TRUE;

  return FALSE;
}

/* Opens all connections, and fails if one of them cannot be opened. A server with a short
 * backlog resets some of many that come at once: they try again behind the others, all in
 * all as often as there are connections. */
gboolean
crowd_open (Crowd *self, GError **error)
{
  Traffic *traffic = self->traffic;
  g_autoptr (GPtrArray) waiting = g_ptr_array_new ();
  gint64 progress = clock_now ();
  guint started = 0;
  gboolean good = TRUE;

  for (guint i = 0; i < self->count; i++)
    g_ptr_array_add (waiting, &self->clients[i]);
  traffic->refused = waiting;
  while (good && traffic->open < self->count)
    {
      guint open = traffic->open;
      guint refused = waiting->len - self->count;
      guint at_once = refused > 0 ? OPENING_AT_ONCE_LEAST : OPENING_AT_ONCE;

      while (started < waiting->len && started - refused - open < at_once)
        client_start (g_ptr_array_index (waiting, started++));
      crowd_turn (self, TURN_MS);
      if (traffic->open != open)
        progress = clock_now ();
      good = check_opening (self, waiting->len - self->count, progress, error);
    }
  traffic->refused = NULL;

  return good;
}
