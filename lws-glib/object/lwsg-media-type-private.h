/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The media type of a file by its name, with "; charset=utf-8" for text. Never NULL: what
 * is not known is application/octet-stream, which browsers offer to save. */
char *lwsg_media_type_of (const char *name);
