/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Closes descriptors that others have handed in, in a thread of its own: the last close of a socket with SO_LINGER
 * waits until its peer has taken everything, that of a file for its file system, which may be another
 * program. The thread is there while there is something to close. */

typedef struct _EngineCloser EngineCloser;

EngineCloser *engine_closer_new (void);

/* Whoever has it needs it no more; what is left is closed. In a forked process the thread does not exist. */
void engine_closer_free (EngineCloser *closer);
void engine_closer_abandon (EngineCloser *closer);

/* Do so few wait that more may come? */
gboolean engine_closer_has_room (EngineCloser *closer);

void engine_closer_take (EngineCloser *closer, int fd);
