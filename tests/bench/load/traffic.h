/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "batch.h"
#include "histogram.h"
#include "options.h"

/* Room for what a socket holds at a time. */
#define READ_SIZE (1024 * 1024)

/* What all clients of a run share: what they send, and what they have counted. */
typedef struct {
  const Options *options;
  int epoll;
  char *request;
  Batch *batch;
  guint8 *buffer;               /* each read ends up here */

  gboolean refills;             /* an answer calls for the next message */
  gboolean reopens;             /* an open connection is reset and another one begun */
  Histogram *latency;           /* NULL: not wanted */

  guint open;
  guint lost;
  GPtrArray *refused;           /* takes clients that have to try again; NULL: they are lost */
  guint64 handshakes;
  guint64 messages;
  guint64 bytes;
  guint64 wrong;                /* messages of another length than the one sent */
  char *loss;                   /* why the first connection was lost */
  const char *refusal;          /* what the server cannot do */
} Traffic;

Traffic *traffic_new (const Options *options);
void traffic_free (Traffic *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Traffic, traffic_free)
