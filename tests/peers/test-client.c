/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our client, and servers on other libraries.
 */
#include "child.h"
#include "protocols.h"

typedef struct {
  const char *name;
  const char *path;
  const char *failure; /* a pattern; NULL if all is to go well */
} Conversation;

typedef struct {
  const PeerLibrary *library;
  const Conversation *conversation;
  gboolean secure;
} Test;

/* In the scripts, a function each; the path is for those that serve several. */
static const Conversation conversations[] = {
  { "text", "/", NULL },
  { "binary", "/", NULL },
  { "fragments", "/", NULL },
  { "random", "/", NULL },
  { "deflate", "/", NULL },
  { "deflate-resets", "/", NULL },
  { "deflate-small", "/", NULL },
  { "pings", "/", NULL },
  { "command-pings", "/", NULL },
  { "command-splits", "/", NULL },
  { "closes", "/", NULL },
  { "command-closes", "/", NULL },
  { "losses", "/", NULL },
  { "crowd", "/", NULL },
  { "subprotocols", "/", NULL },
  { "refusal", "/200", "*answered 200*" },
  { "refusal", "/302", "*answered 302*http://elsewhere.example/*" },
  { "refusal", "/401", "*answered 401*" },
  { "refusal", "/unasked-subprotocol", "*chose the subprotocol \"binary\"*" },
  { "refusal", "/no-subprotocol", "*chose no subprotocol*" },
};

/* What a script wants to happen: it prints its port, how many connections it expects,
 * and the subprotocols that they shall ask for. */
typedef struct {
  int port;
  guint connections;
  const char *subprotocols; /* NULL for none */
} Plan;

static void
plan_read (Plan *plan, char **words)
{
  g_assert_cmpuint (g_strv_length (words), ==, 3);
  plan->port = (int) g_ascii_strtoll (words[0], NULL, 10);
  plan->connections = (guint) g_ascii_strtoull (words[1], NULL, 10);
  plan->subprotocols = g_str_equal (words[2], "-") ? NULL : words[2];
}

static void
talk (struct libwebsocket_context *context, const Plan *plan, const Conversation *conversation, gboolean secure)
{
  /* The servers of the scripts are their own authorities. */
  const int ssl_connection = secure ? 2 : 0;
  gint64 deadline = peer_deadline ();

  for (guint i = 0; i < plan->connections; i++)
    g_assert_nonnull (libwebsocket_client_connect (context, "127.0.0.1", plan->port, ssl_connection,
                                                   conversation->path, NULL, "http://origin.example",
                                                   plan->subprotocols));

  while (peer_counts.closed + peer_counts.failed < plan->connections)
    peer_turn (context, deadline);

  if (conversation->failure == NULL)
    {
      g_assert_cmpstr (peer_counts.failure, ==, NULL);
      g_assert_cmpuint (peer_counts.established, ==, plan->connections);
      return;
    }
  g_assert_cmpuint (peer_counts.failed, ==, plan->connections);
  g_assert_cmpuint (peer_counts.established, ==, 0);
  g_test_message ("the error is: %s", peer_counts.failure);
  g_assert_true (g_pattern_match_simple (conversation->failure, peer_counts.failure));
}

static void
connect_to (const Test *test, const PeerIdentity *identity)
{
  g_autoptr (GSubprocess) script = peer_start (test->library, "server", test->conversation->name, NULL, identity);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  struct libwebsocket_context *context;

  if (script == NULL)
    return;

  peer_counts_reset ();
  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, peer_protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (context);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (script));
  line = peer_read_line (context, output);
  if (line != NULL)
    {
      g_auto (GStrv) words = g_strsplit (line, " ", 0);
      Plan plan;

      plan_read (&plan, words);
      talk (context, &plan, test->conversation, test->secure);
    }
  peer_check_status (test->library, peer_finish (context, script, NULL));

  libwebsocket_context_destroy (context);
}

static void
test_conversation (gconstpointer data)
{
  const Test *test = data;
  PeerIdentity *identity = test->secure ? peer_identity_new () : NULL;

  if (!test->secure || identity != NULL)
    connect_to (test, identity);
  peer_identity_free (identity);
}

static void
add (const PeerLibrary *library, const Conversation *conversation, gboolean secure)
{
  Test test = { library, conversation, secure };
  const char *path = conversation->path[1] != '\0' ? conversation->path : "";
  g_autofree char *name = g_strdup_printf ("/peers/client/%s%s/%s%s", secure ? "wss/" : "", library->name,
                                           conversation->name, path);

  g_test_add_data_func_full (name, g_memdup2 (&test, sizeof test), test_conversation, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < n_peer_libraries; i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (conversations); j++)
        {
          add (&peer_libraries[i], &conversations[j], FALSE);
          add (&peer_libraries[i], &conversations[j], TRUE);
        }
    }

  return g_test_run ();
}
