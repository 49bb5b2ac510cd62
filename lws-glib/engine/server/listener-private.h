/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

typedef struct {
  EngineContext *context;
  EngineWatch watch;
  EngineTimer timer;            /* set while accepting is suspended, or was not long ago */
  gboolean is_unix;             /* of this machine; all others are secured by TLS, once there is a certificate */
  gboolean lingers;             /* closing what it accepts would wait for the peer */
  gboolean resting_for_handshakes;             /* accepting is suspended until a handshake is over */
  gboolean borrowed;            /* others listen on it, too, and go on after us */
} EngineListener;

/* Listens on all addresses of both families. */
gboolean engine_listener_open (EngineContext *context, guint16 port, GError **error);

/* Listens on one address. */
EngineListener *engine_listener_open_address (EngineContext *context, GSocketAddress *address, GError **error);

/* Takes @fd, a socket that listens already. */
EngineListener *engine_listener_add (EngineContext *context, int fd, GError **error);

/* The port it got, 0 if the kernel won't tell. */
guint16 engine_listener_port (const EngineListener *listener);

/* Lets in who waits, as far as the iteration allows. */
void engine_listener_accept (EngineIteration *iteration, EngineListener *listener);

/* Tries again after the process had run out of descriptors. */
void engine_listener_resume (EngineListener *listener);

/* A handshake of one that was accepted is over: another may begin. */
void engine_listener_handshake_done (EngineContext *context, EnginePeer *peer);

/* Listens no more, and frees; the second is what remains to be done at the context's end. */
void engine_listener_remove (EngineListener *listener);
void engine_listener_free (EngineListener *listener);
