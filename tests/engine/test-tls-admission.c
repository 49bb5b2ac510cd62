/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "engine/websocket/send-private.h"
#include "../classic/stage.h"
#include "../tls/tls-owner.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A thousand connections by TLS at once: the clients are another process, so that the
 * memory of this one is the server's. */

#define CROWD 1000

/* Beside the connections. */
#define OTHER_DESCRIPTORS 400

/* 14 KiB were measured; libraries change. */
#define BYTES_MAX (24 * 1024)

typedef struct {
  guint16 port;
  int hold; /* its end is the end of the clients */
} Crowd;

/* The clients' process doesn't free its copy: where it is found it is no leak. */
static Owner *owner;

static void
no_turn (gpointer data)
{
}

static int
play_clients (gpointer data)
{
  const Crowd *admission = data;
  g_autofree RawPeer **peers = g_new0 (RawPeer *, CROWD);
  char byte;

  for (guint i = 0; i < CROWD; i++)
    {
      peers[i] = raw_peer_connect (admission->port, no_turn, NULL);
      tls_peer_client (peers[i], NULL, NULL, IDENTITY_N_KINDS);
      tls_peer_secure (peers[i]);
      raw_peer_upgrade (peers[i]);
    }
  for (guint i = 0; i < CROWD; i++)
    raw_peer_expect_frame (peers[i], WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "news", 4);
  g_assert_cmpint (read (admission->hold, &byte, 1), ==, 0);
  for (guint i = 0; i < CROWD; i++)
    raw_peer_free (peers[i]);

  return 0;
}

static gboolean
has_room (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < CROWD + OTHER_DESCRIPTORS)
    return FALSE;
  limit.rlim_cur = MAX (limit.rlim_cur, CROWD + OTHER_DESCRIPTORS);

  return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

static void
loop_until (OwnerEvent event)
{
  gint64 end = stage_deadline ();

  while (owner->counts[event] < CROWD)
    {
      engine_loop_service (owner->context, 10);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
}

static void
test_crowd (void)
{
  Crowd admission;
  int fds[2];
  gsize before;
  gsize each;
  pid_t child;

  if (!has_room ())
    {
      g_test_skip ("This process may not open so many descriptors");
      return;
    }
  owner = tls_owner_new (IDENTITY_SERVER);
  g_assert_cmpint (pipe (fds), ==, 0);
  admission = (Crowd){ .port = owner->port, .hold = fds[0] };
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      close (fds[1]);
      _exit (play_clients (&admission));
    }

  owner_wait (owner, OWNER_OPENED, 1);
  before = stage_resident_memory ();
  loop_until (OWNER_OPENED);
  engine_context_hold (owner->context);
  for (EngineConnection *c = owner->protocol->first; c != NULL; c = c->next)
    engine_connection_send_data (c, WIRE_OPCODE_TEXT, TRUE, (const guint8 *) "news", 4, NULL);
  engine_context_release (owner->context);
  owner_settle (owner);
  malloc_trim (0);
  each = (stage_resident_memory () - before) / (CROWD - 1);
  g_test_message ("%" G_GSIZE_FORMAT " bytes for each of %d connections", each, CROWD);
  if (!stage_memory_is_checked ())
    g_assert_cmpuint (each, <, BYTES_MAX);

  close (fds[1]);
  loop_until (OWNER_RELEASED);
  stage_expect_exit (child, NULL);
  close (fds[0]);
  g_clear_pointer (&owner, owner_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/tls-crowd", test_crowd);

  return g_test_run ();
}
