/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libwebsockets.h>

/* What our end does in a conversation, the same as a server and as a client:
 *
 *   binary, text   echoes what comes as messages of that type; binary is also for
 *                  those who ask for no subprotocol
 *   fan            broadcasts what comes
 *   command        does what the message says:
 *                    ping PAYLOAD       sends a Ping; "pong PAYLOAD" tells of the Pong
 *                    split SIZE TEXT    sends TEXT in fragments of SIZE bytes
 *                    close CODE REASON  writes a Close
 *                    client-close       calls libwebsocket_client_close()
 *                    return             returns nonzero from the callback */
extern struct libwebsocket_protocols peer_protocols[];

/* How far connections came, since the last reset. The API gives callbacks no pointer
 * of the program's own, hence the variable. */
typedef struct {
  guint established;
  guint closed;
  guint failed;
  char *failure; /* what the last CONNECTION_ERROR said */
} PeerCounts;

extern PeerCounts peer_counts;

void peer_counts_reset (void);
