/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Files below a directory, found so that no path leads out of it: neither "..", nor a
 * symbolic link, nor somebody who renames directories meanwhile. */

typedef enum {
  ENGINE_LINKS_REFUSE,          /* no symbolic link on the way, nor at the end */
  ENGINE_LINKS_BENEATH,         /* relative ones that stay below the directory */
} EngineLinks;

/* Opens a file or directory for reading, without waiting for a FIFO or a device. -1 with
 * errno, which is EXDEV if the path leads out, and ELOOP if there is a link that is not
 * to be followed. */
int engine_open_beneath (int directory, const char *path, EngineLinks links);

/* The same without the kernel's help, for one that has no openat2(). */
int engine_open_beneath_walk (int directory, const char *path, EngineLinks links);
