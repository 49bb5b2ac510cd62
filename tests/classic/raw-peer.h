/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "stage.h"

/* The other side of a connection, byte for byte: a socket, and just enough of
 * RFC 6455 to say what is wanted, right or wrong. While it waits it serves the
 * context that it talks to. */

#define RAW_FIN 0x80
#define RAW_CONTINUATION 0x00
#define RAW_TEXT 0x01
#define RAW_BINARY 0x02
#define RAW_CLOSE 0x08
#define RAW_PING 0x09
#define RAW_PONG 0x0a

typedef struct {
  struct libwebsocket_context *context; /* NULL: served by another process or thread */
  int fd;
  GByteArray *input;            /* came, but was not looked at yet */
  gboolean ended;               /* the other side has closed */
  gboolean reset;               /* ... by a reset */
  gboolean masks;               /* our frames are those of a client */
} RawPeer;

typedef struct {
  guint8 first_byte;
  gboolean masked;
  gsize length;
  guint8 *payload;              /* a 0 follows */
} RawFrame;

/* A TCP connection, and nothing said. */
RawPeer *raw_peer_connect (struct libwebsocket_context *context, guint16 port);
RawPeer *raw_peer_connect_to (struct libwebsocket_context *context, const char *address, guint16 port);

/* A WebSocket; @subprotocols is a whole header value, or NULL. */
RawPeer *raw_peer_open (struct libwebsocket_context *context, guint16 port, const char *subprotocols);
void raw_peer_free (RawPeer *peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawPeer, raw_peer_free)

/* Closes so that the other side sees a reset. */
void raw_peer_reset (RawPeer *peer);

/* A listening socket, and who connects to it. */
int raw_listen (guint16 *port);
RawPeer *raw_peer_accept (struct libwebsocket_context *context, int listener);

/* Reads a client's request and says 101; @fields are more header lines, each with its
 * CR LF, or NULL. */
void raw_peer_accept_handshake (RawPeer *peer, const char *fields);

/* What a server must answer to this key. */
char *raw_accept_for_key (const char *key);

/* The value of a header in a head, or NULL. */
char *raw_head_value (const char *head, const char *name);

/* Sends, all of it, while the other side is served. */
void raw_peer_send (RawPeer *peer, const void *bytes, gsize length);
void raw_peer_send_text (RawPeer *peer, const char *text);

/* Sends as much as the kernel takes now; returns how much that was. */
gsize raw_peer_send_some (RawPeer *peer, const void *bytes, gsize length);

void raw_peer_send_handshake (RawPeer *peer, const char *subprotocols);
void raw_peer_send_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length);
void raw_peer_send_message (RawPeer *peer, const char *text);
void raw_peer_send_close (RawPeer *peer, guint16 code);

/* Appends a frame to @out, as raw_peer_send_frame() sends it. */
void raw_append_frame (GByteArray *out, gboolean masks, guint8 first_byte, const void *payload, gsize length);

/* One look at what came; FALSE if there was nothing. */
gboolean raw_peer_look (RawPeer *peer);

/* Waits until @length bytes are there to be looked at, or the end. */
gboolean raw_peer_await (RawPeer *peer, gsize length);
void raw_peer_await_end (RawPeer *peer);

/* Everything up to an empty line, as a string. */
char *raw_peer_read_head (RawPeer *peer);
char *raw_peer_read_bytes (RawPeer *peer, gsize length);

/* The next frame; FALSE if the connection ended before it. */
gboolean raw_peer_read_frame (RawPeer *peer, RawFrame *frame);
void raw_frame_clear (RawFrame *frame);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawFrame, raw_frame_clear)

/* Asserts that this frame comes next. */
void raw_peer_expect_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length);
void raw_peer_expect_text (RawPeer *peer, const char *text);

/* Asserts that a Close comes next. 1005: one without a code. */
void raw_peer_expect_close (RawPeer *peer, guint16 code);

/* Closes as RFC 6455 has it, and waits for the end. */
void raw_peer_say_goodbye (RawPeer *peer);
