/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/server/open-beneath-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Both ways to open a file below a directory: they have to agree. */

typedef int (*Opener) (int directory, const char *path, EngineLinks links);

typedef struct {
  char *top;
  int root;                     /* top/root */
} Tree;

typedef void (*TreeFunc) (Tree *tree, gconstpointer opener);

static void
tree_write (Tree *tree, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (tree->top, name, NULL);
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
tree_link (Tree *tree, const char *name, const char *to)
{
  g_autofree char *path = g_build_filename (tree->top, name, NULL);

  g_assert_cmpint (symlink (to, path), ==, 0);
}

static void
tree_set_up (Tree *tree, gconstpointer opener)
{
  g_autofree char *inside = NULL;
  g_autofree char *root = NULL;

  tree->top = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_assert_nonnull (tree->top);
  root = g_build_filename (tree->top, "root", NULL);
  inside = g_build_filename (root, "file", NULL);
  tree_write (tree, "secret", "secret");
  tree_write (tree, "root/file", "file");
  tree_write (tree, "root/a/b/deep", "deep");
  tree_write (tree, "root/..dots", "dots");
  tree_link (tree, "root/to-file", "file");
  tree_link (tree, "root/to-a", "a");
  tree_link (tree, "root/a/b/up", "../../file");
  tree_link (tree, "root/chain", "to-a/b/up");
  tree_link (tree, "root/out", "../secret");
  tree_link (tree, "root/a/out", "b/../../../secret");
  tree_link (tree, "root/outside", "..");
  tree_link (tree, "root/absolute", "/etc/passwd");
  tree_link (tree, "root/absolute-inside", inside);
  tree_link (tree, "root/proc", "/proc/self/root");
  tree_link (tree, "root/loop", "loop");
  tree_link (tree, "root/ping", "pong");
  tree_link (tree, "root/pong", "ping");
  tree_link (tree, "root/dangling", "nothing");
  tree->root = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (tree->root, >=, 0);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) directory = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tree_tear_down (Tree *tree, gconstpointer opener)
{
  close (tree->root);
  remove_all (tree->top);
  g_free (tree->top);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (g_dir_read_name (directory) != NULL)
    count++;

  return count;
}

static void
expect_file (Tree *tree, Opener opener, const char *path, EngineLinks links, const char *content)
{
  char got[16];
  int fd = opener (tree->root, path, links);
  ssize_t length;

  if (fd < 0)
    g_error ("%s: %s", path, g_strerror (errno));
  length = read (fd, got, sizeof got);
  g_assert_cmpmem (got, (gsize) MAX (length, 0), content, strlen (content));
  close (fd);
}

static void
expect_failure (Tree *tree, Opener opener, const char *path, EngineLinks links, int failure)
{
  int fd = opener (tree->root, path, links);
  int got = errno;

  if (fd >= 0 || got != failure)
    g_error ("%s: expected %s, got %s", path, g_strerror (failure), fd >= 0 ? "a file" : g_strerror (got));
}

static void
test_inside (Tree *tree, gconstpointer data)
{
  Opener opener = (Opener) data;
  static const EngineLinks both[] = { ENGINE_LINKS_REFUSE, ENGINE_LINKS_BENEATH };

  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    {
      expect_file (tree, opener, "file", both[i], "file");
      expect_file (tree, opener, "a/b/deep", both[i], "deep");
      expect_file (tree, opener, "a//b/./deep", both[i], "deep");
      expect_file (tree, opener, "a/b/../../file", both[i], "file");
      expect_file (tree, opener, "..dots", both[i], "dots");
      expect_failure (tree, opener, "missing", both[i], ENOENT);
      expect_failure (tree, opener, "missing/file", both[i], ENOENT);
      expect_failure (tree, opener, "file/", both[i], ENOTDIR);
      expect_failure (tree, opener, "file/more", both[i], ENOTDIR);
    }
}

static void
test_directories (Tree *tree, gconstpointer data)
{
  Opener opener = (Opener) data;
  static const char *const paths[] = { "", ".", "a", "a/", "a/b", "a/..", "a/b/..", "./a/." };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      int fd = opener (tree->root, paths[i], ENGINE_LINKS_REFUSE);
      struct stat status;

      g_assert_cmpint (fd, >=, 0);
      g_assert_cmpint (fstat (fd, &status), ==, 0);
      g_assert_true (S_ISDIR (status.st_mode));
      close (fd);
    }
}

