/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "child.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The context has no descriptor that a main loop could poll: this long, news of a
 * child may have to wait. */
#define TURN_MS 10

/* The longest command of a script, with the NULL at its end. */
#define PEER_WORDS 8

/* Somebody may take a port that was free a moment ago. */
#define PORT_TRIES 10

static const char *
find_python (void)
{
  /* Debian's modules are where Debian's Python is, which need not be the first one. */
  return g_getenv ("PYTHON");
}

static const char *
find_node (void)
{
  static char *path;

  if (path == NULL)
    path = g_find_program_in_path ("node");

  return path;
}

const PeerLibrary peer_libraries[] = {
  { "python3-websockets", "peer.py", find_python },
  { "node-ws", "peer.js", find_node },
};
const gsize n_peer_libraries = G_N_ELEMENTS (peer_libraries);

static guint16
find_free_port (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  close (fd);

  return ntohs (address.sin_port);
}

struct libwebsocket_context *
peer_listen (struct libwebsocket_protocols *protocols, const PeerIdentity *identity, guint16 *port)
{
  const char *certificate = identity != NULL ? identity->certificate : NULL;
  const char *key = identity != NULL ? identity->key : NULL;

  for (int i = 0; i < PORT_TRIES; i++)
    {
      struct libwebsocket_context *context;

      *port = find_free_port ();
      context = libwebsocket_create_context (*port, protocols, certificate, key, -1, -1);
      if (context != NULL)
        return context;
    }
  g_test_fail_printf ("none of %d ports could be listened on", PORT_TRIES);
  g_assert_not_reached ();
}

gint64
peer_deadline (void)
{
  return g_get_monotonic_time () + PEER_LIMIT_SECONDS * G_USEC_PER_SEC;
}

void
peer_turn (struct libwebsocket_context *context, gint64 deadline)
{
  g_assert_cmpint (g_get_monotonic_time (), <, deadline);
  if (context != NULL)
    g_assert_cmpint (libwebsocket_service (context, TURN_MS), ==, 0);
  /* A child always has news in the end: its script has a limit, too. */
  g_main_context_iteration (NULL, context == NULL);
}

/* Runs in the child. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != GPOINTER_TO_INT (data))
    _exit (1);
}

GSubprocess *
peer_spawn (const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE |
                                                                        G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  GSubprocess *child;
  GError *error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, GINT_TO_POINTER (getpid ()), NULL);
  child = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);

  return child;
}

GSubprocess *
peer_start (const PeerLibrary *library, const char *role, const char *what, const char *port,
            const PeerIdentity *identity)
{
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, library->script, NULL);
  const char *argv[PEER_WORDS] = { library->interpreter (), script, role, what };
  guint length = 4;

  if (port != NULL)
    argv[length++] = port;
  if (identity != NULL)
    {
      argv[length++] = identity->certificate;
      argv[length++] = identity->key;
    }

  if (argv[0] == NULL)
    {
      g_test_skip_printf ("there is no interpreter for %s", library->script);
      return NULL;
    }

  return peer_spawn (argv);
}

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **slot = data;

  *slot = g_object_ref (result);
}

static void
await (struct libwebsocket_context *context, GAsyncResult **slot)
{
  gint64 deadline = peer_deadline ();

  while (*slot == NULL)
    peer_turn (context, deadline);
}

char *
peer_read_line (struct libwebsocket_context *context, GDataInputStream *output)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;
  char *line;

  g_data_input_stream_read_line_async (output, G_PRIORITY_DEFAULT, NULL, on_ready, &result);
  await (context, &result);
  line = g_data_input_stream_read_line_finish (output, result, NULL, &error);
  g_assert_no_error (error);

  return line;
}

int
peer_finish (struct libwebsocket_context *context, GSubprocess *child, char **output)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *rest = NULL;
  GError *error = NULL;

  g_subprocess_communicate_utf8_async (child, "", NULL, on_ready, &result);
  await (context, &result);
  g_subprocess_communicate_utf8_finish (child, result, &rest, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (child));
  if (output != NULL)
    *output = g_steal_pointer (&rest);

  return g_subprocess_get_exit_status (child);
}

void
peer_check_status (const PeerLibrary *library, int status)
{
  if (status == PEER_STATUS_MISSING)
    g_test_skip_printf ("%s is not installed", library->name);
  else
    g_assert_cmpint (status, ==, 0);
}
