/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "wire/close-code-private.h"
#include "wire/frame-private.h"

/* The other end of a connection: a plain non-blocking TCP socket. While it waits
 * for something it has the engine take iterations, in the same thread. What does not
 * come in time fails the test. */

#define RAW_PEER_PATIENCE (60 * G_USEC_PER_SEC)

typedef void (*RawPeerTurn) (gpointer data);

typedef struct _RawPeer RawPeer;

/* What stands between the peer and its socket, such as TLS: as recv() and send(). */
typedef struct {
  gssize (*receive) (RawPeer *peer, void *buffer, gsize length);
  gssize (*send) (RawPeer *peer, const void *bytes, gsize length);
  void (*free) (RawPeer *peer);
} RawPeerLayer;

struct _RawPeer {
  int fd;
  const RawPeerLayer *layer;    /* NULL: nothing */
  gpointer layer_data;
  RawPeerTurn iteration;
  gpointer loop_data;
  GByteArray *input;            /* read, and not yet asked for */
  gboolean ended;               /* the FIN came */
  gboolean reset;
};

typedef struct {
  guint8 first_byte;
  gboolean masked;
  guint8 *payload;              /* unmasked */
  gsize length;
} RawFrame;

/* The first message that every server answers with 101. */
extern const char raw_peer_upgrade_request[];

/* A client of 127.0.0.1. */
RawPeer *raw_peer_connect (guint16 port, RawPeerTurn iteration, gpointer loop_data);

/* One with a receive buffer of that size, as far as the kernel allows. */
RawPeer *raw_peer_connect_small (guint16 port, int receive_buffer, RawPeerTurn iteration, gpointer loop_data);

/* A server's side of a connection that was accepted. */
RawPeer *raw_peer_new (int fd, RawPeerTurn iteration, gpointer loop_data);
void raw_peer_free (RawPeer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawPeer, raw_peer_free)

/* A listening socket of 127.0.0.1 for a test that is the server, and what comes in. */
int raw_listen (guint16 *port);
RawPeer *raw_accept (int listener, RawPeerTurn iteration, gpointer loop_data);

/* Has an iteration, waits a moment for input and reads what there is. */
void raw_peer_pump (RawPeer *peer);

void raw_peer_send (RawPeer *peer, const void *bytes, gsize length);
void raw_peer_send_text (RawPeer *peer, const char *text);

/* A frame with a mask. */
void raw_peer_send_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length);
void raw_frame_append (GByteArray *to, guint8 first_byte, const void *payload, gsize length);
void raw_peer_send_close (RawPeer *peer, guint16 code);

/* Up to and including an empty line. */
char *raw_peer_read_head (RawPeer *peer);
void raw_peer_read (RawPeer *peer, gsize length, guint8 *out);
void raw_peer_upgrade (RawPeer *peer);

/* The same in two parts: between them the server knows that somebody speaks, and no more. */
void raw_peer_begin_upgrade (RawPeer *peer);
void raw_peer_finish_upgrade (RawPeer *peer);

/* An answer to a client without its empty line; %s is where the right Accept goes. */
#define RAW_PEER_SWITCHING                                                                                         \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"

/* @answer with the Accept for this request. */
char *raw_peer_fill_in_accept (const char *request, const char *answer);

/* The next frame; its payload is freed with raw_frame_clear(). */
void raw_peer_read_frame (RawPeer *peer, RawFrame *frame);
void raw_frame_clear (RawFrame *frame);
void raw_peer_expect_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length);
void raw_peer_expect_close (RawPeer *peer, guint16 code);

/* A head that begins with this status, and then the end. */
void raw_peer_expect_refusal (RawPeer *peer, guint status);

/* The FIN, with nothing in front of it. */
void raw_peer_expect_end (RawPeer *peer);

/* The end in whatever way, after whatever bytes. */
void raw_peer_expect_lost (RawPeer *peer);
void raw_peer_shutdown (RawPeer *peer);

/* Closes the socket with a RST. */
void raw_peer_reset (RawPeer *peer);