static void
test_links (Tree *tree, gconstpointer data)
{
  Opener opener = (Opener) data;
  static const char *const inside[] = { "to-file", "to-a/../file", "a/b/up", "chain", "to-a/b/up" };
  static const char *const refused[] = { "to-file", "to-a/b/deep", "a/b/up", "chain", "out", "absolute", "loop" };

  for (guint i = 0; i < G_N_ELEMENTS (inside); i++)
    expect_file (tree, opener, inside[i], ENGINE_LINKS_BENEATH, "file");
  expect_file (tree, opener, "to-a/b/deep", ENGINE_LINKS_BENEATH, "deep");
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    expect_failure (tree, opener, refused[i], ENGINE_LINKS_REFUSE, ELOOP);
  expect_failure (tree, opener, "loop", ENGINE_LINKS_BENEATH, ELOOP);
  expect_failure (tree, opener, "ping", ENGINE_LINKS_BENEATH, ELOOP);
  expect_failure (tree, opener, "dangling", ENGINE_LINKS_BENEATH, ENOENT);
}

static void
test_outside (Tree *tree, gconstpointer data)
{
  Opener opener = (Opener) data;
  static const char *const paths[] = {
    "..", "../secret", "../root/file", "a/../../secret", "a/b/../../../secret", "/etc/passwd", "/",
  };
  static const char *const links[] = {
    "out", "a/out", "outside", "outside/secret", "outside/root/file", "absolute", "absolute-inside",
    "proc/etc/passwd",
  };
  guint before = count_descriptors ();

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      expect_failure (tree, opener, paths[i], ENGINE_LINKS_REFUSE, EXDEV);
      expect_failure (tree, opener, paths[i], ENGINE_LINKS_BENEATH, EXDEV);
    }
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    expect_failure (tree, opener, links[i], ENGINE_LINKS_BENEATH, EXDEV);
  g_assert_cmpuint (count_descriptors (), ==, before);
}

/* What would make a reader wait does not. */
static void
test_special (Tree *tree, gconstpointer data)
{
  Opener opener = (Opener) data;
  g_autofree char *fifo = g_build_filename (tree->top, "root", "fifo", NULL);
  g_autofree char *path = g_build_filename (tree->top, "root", "socket", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int listening = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct stat status;
  int fd;

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  fd = opener (tree->root, "fifo", ENGINE_LINKS_REFUSE);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_true (S_ISFIFO (status.st_mode));
  close (fd);

  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path), <, sizeof address.sun_path);
  g_assert_cmpint (bind (listening, (struct sockaddr *) &address, sizeof address), ==, 0);
  expect_failure (tree, opener, "socket", ENGINE_LINKS_REFUSE, ENXIO);
  close (listening);
}

/* Valgrind knows no such call, and neither does an old kernel: then both ways are one. */
static gboolean
kernel_helps (Tree *tree)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
  long fd = syscall (SYS_openat2, tree->root, "file", &how, sizeof how);

  if (fd >= 0)
    close ((int) fd);

  return fd >= 0;
}

/* Deeper than descriptors are spent on, and longer than any path may be. */
static void
test_too_deep (Tree *tree, gconstpointer data)
{
  g_autoptr (GString) path = g_string_new (NULL);
  guint before = count_descriptors ();

  for (guint i = 0; i < 100; i++)
    g_string_append (path, "d/");
  g_string_append (path, "file");
  g_string_prepend (path, "root/");
  tree_write (tree, path->str, "far");
  if (kernel_helps (tree))
    expect_file (tree, engine_open_beneath, path->str + strlen ("root/"), ENGINE_LINKS_REFUSE, "far");
  expect_failure (tree, engine_open_beneath_walk, path->str + strlen ("root/"), ENGINE_LINKS_REFUSE, ENAMETOOLONG);
  g_assert_cmpuint (count_descriptors (), ==, before);
}

static void
add_test (const char *name, TreeFunc func)
{
  g_autofree char *by_kernel = g_strdup_printf ("/engine/beneath/openat2/%s", name);
  g_autofree char *by_steps = g_strdup_printf ("/engine/beneath/walk/%s", name);

  g_test_add (by_kernel, Tree, (gconstpointer) engine_open_beneath, tree_set_up, func, tree_tear_down);
  g_test_add (by_steps, Tree, (gconstpointer) engine_open_beneath_walk, tree_set_up, func, tree_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("inside", test_inside);
  add_test ("directories", test_directories);
  add_test ("links", test_links);
  add_test ("outside", test_outside);
  add_test ("special", test_special);
  g_test_add ("/engine/beneath/too-deep", Tree, NULL, tree_set_up, test_too_deep, tree_tear_down);

  return g_test_run ();
}
