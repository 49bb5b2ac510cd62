/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static gboolean
privileges_failed (GError **error, const char *call, int id)
{
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("The privileges could not be dropped: %s (%d): %s"), call,
               id, g_strerror (errno));
  return FALSE;
}

/* Real, effective and saved ids are as they were asked for; only looked at, nothing is tried. */
static gboolean
privileges_are (int gid, int uid)
{
  uid_t users[3];
  gid_t groups[3];

  if (getresuid (&users[0], &users[1], &users[2]) != 0 || getresgid (&groups[0], &groups[1], &groups[2]) != 0)
    return FALSE;

  for (guint i = 0; i < 3; i++)
    if ((uid != -1 && users[i] != (uid_t) uid) || (gid != -1 && groups[i] != (gid_t) gid))
      return FALSE;

  return TRUE;
}

/* Whoever may not do it, and needs no other ids, has no privileges to drop. */
static gboolean
privileges_drop_groups (gboolean changes, GError **error)
{
  if (setgroups (0, NULL) == 0 || getgroups (0, NULL) == 0 || !changes)
    return TRUE;

  return privileges_failed (error, "setgroups", 0);
}

/* The kernel takes the capabilities of root from whoever ceases to be root, and from nobody else:
 * with these two any id could be had back. */
static gboolean
privileges_drop_capabilities (GError **error)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  const guint32 ids = 1u << CAP_SETGID | 1u << CAP_SETUID;

  if (geteuid () == 0)
    return TRUE;
  if (syscall (SYS_capget, &header, data) != 0)
    return privileges_failed (error, "capget", 0);
  if ((data[0].permitted & ids) == 0)
    return TRUE;

  data[0].effective &= ~ids;
  data[0].permitted &= ~ids;
  data[0].inheritable &= ~ids;

  return syscall (SYS_capset, &header, data) == 0 || privileges_failed (error, "capset", 0);
}

gboolean
classic_drop_privileges (int gid, int uid, GError **error)
{
  if (gid == -1 && uid == -1)
    return TRUE;

  if (!privileges_drop_groups (!privileges_are (gid, uid), error))
    return FALSE;
  if (gid != -1 && setgid ((gid_t) gid) != 0)
    return privileges_failed (error, "setgid", gid);
  if (uid != -1 && setuid ((uid_t) uid) != 0)
    return privileges_failed (error, "setuid", uid);

  if (!privileges_are (gid, uid))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("The privileges were not dropped to gid %d, uid %d"),
                   gid, uid);
      return FALSE;
    }

  return privileges_drop_capabilities (error);
}
