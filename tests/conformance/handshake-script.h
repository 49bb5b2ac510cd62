/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "scene.h"

/* Plays a handshake. The peer's head is a good one, of a client or of a server, with
 * these changes, in this order:
 *
 *   line TEXT               the first line
 *   without NAME            no field of this name
 *   with FIELD              one more field; %s is the right Accept
 *   after LINES             an answer that comes before; \r\n stands between its lines
 *
 * Our client asks for these subprotocols:
 *   asks NAMES
 *
 * What comes of it:
 *   opens                   the connection opens, and is a good one
 *   opens-with FIELD        ... and the answer of our server has this field
 *   opens-without NAME      ... and none of this name
 *   refused STATUS          our server answers with this status and closes
 *   refused-with STATUS FIELD
 *   plain                   our server takes it for a request without WebSockets
 *   fails                   our client closes the TCP connection and tells of an error */

void handshake_script_register (Script *script);
