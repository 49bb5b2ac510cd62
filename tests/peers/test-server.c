/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our server, and clients on other libraries.
 */
#include "child.h"
#include "protocols.h"

typedef struct {
  const PeerLibrary *library;
  const char *conversation;
  gboolean secure;
} Test;

/* In the scripts, a function each. */
static const char *const conversations[] = {
  "text",   "binary",         "fragments", "random", "pings", "command-pings", "command-splits",
  "closes", "command-closes", "losses",    "crowd",  "fan",   "subprotocols",  "refused-subprotocol",
  "deflate", "deflate-resets", "deflate-small",
};

static void
serve (const Test *test, const PeerIdentity *identity)
{
  guint16 port;
  struct libwebsocket_context *context = peer_listen (peer_protocols, identity, &port);
  g_autofree char *port_text = g_strdup_printf ("%u", port);
  g_autoptr (GSubprocess) script = peer_start (test->library, "client", test->conversation, port_text, identity);

  peer_counts_reset ();
  if (script != NULL)
    {
      gint64 deadline = peer_deadline ();

      peer_check_status (test->library, peer_finish (context, script, NULL));
      while (peer_counts.closed < peer_counts.established)
        peer_turn (context, deadline);
    }
  libwebsocket_context_destroy (context);
}

static void
test_conversation (gconstpointer data)
{
  const Test *test = data;
  PeerIdentity *identity = test->secure ? peer_identity_new () : NULL;

  if (!test->secure || identity != NULL)
    serve (test, identity);
  peer_identity_free (identity);
}

static void
add (const PeerLibrary *library, const char *conversation, gboolean secure)
{
  Test test = { library, conversation, secure };
  g_autofree char *path = g_strdup_printf ("/peers/server/%s%s/%s", secure ? "wss/" : "", library->name, conversation);

  g_test_add_data_func_full (path, g_memdup2 (&test, sizeof test), test_conversation, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < n_peer_libraries; i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (conversations); j++)
        {
          add (&peer_libraries[i], conversations[j], FALSE);
          add (&peer_libraries[i], conversations[j], TRUE);
        }
    }

  return g_test_run ();
}
