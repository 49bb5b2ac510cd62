/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "scene.h"

/* Plays what a script says on a connection that is open, unless the first step opens it. BYTES are
 * written as vectors.h tells, XX is the first byte of a frame: FIN, the reserved bits and the opcode.
 *
 * The peer:
 *   frame XX BYTES          sends a frame as its role has to
 *   wrong-mask XX BYTES     sends one as the other role has to
 *   header XX BITS LENGTH   sends a header with the length, in hexadecimal, in a field
 *                           of 7, 16 or 64 bits
 *   payload BYTES           sends payload that belongs to that header
 *   raw BYTES               sends these bytes as they are
 *   expect XX BYTES         reads this frame, and none before it
 *   close CODE              reads a Close with this code, with none at all if it is 1005
 *
 * Our end:
 *   got text BYTES          is told of a message (got binary BYTES as well)
 *   got-pong BYTES          is told of a Pong
 *   say XX BYTES            sends
 *   refuse XX BYTES         can't send
 *   leave CODE REASON       closes
 *
 * Both:
 *   opens PARAMETERS        open the connection with permessage-deflate; scene_open_deflate()
 *                           tells of the parameters
 *   end CODE                the connection ends, our end is told CODE
 *   fails CODE              close CODE, and then end CODE
 *   lost shutdown           the peer ends the TCP connection with a FIN or, lost reset,
 *                           with a RST: our end is told 1006
 *
 * Where the connection has not ended it shall still be a good one: both part in peace.
 * Nothing comes that was not asked for. */

void frame_script_play (Scene *scene, gconstpointer script);

/* Registers it for each API and role; once more in single bytes unless it is long. */
void frame_script_register (Script *script);
