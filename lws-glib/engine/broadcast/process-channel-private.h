/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/poller-private.h"

#include <gio/gio.h>

/* Broadcasts from other processes. Each protocol has a pair of connected sockets
 * that keep the borders of datagrams: the service process reads one end, everyone
 * else writes to the other. A payload that is too large for a datagram is put
 * into a sealed memfd and travels as a descriptor. */

typedef struct _EngineProtocol EngineProtocol;
typedef struct libwebsocket_context EngineContext;
typedef struct _EngineIteration EngineIteration;

typedef struct {
  EngineWatch watch;            /* the receiving end */
  int sender;
} EngineProcessChannel;

gboolean engine_process_channel_open (EngineProcessChannel *channel, GError **error);
void engine_process_channel_close (EngineProcessChannel *channel, EngineContext *context);

/* Hands a payload to the service process; waits a bounded time if that doesn't
 * keep up. */
gboolean engine_process_channel_send (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error);

/* Receives broadcasts, as far as the iteration allows. */
void engine_process_channel_receive (EngineIteration *iteration, EngineProtocol *protocol);
