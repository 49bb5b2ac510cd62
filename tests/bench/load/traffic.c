/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "traffic.h"

#include "answer.h"

#include <sys/epoll.h>
#include <unistd.h>

Traffic *
traffic_new (const Options *options)
{
  Traffic *self = g_new0 (Traffic, 1);

  self->options = options;
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->request = request_new (options);
  self->batch = batch_new (options);
  self->buffer = g_malloc (READ_SIZE);
  if (options->latency)
    self->latency = histogram_new ();

  return self;
}

void
traffic_free (Traffic *self)
{
  close (self->epoll);
  g_free (self->request);
  batch_free (self->batch);
  g_free (self->buffer);
  g_free (self->loss);
  g_clear_pointer (&self->latency, histogram_free);
  g_free (self);
}
