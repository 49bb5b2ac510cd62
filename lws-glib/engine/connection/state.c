/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/state-private.h"

#define EDGE(state) (1u << ENGINE_STATE_##state)

static const struct {
  const char *name;
  guint next;
} states[ENGINE_N_STATES] = {
  [ENGINE_STATE_CONNECTING] = { "connecting", EDGE (TLS_HANDSHAKE) | EDGE (HANDSHAKE) | EDGE (CLOSED) },
  [ENGINE_STATE_TLS_HANDSHAKE] = { "TLS handshake", EDGE (HANDSHAKE) | EDGE (DRAINING) | EDGE (CLOSED) },
  [ENGINE_STATE_HANDSHAKE] = { "handshake",
                               EDGE (TLS_HANDSHAKE) | EDGE (RESPONDING) | EDGE (OPEN) | EDGE (DRAINING) | EDGE (CLOSED) },
  [ENGINE_STATE_RESPONDING] = { "responding", EDGE (HANDSHAKE) | EDGE (DRAINING) | EDGE (CLOSED) },
  [ENGINE_STATE_OPEN] = { "open", EDGE (CLOSING) | EDGE (DRAINING) | EDGE (CLOSED) },
  [ENGINE_STATE_CLOSING] = { "closing", EDGE (DRAINING) | EDGE (CLOSED) },
  [ENGINE_STATE_DRAINING] = { "draining", EDGE (LINGERING) | EDGE (CLOSED) },
  [ENGINE_STATE_LINGERING] = { "lingering", EDGE (CLOSED) },
  [ENGINE_STATE_CLOSED] = { "closed", 0 },
};

const char *
engine_state_name (EngineState state)
{
  g_return_val_if_fail (state < ENGINE_N_STATES, NULL);

  return states[state].name;
}

gboolean
engine_state_may_become (EngineState from, EngineState to)
{
  return (states[from].next & (1u << to)) != 0;
}
