/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "owner.h"

/* A process is forked while a thread of GIO's is at work on a client's TLS handshake, with
 * a server that never answers: the new process has no such thread. */

/* In seconds; ends a process that waits for ever. */
#define CHILD_PATIENCE 120

typedef struct {
  Owner *owner;
  EngineConnection *connection;
  RawPeer *server;
} Stalled;

static void
set_up (Stalled *stalled, gconstpointer data)
{
  guint16 port;
  int listener = raw_listen (&port);
  const EngineDestination destination = { .address = "127.0.0.1", .port = port, .secure = TRUE };
  g_autoptr (GError) error = NULL;
  guint8 hello;

  stalled->owner = owner_new_deaf ();
  stalled->connection = engine_connector_dial (stalled->owner->context, &destination, &error);
  g_assert_no_error (error);
  stalled->server = raw_accept (listener, owner_turn, stalled->owner);
  close (listener);
  raw_peer_read (stalled->server, 1, &hello);
  g_assert_cmpint (stalled->connection->state, ==, ENGINE_STATE_TLS_HANDSHAKE);
}

static void
tear_down (Stalled *stalled, gconstpointer data)
{
  owner_free (stalled->owner);
  raw_peer_free (stalled->server);
}

static void
expect_success_of (Stalled *stalled, void (*func) (Stalled *stalled))
{
  pid_t child = fork ();
  int status = 0;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      alarm (CHILD_PATIENCE);
      func (stalled);
      /* At an exit valgrind would take for lost what only threads of GIO's had, which aren't here. */
      execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static void
go_on (Stalled *stalled)
{
  g_assert_true (engine_context_adopt (stalled->owner->context));
  owner_wait (stalled->owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (stalled->owner->counts[OWNER_FAILED], ==, 1);
  g_assert_error (stalled->owner->error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM);
  owner_free (stalled->owner);
}

/* The new process goes on with the context, and learns that the connection does not. */
static void
test_adopted (Stalled *stalled, gconstpointer data)
{
  expect_success_of (stalled, go_on);
}

static void
drop_copy (Stalled *stalled)
{
  owner_free (stalled->owner);
}

/* The new process frees its copy, and this one's handshake goes on undisturbed. */
static void
test_copy_destroyed (Stalled *stalled, gconstpointer data)
{
  struct pollfd woken = { .fd = g_cancellable_get_fd (stalled->connection->dial->cancellable), .events = POLLIN };

  expect_success_of (stalled, drop_copy);
  g_assert_cmpint (poll (&woken, 1, 0), ==, 0);
  g_cancellable_release_fd (stalled->connection->dial->cancellable);
  owner_turn (stalled->owner);
  g_assert_cmpint (stalled->connection->state, ==, ENGINE_STATE_TLS_HANDSHAKE);
  raw_peer_shutdown (stalled->server);
  owner_wait (stalled->owner, OWNER_FAILED, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/engine/tls-fork/adopted", Stalled, NULL, set_up, test_adopted, tear_down);
  g_test_add ("/engine/tls-fork/copy-destroyed", Stalled, NULL, set_up, test_copy_destroyed, tear_down);

  return g_test_run ();
}
