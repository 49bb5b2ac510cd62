/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run.h"

#include <libwebsockets.h>

/* Too large for a socket's buffer, for a datagram, and for one read. */
#define CLASSIC_LARGE (300 * 1000)

/* A server of the classic API that sends back what it gets, passes on broadcasts, and
 * serves files; in the same context perhaps a client. There is one at a time. */
typedef struct {
  Run *run;
  struct libwebsocket_context *context;
  guint16 port;
  struct libwebsocket *client;
  gsize received;               /* by the client */
  gboolean failed;              /* what was to be done can't be any more */
} Classic;

extern struct libwebsocket_protocols classic_protocols[];

/* FALSE: a failure kept it from coming about, and was reported. */
gboolean classic_begin (Classic *classic, Run *run);

/* Checks that it serves, once the fault is lifted, and ends it. */
void classic_end (Classic *classic);

/* A RunTurn. */
gboolean classic_turn (gpointer classic);

int classic_write (Classic *classic, struct libwebsocket *wsi, const void *bytes, gsize length);

void scenario_classic_echo (Run *run);
void scenario_classic_storm (Run *run);
void scenario_classic_files (Run *run);
