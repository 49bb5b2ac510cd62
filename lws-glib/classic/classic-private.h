/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"

#include <libwebsockets.h>
#include <sys/types.h>

/* What the classic API adds to an engine context: its owner. */
typedef struct {
  struct libwebsocket_protocols *protocols;
  pid_t loop;                   /* the process forked for the service loop, or 0 */
  pid_t loop_parent;            /* who may end it */
  int hang_up_pipe;                    /* hanging it up ends the loop */
} ClassicContext;

extern const EngineEvents classic_events;

static inline ClassicContext *
classic_context (struct libwebsocket_context *context)
{
  return context->owner;
}

/* The program's entry for what the engine calls a protocol. */
static inline struct libwebsocket_protocols *
classic_protocol_entry (const EngineProtocol *protocol)
{
  return protocol->owner;
}

/* The engine's protocol for an entry of the program, NULL before a context was made
 * of it. */
EngineProtocol *classic_protocol_of_entry (const struct libwebsocket_protocols *entry);

/* The protocol of that name; for NULL the one of clients that ask for none. */
EngineProtocol *classic_protocol_by_name (struct libwebsocket_context *context, const char *name, gsize length);
EngineProtocol *classic_protocol_for_none (struct libwebsocket_context *context);

/* Says why a call of the program failed, and returns -1. */
int classic_failure (const char *call, GError *error);

/* The same for what a peer can bring about, over and over: a receiver that is too slow, a request for a file that
 * isn't there. What the program did wrong is told each time. */
int classic_connection_failure (struct libwebsocket *wsi, const char *call, GError *error);

/* Do the connections belong to this process? If not, nothing can be done with them, as the error says. */
gboolean classic_check_process (struct libwebsocket_context *context, GError **error);

/* The same, logged. TRUE if they belong to another one. */
gboolean classic_is_elsewhere (struct libwebsocket_context *context, const char *call);

/* Gives up the group and the user that the process was started with; -1 keeps
 * either. Nothing of the old ones is left. */
gboolean classic_drop_privileges (int gid, int uid, GError **error);

/* Ends the forked loop, if this process forked it, and waits for it. */
void classic_end_loop (ClassicContext *classic);
