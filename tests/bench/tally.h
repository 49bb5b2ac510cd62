/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What a client of the benchmarks is told, and what it counts: each connection sends 64 bytes,
 * gets them back, and sends again, with some messages in flight. */
typedef struct _Tally Tally;

Tally *tally_new (int argc, char **argv);
void tally_free (Tally *self);

guint tally_port (Tally *self);
guint tally_connections (Tally *self);
guint tally_in_flight (Tally *self);
const char *tally_text (void);

void tally_start (Tally *self);
void tally_sent (Tally *self, guint connection);
void tally_answered (Tally *self, guint connection);
gboolean tally_is_over (Tally *self);
void tally_report (Tally *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tally, tally_free)
