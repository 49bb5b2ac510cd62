/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"
#include "wire/deflater-private.h"
#include "wire/inflater-private.h"

/* What a connection has once permessage-deflate was negotiated. Its codecs are made when
 * they are first needed, and given back when they have not been for a while. */

struct _EngineDeflate {
  WireDeflateTerms terms;
  WireDeflateSettings settings; /* of the context, as the connection opened */
  WireInflater *inflater;
  WireDeflater *deflater;       /* with our history: messages with takeover, and those in fragments */
  guint64 inflated_limit;       /* of a message */
  gsize counted;                /* of both, in the context's memory */
  guint32 used;                 /* the tick at which a codec last had work */
  guint off : 1;                /* the program wants messages to leave as they are */
  guint independent : 1;        /* no message of ours refers to an earlier one */
  guint linked : 1;             /* ... but such that do may still wait in the output */
  guint stale : 1;              /* the deflater's history is not the peer's */
  guint in_fragments : 1;       /* the message that was begun last is compressed, and sent in fragments */
};

/* Compresses for all connections whose messages stand alone. While a broadcast is under
 * way those of all others do, too, and the same bytes are compressed once. */
typedef struct {
  WireDeflater *deflater;
  guint8 level;                 /* with which the deflater was made */
  guint8 memory_level;
  GByteArray *out;              /* what came out last */
  gboolean grew;                /* ... or that it was no shorter */
  GByteArray *source;           /* of what; empty if it is not to be used again */
} EngineDeflateShare;

/* There is one for each size of the window. */
#define ENGINE_DEFLATE_N_SHARES (WIRE_DEFLATE_BITS_MAX - WIRE_DEFLATE_BITS_SENDER_MIN + 1)

/* A frame on its way out. */
typedef struct {
  guint8 first_byte;
  const guint8 *payload;
  gsize length;
} EngineFrame;

EngineDeflate *engine_deflate_new (EngineContext *context, WireRole role, const WireDeflateTerms *terms);

/* Frees what the connection has of it. */
void engine_deflate_clear (EngineConnection *connection);

/* The memory that its codecs hold. */
gsize engine_deflate_get_memory (const EngineDeflate *deflate);

/* A codec was at work, and may have taken some or given some back. */
void engine_deflate_count (EngineConnection *connection);

/* The terms as the header Sec-WebSocket-Extensions names them; NULL if there are none. */
char *engine_deflate_describe (const EngineDeflate *deflate);

/* Compresses the payload of a data frame, if that is to be. It then stands in memory of the
 * context, until the next call. FALSE if it becomes too large for that. */
gboolean engine_deflate_frame (EngineConnection *connection, EngineFrame *frame, GError **error);

/* The frame was built: what its payload stood in is needed no more. */
void engine_deflate_release (EngineConnection *connection);

/* The frame was not sent after all. */
void engine_deflate_lose (EngineConnection *connection);

/* From now on a message that waits may be dropped, with no harm to those behind it; or need
 * not. */
void engine_deflate_set_independent (EngineConnection *connection, gboolean independent);

/* May compressed messages that wait be dropped? */
gboolean engine_deflate_may_drop (const EngineConnection *connection);

/* The inflater, made if need be. */
WireInflater *engine_deflate_inflater (EngineConnection *connection);

/* Is compressed input waiting that was taken off the wire already? */
gboolean engine_deflate_is_pending (const EngineDeflate *deflate);

/* Gives back what has not been used for a while. TRUE if that is not over yet, and it should be
 * called again later; FALSE if there is nothing to do before a codec has work again. */
gboolean engine_deflate_rest (EngineConnection *connection);

/* After a broadcast: what it was made of need not be known any more. */
void engine_deflate_forget_shared (EngineContext *context);
void engine_deflate_clear_shared (EngineContext *context);
