/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "work.h"

#include "clock.h"

#include <gio/gio.h>

/* Of the time that is measured. */
#define WARM_UP 0.25

gint64
work_duration (Crowd *crowd)
{
  return (gint64) (crowd->traffic->options->seconds * NS_PER_SECOND);
}

gint64
work_warm_up (Crowd *crowd)
{
  return (gint64) (crowd->traffic->options->seconds * WARM_UP * NS_PER_SECOND);
}

/* A result counts only if all connections lived and all answers had the right length. */
gboolean
work_check (Crowd *crowd, const Sample *before, const Sample *after, GError **error)
{
  Traffic *traffic = crowd->traffic;

  if (traffic->refusal != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, traffic->refusal);
  else if (traffic->lost > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%u of the connections were lost: %s", traffic->lost,
                 traffic->loss);
  else if (traffic->wrong > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%" G_GUINT64_FORMAT " messages had a wrong length",
                 traffic->wrong);
  else if (after->messages + after->handshakes == before->messages + before->handshakes)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The server answered nothing in the time that counts");
  else
    return TRUE;

  return FALSE;
}
