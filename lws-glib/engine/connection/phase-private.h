/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* What a connection is at, and what that makes of whatever happens to it: one constant table for each. A
 * connection always has one, which its state chooses. */
struct _EnginePhase {
  /* Something may have come. FALSE if nothing is to be read now. NULL: it is to be read. */
  gboolean (*before_read) (EngineIteration *iteration, EngineConnection *connection);

  /* Where to receive. NULL: in the buffer, as much as a head has at most. */
  guint8 *(*place) (EngineIteration *iteration, EngineConnection *connection, gsize *length);

  /* Works on what came; returns how much of it was used, 0 to wait for more. NULL: it is dropped. */
  gsize (*input) (EngineIteration *iteration, EngineConnection *connection, guint8 *data, gsize length);

  /* The transport failed with a negative errno. NULL: the connection is lost, and nothing more to be said. */
  void (*lost) (EngineConnection *connection, int failure);

  /* The peer's FIN came, and everything before it was used up. NULL where nothing is read. */
  void (*end_of_input) (EngineConnection *connection);

  /* The kernel may take output again, before it is offered any; @took: the peer has taken some. NULL: nothing is
   * to be done. */
  void (*writable) (EngineConnection *connection, gboolean took);

  /* All output has left. NULL: nothing follows. */
  void (*drained) (EngineConnection *connection);

  /* Its time is over, and that is not our own fault. NULL where there is no deadline. */
  void (*deadline) (EngineConnection *connection);

  /* Our side wants to end it with a code of RFC 6455 section 7.4. NULL where it is ending already. */
  void (*close) (EngineConnection *connection, guint16 code, const char *reason, gsize reason_length);
};

/* The phases of the end (end.c). */
extern const EnginePhase engine_phase_draining;
extern const EnginePhase engine_phase_lingering;
extern const EnginePhase engine_phase_closed;
