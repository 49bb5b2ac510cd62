/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/server/open-beneath-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A FIFO must not make us wait, nor a terminal become ours. */
#define OPEN_BENEATH_READ (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* As many links as the kernel follows, too (path_resolution(7)). */
#define OPEN_BENEATH_LINKS_MAX 40

/* Each level that is walked down needs a descriptor meanwhile. */
#define OPEN_BENEATH_DEPTH_MAX 64

/* --- step by step */

typedef struct {
  int levels[OPEN_BENEATH_DEPTH_MAX]; /* the directory that nothing leads out of, and those on the way */
  guint depth;
  char *rest;                   /* of the path; what a link says is put in front of it */
  guint links_left;
} Walk;

static int
walk_fail (int failure)
{
  errno = failure;

  return -1;
}

static int
walk_top (const Walk *walk)
{
  return walk->levels[walk->depth - 1];
}

static void
walk_leave (Walk *walk)
{
  walk->depth--;
  close (walk->levels[walk->depth]);
}

/* Takes the next name off the path. NULL at its end. */
static char *
walk_next (Walk *walk)
{
  g_autofree char *path = walk->rest;
  gsize start = strspn (path, "/");
  gsize length = strcspn (path + start, "/");

  walk->rest = g_strdup (path + start + length);

  return length > 0 ? g_strndup (path + start, length) : NULL;
}

/* Goes where a symbolic link leads. -1 if it may not, or there is none. */
static int
walk_link (Walk *walk, const char *name)
{
  char target[PATH_MAX];
  ssize_t length = readlinkat (walk_top (walk), name, target, sizeof target - 1);
  g_autofree char *rest = walk->rest;

  walk->rest = NULL;
  if (length < 0)
    return walk_fail (errno == EINVAL ? ENOTDIR : errno);
  target[length] = '\0';
  if (walk->links_left == 0)
    return walk_fail (ELOOP);
  if (target[0] == '/')
    return walk_fail (EXDEV);

  walk->links_left--;
  walk->rest = g_strconcat (target, rest, NULL);

  return 0;
}

static int
walk_up (Walk *walk)
{
  if (walk->depth == 1)
    return walk_fail (EXDEV);
  walk_leave (walk);

  return 0;
}

/* 0 if the walk goes on. Otherwise *fd is what was looked for, or -1 with errno. */
static int
walk_step (Walk *walk, const char *name, int *fd)
{
  gboolean last = walk->rest[0] == '\0';
  int flags = last ? OPEN_BENEATH_READ : O_PATH | O_DIRECTORY | O_CLOEXEC;

  if (strcmp (name, ".") == 0)
    return 0;
  if (strcmp (name, "..") == 0)
    return *fd = walk_up (walk);

  *fd = openat (walk_top (walk), name, flags | O_NOFOLLOW);
  /* These two are what O_NOFOLLOW makes of a link. */
  if (*fd < 0 && (errno == ELOOP || errno == ENOTDIR))
    return *fd = walk_link (walk, name);
  if (*fd < 0 || last)
    return 1;

  if (walk->depth == OPEN_BENEATH_DEPTH_MAX)
    {
      close (*fd);
      *fd = walk_fail (ENAMETOOLONG);
      return 1;
    }
  walk->levels[walk->depth++] = *fd;

  return 0;
}

int
engine_open_beneath_walk (int directory, const char *path, EngineLinks links)
{
  Walk walk = { .levels = { directory }, .depth = 1, .rest = g_strdup (path) };
  int fd = -1;
  int found = 0;
  int failure;

  walk.links_left = links == ENGINE_LINKS_REFUSE ? 0 : OPEN_BENEATH_LINKS_MAX;
  if (path[0] == '/')
    found = fd = walk_fail (EXDEV);
  while (found == 0)
    {
      g_autofree char *name = walk_next (&walk);

      if (name != NULL)
        found = walk_step (&walk, name, &fd);
      else
        {
          fd = openat (walk_top (&walk), ".", OPEN_BENEATH_READ | O_DIRECTORY);
          found = 1;
        }
    }

  failure = errno;
  while (walk.depth > 1)
    walk_leave (&walk);
  g_free (walk.rest);
  errno = failure;

  return fd;
}

/* --- in one call */

int
engine_open_beneath (int directory, const char *path, EngineLinks links)
{
  struct open_how how = {
    .flags = OPEN_BENEATH_READ,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (links == ENGINE_LINKS_REFUSE ? RESOLVE_NO_SYMLINKS : 0),
  };
  long fd = syscall (SYS_openat2, directory, *path != '\0' ? path : ".", &how, sizeof how);

  /* Linux before 5.6, a sandbox that knows no such call, or a rename that the kernel could
   * not tell from an escape. */
  if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
    return engine_open_beneath_walk (directory, path, links);

  return (int) fd;
}
