/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "wire/text-private.h"

/* What the engine tells its owner of failures, if it is none of GIO's. The texts are translated
 * and fit to be shown. */

typedef enum {
  ENGINE_ERROR_CLOSED,          /* the connection isn't open (any more) */
  ENGINE_ERROR_FULL,            /* the output queue is at its limit */
  ENGINE_ERROR_INVALID,         /* an argument that the protocol can't carry */
  ENGINE_ERROR_LISTEN,          /* no listening socket */
  ENGINE_ERROR_CONNECT,         /* no connection to the server */
  ENGINE_ERROR_HANDSHAKE,       /* the server didn't accept the handshake */
  ENGINE_ERROR_TIMED_OUT,
  ENGINE_ERROR_BROADCAST,       /* a broadcast didn't reach the service process */
  ENGINE_ERROR_SYSTEM,          /* the system refused a descriptor, memory, a file */
} EngineError;

#define ENGINE_ERROR (engine_error_quark ())
GQuark engine_error_quark (void);

/* What the wire says is wrong, in the language of who reads it. */
char *engine_error_translate (const WireText *text);

/* An error of the system: of G_IO_ERROR where that has a code for it, so that programs can tell
 * causes apart, of ours otherwise. */
void engine_error_set_system (GError **error, EngineError code, int failure, const char *format, ...)
  G_GNUC_PRINTF (4, 5);

/* The same for an error of GIO: its domain and code stay unless they say nothing. */
GError *engine_error_new_from_gio (const GError *error, EngineError code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

/* Why reading or writing failed, by its errno: this machine (0: a file had no more), or
 * else the peer or the way to it. */
EngineError engine_error_for (int failure);
