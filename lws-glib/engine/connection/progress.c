/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/progress-private.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How much of all that was ever sent the peer has acknowledged. Only TCP counts that. */
static gboolean
progress_acknowledged (EngineConnection *connection, guint64 *bytes)
{
  struct tcp_info info;
  socklen_t length = sizeof info;

  if (getsockopt (connection->watch.fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
      length < G_STRUCT_OFFSET (struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
    return FALSE;

  *bytes = info.tcpi_bytes_acked;

  return TRUE;
}

gsize
engine_progress_left (EngineConnection *connection)
{
  int queued = 0;

  if (connection->watch.fd < 0 || ioctl (connection->watch.fd, SIOCOUTQ, &queued) != 0)
    queued = 0;

  return connection->output.bytes + connection->transport->waiting (connection) + (gsize) queued;
}

void
engine_progress_begin (EngineConnection *connection)
{
  gsize left = engine_progress_left (connection);

  connection->takes = left > 0;
  if (connection->takes && !progress_acknowledged (connection, &connection->taken))
    connection->taken = G_MAXUINT64 - left;
}

gboolean
engine_progress_was_made (EngineConnection *connection)
{
  guint64 before = connection->taken;
  gboolean took = connection->takes;

  engine_progress_begin (connection);
  /* Who has taken the last of it in the meantime has done so, too. */
  return took && (!connection->takes || connection->taken > before);
}
