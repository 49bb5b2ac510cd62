/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <unistd.h>

static gboolean
privileges_failed (GError **error, const char *call, int id)
{
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("The privileges could not be dropped: %s (%d): %s"), call,
               id, g_strerror (errno));
  return FALSE;
}

/* All three of a kind, or the old one could be had back. */
static gboolean
privileges_are_dropped (int gid, int uid)
{
  uid_t users[3];
  gid_t groups[3];

  if (getresuid (&users[0], &users[1], &users[2]) != 0 || getresgid (&groups[0], &groups[1], &groups[2]) != 0)
    return FALSE;

  for (guint i = 0; i < 3; i++)
    if ((uid != -1 && users[i] != (uid_t) uid) || (gid != -1 && groups[i] != (gid_t) gid))
      return FALSE;

  return uid == -1 || uid == 0 || (setuid (0) != 0 && errno == EPERM);
}

gboolean
classic_drop_privileges (int gid, int uid, GError **error)
{
  if (gid == -1 && uid == -1)
    return TRUE;

  /* Only root has supplementary groups to give; for anyone else the calls below are
   * allowed if they change nothing. */
  if (geteuid () == 0 && setgroups (0, NULL) != 0)
    return privileges_failed (error, "setgroups", 0);
  if (gid != -1 && setgid ((gid_t) gid) != 0)
    return privileges_failed (error, "setgid", gid);
  if (uid != -1 && setuid ((uid_t) uid) != 0)
    return privileges_failed (error, "setuid", uid);

  if (!privileges_are_dropped (gid, uid))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("The privileges were not dropped to gid %d, uid %d"),
                   gid, uid);
      return FALSE;
    }

  return TRUE;
}
