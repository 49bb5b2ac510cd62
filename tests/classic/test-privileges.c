/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The gid and uid of libwebsocket_create_context(). What is given up can't be had
 * back, so that all of this happens in children. */

/* "nobody" on most systems; it need not have a name. */
#define OTHER_ID 65534

static int
callback_nothing (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                  size_t len)
{
  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "nothing", .callback = callback_nothing },
  { .callback = NULL },
};

static gboolean
skip_unless_root (void)
{
  if (geteuid () == 0)
    return FALSE;

  g_test_skip ("only root can change to another user");

  return TRUE;
}

/* As a login gives them. */
static void
join_groups (void)
{
  static const gid_t groups[] = { 0, 1, 2 };

  g_assert_cmpint (setgroups (G_N_ELEMENTS (groups), groups), ==, 0);
}

static struct libwebsocket_context *
create (int gid, int uid)
{
  struct libwebsocket_context *context = NULL;

  for (guint i = 0; i < 20 && context == NULL; i++)
    context = libwebsocket_create_context (stage_free_port (), protocols, NULL, NULL, gid, uid);

  return context;
}

static void
assert_files_belong_to (const char *folder, uid_t uid, gid_t gid)
{
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  struct stat status;
  int fd = open (path, O_CREAT | O_EXCL | O_WRONLY, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpuint (status.st_uid, ==, uid);
  g_assert_cmpuint (status.st_gid, ==, gid);
  close (fd);
}

static int
drop_both (gpointer data)
{
  struct libwebsocket_context *context;
  uid_t user[3];
  gid_t group[3];

  join_groups ();
  context = create (OTHER_ID, OTHER_ID);
  g_assert_nonnull (context);

  g_assert_cmpint (getresuid (&user[0], &user[1], &user[2]), ==, 0);
  g_assert_cmpint (getresgid (&group[0], &group[1], &group[2]), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (user[i], ==, OTHER_ID);
      g_assert_cmpuint (group[i], ==, OTHER_ID);
    }
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  g_assert_cmpint (setuid (0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (setgid (0), ==, -1);
  assert_files_belong_to (data, OTHER_ID, OTHER_ID);
  libwebsocket_context_destroy (context);

  return 0;
}

static int
drop_user_only (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  context = create (-1, OTHER_ID);
  g_assert_nonnull (context);
  g_assert_cmpuint (geteuid (), ==, OTHER_ID);
  g_assert_cmpuint (getegid (), ==, 0);
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  g_assert_cmpint (setuid (0), ==, -1);
  libwebsocket_context_destroy (context);

  return 0;
}

static int
drop_group_only (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  context = create (OTHER_ID, -1);
  g_assert_nonnull (context);
  g_assert_cmpuint (geteuid (), ==, 0);
  g_assert_cmpuint (getegid (), ==, OTHER_ID);
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  libwebsocket_context_destroy (context);

  return 0;
}

static int
drop_nothing (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  context = create (-1, -1);
  g_assert_nonnull (context);
  g_assert_cmpuint (geteuid (), ==, 0);
  g_assert_cmpint (getgroups (0, NULL), ==, 3);
  libwebsocket_context_destroy (context);

  return 0;
}

/* The port was bound before. */
static int
serve_after_drop (gpointer data)
{
  guint16 port = stage_free_port ();
  struct libwebsocket_context *context = libwebsocket_create_context (port, protocols, NULL, NULL, OTHER_ID,
                                                                      OTHER_ID);
  RawPeer *peer;

  g_assert_nonnull (context);
  peer = raw_peer_open (context, port, "nothing");
  raw_peer_say_goodbye (peer);
  raw_peer_free (peer);
  libwebsocket_context_destroy (context);

  return 0;
}

static int
be_refused (gpointer data)
{
  g_assert_cmpint (setgroups (0, NULL), ==, 0);
  g_assert_cmpint (setgid (OTHER_ID), ==, 0);
  g_assert_cmpint (setuid (OTHER_ID), ==, 0);

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE,
                         "libwebsocket_create_context: *privileges*setuid*65533*");
  g_assert_null (libwebsocket_create_context (0, protocols, NULL, NULL, -1, OTHER_ID - 1));
  g_test_assert_expected_messages ();
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE,
                         "libwebsocket_create_context: *privileges*setgid*65533*");
  g_assert_null (libwebsocket_create_context (0, protocols, NULL, NULL, OTHER_ID - 1, -1));
  g_test_assert_expected_messages ();
  g_assert_null (protocols[0].owning_server);

  return 0;
}

/* --- capabilities without root */

/* As a service manager starts a program: another user, with a few capabilities. */
static void
become_other_with (guint32 capabilities)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
    { .effective = capabilities, .permitted = capabilities },
  };

  g_assert_cmpint (prctl (PR_SET_KEEPCAPS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (setresgid (OTHER_ID, OTHER_ID, OTHER_ID), ==, 0);
  g_assert_cmpint (setresuid (OTHER_ID, OTHER_ID, OTHER_ID), ==, 0);
  g_assert_cmpint (syscall (SYS_capset, &header, data), ==, 0);
}

static void
assert_users (uid_t uid)
{
  uid_t user[3];

  g_assert_cmpint (getresuid (&user[0], &user[1], &user[2]), ==, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (user[i], ==, uid);
}

static int
drop_group_with_capability (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  become_other_with (1u << CAP_SETGID);
  context = create (OTHER_ID - 1, -1);
  g_assert_nonnull (context);
  g_assert_cmpuint (getegid (), ==, OTHER_ID - 1);
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  assert_users (OTHER_ID);
  g_assert_cmpint (setgid (0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  libwebsocket_context_destroy (context);

  return 0;
}

/* The ids stay, the groups go. */
static int
drop_only_groups_with_capability (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  become_other_with (1u << CAP_SETGID);
  context = create (OTHER_ID, OTHER_ID);
  g_assert_nonnull (context);
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  libwebsocket_context_destroy (context);

  return 0;
}

/* Whether root could be had back is not found out by having it. */
static int
drop_user_with_capabilities (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  become_other_with (1u << CAP_SETGID | 1u << CAP_SETUID);
  context = create (-1, OTHER_ID - 1);
  g_assert_nonnull (context);
  assert_users (OTHER_ID - 1);
  g_assert_cmpint (getgroups (0, NULL), ==, 0);
  g_assert_cmpint (setuid (0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (setgid (0), ==, -1);
  libwebsocket_context_destroy (context);

  return 0;
}

/* The groups of the start can't be dropped: there is no context, and the process is no one else. */
static int
keep_groups_without_capability (gpointer data)
{
  join_groups ();
  become_other_with (1u << CAP_SETUID);
  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "libwebsocket_create_context: *privileges*setgroups*");
  g_assert_null (libwebsocket_create_context (0, protocols, NULL, NULL, -1, OTHER_ID - 1));
  g_test_assert_expected_messages ();
  assert_users (OTHER_ID);

  return 0;
}

/* Who asks for what he is needs no privileges. */
static int
change_nothing (gpointer data)
{
  struct libwebsocket_context *context;

  join_groups ();
  become_other_with (0);
  context = create (OTHER_ID, OTHER_ID);
  g_assert_nonnull (context);
  g_assert_cmpint (getgroups (0, NULL), ==, 3);
  libwebsocket_context_destroy (context);

  return 0;
}

static void
in_child (gconstpointer data)
{
  g_autofree char *folder = NULL;
  g_autofree char *file = NULL;

  if (skip_unless_root ())
    return;

  folder = g_dir_make_tmp ("lws-glib-user-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
  stage_expect_exit (stage_fork ((StageChildFunc) data, folder), NULL);

  file = g_build_filename (folder, "file", NULL);
  g_unlink (file);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* capset() changes one thread only, and the C library ends a program whose threads can't change their ids
 * together: ThreadSanitizer has a thread of its own. */
#ifdef __SANITIZE_THREAD__
#define ONE_THREAD FALSE
#else
#define ONE_THREAD TRUE
#endif

static void
skip_capabilities (void)
{
  g_test_skip ("capabilities belong to one thread, and the sanitizer has another");
}

static void
add_capability_tests (void)
{
  g_test_add_data_func ("/classic/privileges/capability/group", drop_group_with_capability, in_child);
  g_test_add_data_func ("/classic/privileges/capability/groups", drop_only_groups_with_capability, in_child);
  g_test_add_data_func ("/classic/privileges/capability/user", drop_user_with_capabilities, in_child);
  g_test_add_data_func ("/classic/privileges/capability/none-for-groups", keep_groups_without_capability, in_child);
  g_test_add_data_func ("/classic/privileges/capability/nothing-to-change", change_nothing, in_child);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/classic/privileges/both", drop_both, in_child);
  g_test_add_data_func ("/classic/privileges/user-only", drop_user_only, in_child);
  g_test_add_data_func ("/classic/privileges/group-only", drop_group_only, in_child);
  g_test_add_data_func ("/classic/privileges/nothing", drop_nothing, in_child);
  g_test_add_data_func ("/classic/privileges/served", serve_after_drop, in_child);
  g_test_add_data_func ("/classic/privileges/not-root", be_refused, in_child);
  if (ONE_THREAD)
    add_capability_tests ();
  else
    g_test_add_func ("/classic/privileges/capability", skip_capabilities);

  return g_test_run ();
}
