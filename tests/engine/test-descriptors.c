/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/descriptors-private.h"
#include "engine/base/error-private.h"
#include "engine/http/http-response-private.h"
#include "owner.h"

/* What peers leave of the descriptors of the process. */

static void
set_descriptors (rlim_t count)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = count;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
test_descriptors (void)
{
  static const struct {
    rlim_t all;
    guint peers;
  } cases[] = { { 1024, 896 }, { 4096, 3840 }, { 256, 224 }, { 64, 48 }, { 10, 0 } };
  struct rlimit before;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      if (before.rlim_max < cases[i].all)
        continue;
      set_descriptors (cases[i].all);
      g_assert_cmpuint (engine_descriptors_for_peers (), ==, cases[i].peers);
      g_assert_true (cases[i].peers == 0 || engine_descriptors_may_give ((int) cases[i].peers - 1));
      g_assert_false (engine_descriptors_may_give ((int) cases[i].peers));
    }
  set_descriptors (before.rlim_cur);
}

/* Peers take what they are left; the program can still open what it needs. */
static void
test_reserve (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  const char *preloaded = g_getenv ("LD_PRELOAD");
  struct rlimit before;
  int own[8];
  int first_free;

  if (preloaded != NULL && strstr (preloaded, "vgpreload") != NULL)
    {
      g_test_skip ("valgrind has descriptors of its own among ours");
      return;
    }

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_ptr_array_add (peers, owner_connect_open (owner));
  first_free = dup (0);
  close (first_free);
  /* Two for each peer, since its other end is ours, too; and the reserve. */
  set_descriptors ((rlim_t) first_free + 6 + 16);
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_INFO, "A client was turned away: *");
  for (guint i = 0; i < 4; i++)
    {
      g_ptr_array_add (peers, owner_connect (owner));
      owner_settle (owner);
    }
  g_assert_cmpuint (owner_n_connections (owner), ==, 4);
  raw_peer_expect_end (peers->pdata[4]);
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    {
      own[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
      g_assert_cmpint (own[i], >=, 0);
    }
  g_test_assert_expected_messages ();

  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    close (own[i]);
  set_descriptors (before.rlim_cur);
}

static void
answer_with_file (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  g_autoptr (GError) error = NULL;

  if (event != OWNER_REQUEST)
    return;

  g_assert_false (engine_http_response_file (connection, "/proc/self/exe", "text/plain", NULL, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM);
}

/* Files are sent as long as there are descriptors for peers. */
static void
test_files (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  struct rlimit before;
  int first_free = -1;

  owner->hook = answer_with_file;
  owner_settle (owner);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  first_free = dup (0);
  close (first_free);
  set_descriptors ((rlim_t) first_free + 16);
  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  raw_peer_expect_refusal (peer, 503);
  set_descriptors (before.rlim_cur);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/descriptors/numbers", test_descriptors);
  g_test_add_func ("/engine/descriptors/reserve", test_reserve);
  g_test_add_func ("/engine/descriptors/files", test_files);

  return g_test_run ();
}
