/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../engine/raw-peer.h"
#include "duo.h"

/* A client that connects, and a server (or a proxy) that the test plays itself. */

typedef struct {
  LwsgContext *client;
  GCancellable *cancellable;    /* NULL unless the test sets it */
  int listener;
  guint16 port;
  char *uri;                    /* of the listener, unless the test sets another */
  GAsyncResult *result;
  RawPeer *peer;                /* the other end of the client's connection */
  char *request;                /* the head that came from there */
  int fillers[2];               /* that take all room in the listener's backlog */
} Dial;

typedef void (*DialFunc) (Dial *dial, gconstpointer data);

/* Registers /object/connect/GROUP/NAME. */
void dial_add_case (const char *group, const char *name, gconstpointer data, DialFunc func);

void dial_set_uri (Dial *dial, const char *uri);
void dial_stop_listening (Dial *dial);

/* Starts to connect; result is set when there is one. */
void dial_start (Dial *dial, const char *const *subprotocols);

/* The same, with a kernel that does not answer. */
void dial_start_stuck (Dial *dial);

/* Accepts what comes, and reads a request. */
void dial_accept (Dial *dial);
void dial_read_request (Dial *dial);
void dial_take_request (Dial *dial);

/* From the start to the request. */
void dial_serve (Dial *dial, const char *const *subprotocols);

/* With the right Accept wherever it says %s. */
void dial_answer (Dial *dial, const char *answer);

/* Waits for the result. */
LwsgConnection *dial_succeed (Dial *dial);
GError *dial_fail (Dial *dial);

void dial_expect_text (const GError *error, const char *part);
