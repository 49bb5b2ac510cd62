/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The life of a connection. */

typedef enum {
  ENGINE_STATE_CONNECTING,      /* client: name resolution and TCP are under way */
  ENGINE_STATE_TLS_HANDSHAKE,        /* the TLS handshake is under way */
  ENGINE_STATE_HANDSHAKE,       /* an HTTP head is awaited */
  ENGINE_STATE_RESPONDING,        /* server: the answer to a plain HTTP request is on its way */
  ENGINE_STATE_OPEN,            /* frames both ways */
  ENGINE_STATE_CLOSING,         /* we sent a Close, the peer's is awaited */
  ENGINE_STATE_DRAINING,        /* nothing more is read; what is queued leaves */
  ENGINE_STATE_LINGERING,       /* all is sent; until the peer closes TCP, its bytes are discarded */
  ENGINE_STATE_CLOSED,          /* no descriptor any more; freed at the end of the iteration */

  ENGINE_N_STATES
} EngineState;

const char *engine_state_name (EngineState state);

/* Is there an edge between these two? */
gboolean engine_state_may_become (EngineState from, EngineState to);
