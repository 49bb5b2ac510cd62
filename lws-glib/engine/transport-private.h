/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "line-private.h"

#include <sys/types.h>
#include <sys/uio.h>

/* How the bytes of a connection reach the peer. All calls return at once; what
 * fails is a negative errno, and -EAGAIN is no failure. */

typedef struct {
  /* Bytes read, 0 at the end of the stream. */
  gssize (*read) (EngineConnection *connection, void *buffer, gsize length);

  /* Bytes taken, perhaps fewer than given. */
  gssize (*write) (EngineConnection *connection, const struct iovec *parts, int n_parts);

  /* Bytes of a file taken, from *offset on, which is moved. 0: the file has ended. */
  gssize (*send_file) (EngineConnection *connection, int file, off_t *offset, gsize length);

  /* Is there input that the descriptor will not tell of? */
  gboolean (*pending) (EngineConnection *connection);

  /* Says that nothing more will be written. */
  void (*shutdown) (EngineConnection *connection);
} EngineTransport;

extern const EngineTransport engine_transport_plain;
