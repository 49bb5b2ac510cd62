/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "deflate-offer-private.h"

/* The opening handshake, RFC 6455 section 4, for both roles. */

#define WIRE_NONCE_SIZE 16
#define WIRE_KEY_SIZE 24         /* base64 of a nonce */
#define WIRE_ACCEPT_SIZE 28      /* base64 of a SHA-1 */

/* Is this base64 of a nonce, in its only form? Decoders let others pass. */
gboolean wire_key_is_valid (const char *key);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
void wire_accept_for_key (char accept[WIRE_ACCEPT_SIZE + 1], const char *key);

/* --- server */

/* Does this request ask to become a WebSocket (Upgrade: websocket), well or badly? In HTTP/1.0
 * none can. */
gboolean wire_head_wants_upgrade (const WireHead *head);

typedef struct {
  char accept[WIRE_ACCEPT_SIZE + 1];
  guint version;                /* 13, 8 or 7 */
  const char *target;
  const char *host;
  const char *origin;           /* Origin, or Sec-WebSocket-Origin before version 13; NULL if absent */
  gboolean deflates;            /* permessage-deflate was agreed on: */
  WireDeflateTerms deflate;
} WireServerHandshake;

/* Checks a request for an upgrade (4.2.1). A version that is not understood is
 * refused with 426, none at all with 400; 405 is for other methods than GET. All
 * of them are answered by wire_http_error_reply(). */
gboolean wire_server_handshake_check (const WireHead *head, WireServerHandshake *handshake, WireRefusal *refusal);

/* Looks at the extensions that a checked request offers. FALSE if their header is malformed. */
gboolean wire_server_handshake_negotiate (const WireHead *head, const WireDeflateSettings *settings,
                                          WireServerHandshake *handshake, WireRefusal *refusal);

/* A walk over the offered subprotocols in the client's order of preference,
 * through all headers Sec-WebSocket-Protocol. Begins with { 0 }. Subprotocols are
 * compared byte for byte. */
typedef struct {
  guint header;
  const char *cursor;
} WireOfferIter;

gboolean wire_offer_next (const WireHead *head, WireOfferIter *iter, const char **token, gsize *length);

/* The answer 101, with its empty line. @subprotocol is a token or NULL; @headers are lines that
 * each end with CRLF, or NULL. */
void wire_server_handshake_accept (GString *out, const WireServerHandshake *handshake, const char *subprotocol,
                                   const char *headers);

/* --- client */

typedef struct {
  char key[WIRE_KEY_SIZE + 1];
  const char *target;           /* begins with '/'; without fragment */
  const char *host;             /* the whole value of the header Host */
  const char *origin;           /* or NULL */
  const char *subprotocols;     /* comma-separated, or NULL */
  const char *const *headers;   /* more of them, each "Name: value"; or NULL */
  const WireDeflateSettings *offer; /* NULL, or not enabled: no compression is offered */
  gboolean offered;             /* by wire_client_handshake_request() */
  gboolean deflates;            /* by wire_client_handshake_check(): permessage-deflate was agreed on */
  WireDeflateTerms deflate;
} WireClientHandshake;

/* base64 of random bytes that the caller has drawn. */
void wire_client_handshake_set_key (WireClientHandshake *handshake, const guint8 nonce[WIRE_NONCE_SIZE]);

/* The request. FALSE, and nothing written, if a field could break the head or is
 * not what RFC 6455 section 4.1 allows (a control, a space or a byte above ASCII
 * in target, host or origin, a subprotocol that is no token or is named twice).
 * The status of such a refusal is 0. */
gboolean wire_client_handshake_request (GString *out, WireClientHandshake *handshake, WireRefusal *refusal);

/* Checks the answer (4.1, the client's steps after sending). *subprotocol points
 * into @head, NULL where none was asked for. A server that names a subprotocol
 * that was not asked for, or none where some were asked for, or an extension that was
 * not offered, is refused; for any other status than 101 refusal->status is that status and the
 * text names it. */
gboolean wire_client_handshake_check (WireClientHandshake *handshake, const WireHead *head,
                                      const char **subprotocol, WireRefusal *refusal);
