/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "play.h"
#include "target.h"

/* Whole connections of a server, from the first byte to the last. */

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  play_run (WIRE_ROLE_SERVER, data, size);

  return 0;
}
