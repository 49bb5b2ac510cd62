/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/closer-private.h"

/* Descriptors that come with the bytes of a Unix socket (SCM_RIGHTS). Nobody here wants them. The kernel closes them
 * where their bytes are received and they are not, and where the socket is closed before that: the last close of one
 * may wait, and so neither may happen in our time. */

/* Is it a Unix socket? */
gboolean engine_passed_descriptors_may_come (int fd);

/* To be called for a connected Unix socket, before anything else here: what comes with bytes can be nothing else
 * then, and urgent bytes are bytes like others. */
void engine_passed_descriptors_prepare (int fd);

/* As recv(), or a negative errno. -EPROTO if one was passed, and what it came with is left where it is. */
gssize engine_passed_descriptors_receive (int fd, void *buffer, gsize length);

/* Closes a connected Unix socket; if one lies in what it has received, by *@closer, which is made if it is NULL.
 * The other end hears of it at once. */
void engine_passed_descriptors_close (EngineCloser **closer, int fd);

/* The same for one that listens, and on which nobody else does: whoever waits to be accepted is turned away. */
void engine_passed_descriptors_close_listener (EngineCloser **closer, int fd);
