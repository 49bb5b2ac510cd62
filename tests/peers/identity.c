/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "identity.h"

#include "child.h"

#include <glib/gstdio.h>

/* How the script is called that makes it, and the files. */
#define IDENTITY_NAME "machine"

static void
identity_make (PeerIdentity *identity, int *status)
{
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "..", "certificates.py", NULL);
  const char *argv[] = { g_getenv ("PYTHON"), script,      identity->directory, IDENTITY_NAME,
                         "localhost",         "127.0.0.1", NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, status, &error);
  g_assert_no_error (error);
}

PeerIdentity *
peer_identity_new (void)
{
  PeerIdentity *identity = g_new0 (PeerIdentity, 1);
  g_autoptr (GError) error = NULL;
  int status;

  identity->directory = g_dir_make_tmp ("lws-glib-identity-XXXXXX", &error);
  g_assert_no_error (error);
  identity->certificate = g_build_filename (identity->directory, IDENTITY_NAME ".pem", NULL);
  identity->key = g_build_filename (identity->directory, IDENTITY_NAME ".key", NULL);

  identity_make (identity, &status);
  if (g_spawn_check_wait_status (status, &error))
    return identity;

  peer_identity_free (identity);
  if (!g_error_matches (error, G_SPAWN_EXIT_ERROR, PEER_STATUS_MISSING))
    g_assert_no_error (error);
  g_test_skip ("openssl is not installed");

  return NULL;
}

void
peer_identity_free (PeerIdentity *identity)
{
  if (identity == NULL)
    return;

  g_unlink (identity->certificate);
  g_unlink (identity->key);
  g_assert_cmpint (g_rmdir (identity->directory), ==, 0);
  g_free (identity->certificate);
  g_free (identity->key);
  g_free (identity->directory);
  g_free (identity);
}
