/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* An echo server in a process of its own, which the test looks at from outside. */

typedef enum {
  SERVER_PLAIN,
  SERVER_TLS,
  SERVER_N_KINDS
} ServerKind;

typedef struct {
  pid_t pid;
  guint ports[SERVER_N_KINDS];
  int hang_up_pipe;                    /* the server ends when this is closed */
} Server;

void server_start (Server *server);

/* What it occupies: bytes of memory, and descriptors. */
gsize server_get_memory (const Server *server);
guint server_get_descriptors (const Server *server);

/* Ends it. Returns its exit status, or -1 if it crashed. */
int server_stop (Server *server);
