/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/descriptors-private.h"

#include <sys/resource.h>

/* The reserve is this part of all, within these bounds: a program that is served by few descriptors
 * opens few files itself, and one with a hundred thousand connections not many more than any other. */
#define DESCRIPTORS_RESERVE_PART 8
#define DESCRIPTORS_RESERVE_MIN 16
#define DESCRIPTORS_RESERVE_MAX 256

guint
engine_descriptors_for_peers (void)
{
  struct rlimit limit;
  rlim_t reserve;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= G_MAXINT)
    return G_MAXUINT;

  reserve = CLAMP (limit.rlim_cur / DESCRIPTORS_RESERVE_PART, DESCRIPTORS_RESERVE_MIN, DESCRIPTORS_RESERVE_MAX);

  return (guint) (limit.rlim_cur - MIN (reserve, limit.rlim_cur));
}

gboolean
engine_descriptors_may_give (int fd)
{
  return (guint) fd < engine_descriptors_for_peers ();
}
