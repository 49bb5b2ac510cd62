/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-connection-private.h"

/* --- what the engine tells */
void lwsg_connection_on_piece (LwsgConnection *self, const WirePiece *piece);
guint8 *lwsg_connection_room (LwsgConnection *self, gsize *length);

/* There is no memory for what nobody has taken. */
void lwsg_connection_drop_received (LwsgConnection *self);

/* Messages that nobody wants go, now and from now on. */
void lwsg_connection_drop_unwanted (LwsgConnection *self);

/* Is more held for the program than is read ahead? */
gboolean lwsg_connection_holds_too_much (LwsgConnection *self);

/* Gives messages to whoever is there for them; at the end of the connection also those
 * that a pause kept back. */
void lwsg_connection_deliver_held (LwsgConnection *self);

void lwsg_connection_drop_held (LwsgConnection *self);
