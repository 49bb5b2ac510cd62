/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lwsg-request-private.h"

/* Answers with an open file, and closes the descriptor; with 403 and FALSE if it is none
 * that has contents. FALSE, too, if nobody waits for an answer. */
gboolean lwsg_request_respond_descriptor (LwsgRequest *self, int fd, const char *content_type);
