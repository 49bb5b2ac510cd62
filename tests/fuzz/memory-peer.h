/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* The other end of a connection, in memory: what it sends, how it arrives, and what
 * of the engine's bytes it takes. */
typedef struct _MemoryPeer MemoryPeer;

/* Where the bytes go that the engine has written. */
typedef void (*MemoryPeerHear) (gpointer data, const guint8 *bytes, gsize length);

struct _MemoryPeer {
  GByteArray *inbound;          /* on its way to the engine */
  gsize arrived;                /* what of it the engine has read */
  guint chunk;                  /* what one reading gets at most; 0: all */
  gsize room;                   /* what the engine may write; G_MAXSIZE: all */
  int read_error;               /* what the next call fails with; 0: it doesn't */
  int write_error;
  gboolean finished;            /* its FIN follows the bytes */
  gboolean was_reset;
  gboolean shut;                /* the engine's FIN came */
  gboolean buffered;            /* as under TLS: epoll tells of new bytes, not of those that a reading left;
                                   and what was written may wait in the transport */
  gboolean fresh;
  GByteArray *unsent;           /* what waits there */
  gsize bye_left;               /* of the transport's own last words */
  MemoryPeerHear hear;
  gpointer hear_data;
};

void memory_peer_init (MemoryPeer *peer, MemoryPeerHear hear, gpointer data);
void memory_peer_clear (MemoryPeer *peer);

/* A descriptor for the engine, which will close it. */
int memory_peer_open (MemoryPeer *peer);

void memory_peer_send (MemoryPeer *peer, const void *bytes, gsize length);
void memory_peer_finish (MemoryPeer *peer);
void memory_peer_reset (MemoryPeer *peer);

/* How much is there that the engine has not read? */
gsize memory_peer_unread (const MemoryPeer *peer);

/* The transport of a connection whose user begins with a MemoryPeer. */
extern const EngineTransport memory_peer_transport;
