/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/state-private.h"

/* A line for each state, a column for the one that follows: the life of a
 * connection as it is meant. */
static const char *const edges[ENGINE_N_STATES] = {
  /*                              C S H R O C D L - */
  [ENGINE_STATE_CONNECTING] = "0 1 1 0 0 0 0 0 1",
  [ENGINE_STATE_TLS_HANDSHAKE] = "0 0 1 0 0 0 1 0 1",
  [ENGINE_STATE_HANDSHAKE] = "0 1 0 1 1 0 1 0 1",
  [ENGINE_STATE_RESPONDING] = "0 0 1 0 0 0 1 0 1",
  [ENGINE_STATE_OPEN] = "0 0 0 0 0 1 1 0 1",
  [ENGINE_STATE_CLOSING] = "0 0 0 0 0 0 1 0 1",
  [ENGINE_STATE_DRAINING] = "0 0 0 0 0 0 0 1 1",
  [ENGINE_STATE_LINGERING] = "0 0 0 0 0 0 0 0 1",
  [ENGINE_STATE_CLOSED] = "0 0 0 0 0 0 0 0 0",
};

static void
test_edges (void)
{
  for (guint from = 0; from < ENGINE_N_STATES; from++)
    for (guint to = 0; to < ENGINE_N_STATES; to++)
      {
        g_test_message ("%s -> %s", engine_state_name (from), engine_state_name (to));
        g_assert_cmpint (engine_state_may_become (from, to), ==, edges[from][2 * to] == '1');
      }
}

/* From wherever: everything can end, and nothing begins again. */
static void
test_end (void)
{
  for (guint from = 0; from < ENGINE_STATE_CLOSED; from++)
    {
      g_assert_true (engine_state_may_become (from, ENGINE_STATE_CLOSED));
      g_assert_false (engine_state_may_become (ENGINE_STATE_CLOSED, from));
    }
  g_assert_false (engine_state_may_become (ENGINE_STATE_CLOSED, ENGINE_STATE_CLOSED));
}

static void
test_names (void)
{
  for (guint state = 0; state < ENGINE_N_STATES; state++)
    {
      g_assert_cmpstr (engine_state_name (state), !=, NULL);
      g_assert_cmpstr (engine_state_name (state), !=, "");
      for (guint other = 0; other < state; other++)
        g_assert_cmpstr (engine_state_name (state), !=, engine_state_name (other));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/state/edges", test_edges);
  g_test_add_func ("/engine/state/end", test_end);
  g_test_add_func ("/engine/state/names", test_names);

  return g_test_run ();
}
