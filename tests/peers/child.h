/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "identity.h"

#include <gio/gio.h>
#include <libwebsockets.h>

/* Other programs, and a context that is served as long as something is awaited from
 * them. A child dies with the test, however that ends. All waits have a limit. */

#define PEER_LIMIT_SECONDS 60

/* How a script says that the peer it needs is not installed. */
#define PEER_STATUS_MISSING 77

/* A peer: a library for WebSockets of another language, with the script that talks
 * through it. */
typedef struct {
  const char *name;
  const char *script;
  const char *(*interpreter) (void);
} PeerLibrary;

extern const PeerLibrary peer_libraries[];
extern const gsize n_peer_libraries;

/* A context that listens on a port which the kernel chose; with TLS if there is an identity. */
struct libwebsocket_context *peer_listen (struct libwebsocket_protocols *protocols, const PeerIdentity *identity,
                                          guint16 *port);

/* One call of libwebsocket_service(), and news from children. Fails the test after
 * @deadline, a monotonic time. Objects have no such context: with NULL, here and below,
 * it is a turn of the main loop. */
void peer_turn (struct libwebsocket_context *context, gint64 deadline);
gint64 peer_deadline (void);

/* Starts the script of @library: as "client", with the port of our server, or as
 * "server", without one; over TLS if there is an identity, which is the server's. Skips the
 * test and returns NULL if there is no interpreter. */
GSubprocess *peer_start (const PeerLibrary *library, const char *role, const char *what, const char *port,
                         const PeerIdentity *identity);

/* Starts any program. */
GSubprocess *peer_spawn (const char *const *argv);

/* The next line that the child prints; NULL at the end. */
char *peer_read_line (struct libwebsocket_context *context, GDataInputStream *output);

/* Ends the child's input and waits until it has ended, too. Returns its exit status;
 * @output gets all that it printed, unless NULL. */
int peer_finish (struct libwebsocket_context *context, GSubprocess *child, char **output);

/* For the status of a script: fails or skips the test. */
void peer_check_status (const PeerLibrary *library, int status);
