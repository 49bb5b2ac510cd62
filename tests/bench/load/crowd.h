/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "client.h"

/* All clients of a run, and the loop that they live in. */
typedef struct {
  Traffic *traffic;
  Client *clients;
  guint count;
} Crowd;

Crowd *crowd_new (Traffic *traffic, guint count);
void crowd_free (Crowd *self);
gboolean crowd_open (Crowd *self, GError **error);
void crowd_start (Crowd *self);
void crowd_turn (Crowd *self, int timeout_ms);
void crowd_turn_until (Crowd *self, gint64 time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crowd, crowd_free)
