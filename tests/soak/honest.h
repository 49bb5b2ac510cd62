/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lws-glib.h>

/* Clients that send messages of random sizes, compare the hashes of what comes back, and
 * now and then close as they should and connect anew. */

typedef struct {
  guint64 sent;
  guint64 received;
  guint64 lost;                 /* of connections that ended early */
  guint64 wrong;                /* came back, but not as they were sent */
  guint64 failed;               /* connections that did not come about */
} HonestCount;

typedef struct _Honest Honest;

Honest *honest_new (LwsgContext *context, gboolean secure, guint port, HonestCount *count);

/* Sends no more, and closes once all has come back. */
void honest_finish (Honest *honest);
gboolean honest_is_finished (Honest *honest);

void honest_free (Honest *honest);
