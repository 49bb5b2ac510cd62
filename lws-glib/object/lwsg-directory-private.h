/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lws-glib.h>

/* A directory whose files are served under a path. */

typedef struct _LwsgDirectory LwsgDirectory;

/* NULL if it can't be served: not a directory of this machine or of the program's resources,
 * a bad prefix or header. */
LwsgDirectory *lwsg_directory_new (const char *prefix, GFile *directory, LwsgDirectoryFlags flags,
                                   const char *const *headers, GError **error);
void lwsg_directory_free (LwsgDirectory *self);

/* Answers a request for a file in it. FALSE if the path is not below the prefix. */
gboolean lwsg_directory_answer (LwsgDirectory *self, LwsgRequest *request);
