/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/connection-queue-private.h"
#include "wire/decoder-private.h"
#include "wire/handshake-private.h"

#include <gio/gio.h>

typedef struct _EngineProtocol EngineProtocol;

/* What the engine tells its owner, all of it from inside an iteration of the context.
 * Each function may close, write to or destroy anything; memory is freed later. */

typedef struct {
  /* A plain HTTP request. What isn't answered by the end of the call, and has no
   * writable callback requested, is answered with 404. */
  void (*request) (EngineConnection *connection, const WireHead *head);

  /* An answer that was put off by engine_http_response_hold() takes too long: the owner is to give one
   * now. No function here if the owner puts off none. */
  void (*unanswered) (EngineConnection *connection);

  /* It knows no other requests than GET and HEAD: they are refused with 405, with a body
   * or without. */
  gboolean files_only;

  /* A client wants to open a WebSocket. The owner binds the connection to a protocol
   * (engine_connection_bind()) and returns the subprotocol to name, or NULL; or it
   * returns FALSE with *refusal filled. *headers are lines that each end with CRLF, for
   * either answer, or NULL; the engine frees them. */
  gboolean (*handshake) (EngineConnection *connection, const WireHead *head,
                         const WireServerHandshake *handshake, const char **subprotocol, char **headers,
                         WireRefusal *refusal);

  /* The server accepted our handshake. The owner binds the connection, or returns
   * FALSE with *refusal filled. */
  gboolean (*accepted) (EngineConnection *connection, const char *subprotocol, WireRefusal *refusal);

  /* Something is wrong with the certificate that the peer showed: is it accepted
   * nevertheless? */
  gboolean (*accept_certificate) (EngineConnection *connection, GTlsCertificate *certificate,
                                  GTlsCertificateFlags errors);

  /* Frames may be sent from now on. @target is what the client asked for, the path and the
   * query; NULL on a client. */
  void (*opened) (EngineConnection *connection, const char *target);

  /* A piece of a message. Its bytes, and one behind them, may be written to. */
  void (*data) (EngineConnection *connection, const WirePiece *piece);

  /* Where the next piece of the message under way may be received, *length bytes long, for
   * an owner that would only copy it to there; or NULL. It may be the first one: the header
   * of its frame has come. Such a piece has no byte behind it.
   * No function here if the owner has no such place. */
  guint8 *(*alloc) (EngineConnection *connection, gsize *length);

  /* It keeps what comes while it has paused for later. */
  gboolean holds;

  /* There is no memory left for messages that are not whole, or that nobody has taken: they are to be freed now.
   * The end of the connection follows. No function here if the owner holds none. */
  void (*drop) (EngineConnection *connection);

  void (*pong) (EngineConnection *connection, guint8 *payload, gsize length);
  void (*writable) (EngineConnection *connection);

  /* What was sent before engine_connection_mark() has been handed to the kernel: see
   * engine_output_queue_reached(). */
  void (*sent) (EngineConnection *connection);

  /* No more frames can be sent on a connection that had opened: the peer closed it, or
   * broke the protocol. */
  void (*closing) (EngineConnection *connection);

  /* A connection that had opened is at its end; with the code and reason of the
   * peer's Close, or WIRE_CLOSE_ABNORMAL and what went wrong. */
  void (*closed) (EngineConnection *connection, guint16 code, const char *reason);

  /* A connection of ours did not come about. */
  void (*failed) (EngineConnection *connection, const GError *error);

  /* The connection is about to be freed, whatever it was told before. */
  void (*released) (EngineConnection *connection);

  /* Somebody called for a broadcast to this protocol. @payload has padding for a
   * frame header in front and a byte behind. */
  void (*broadcast) (EngineProtocol *protocol, guint8 *payload, gsize length);

  /* The context has been freed. */
  void (*freed) (gpointer owner);
} EngineEvents;
