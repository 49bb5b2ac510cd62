/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "http-head-private.h"

/* The negotiation of permessage-deflate, RFC 7692 section 7.1, for both roles. */

#define WIRE_DEFLATE_BITS_MIN 8
#define WIRE_DEFLATE_BITS_MAX 15

/* zlib can inflate with a window of 256 bytes, but not deflate: where it must not
 * use more, a side sends its messages as they are. */
#define WIRE_DEFLATE_BITS_SENDER_MIN 9

/* What one side wants. */
typedef struct {
  gboolean enabled;
  gboolean takeover;            /* messages may refer to earlier ones */
  guint8 window_bits;           /* 9 to 15, for both directions as far as the peer agrees */
  guint8 level;                 /* 1 to 9 */
  guint8 memory_level;          /* 1 to 9 */
  guint threshold;              /* shorter messages are sent as they are */
} WireDeflateSettings;

/* What was agreed on. */
typedef struct {
  guint8 server_bits;           /* 0 where the parameter was not used: 15 then */
  guint8 client_bits;
  guint8 server_resets;         /* server_no_context_takeover */
  guint8 client_resets;
} WireDeflateTerms;

/* The server's side. Takes the first acceptable offer of a client and returns TRUE with
 * *accepted set and @terms filled, or with *accepted unset if there is none. An offer
 * with a parameter that is unknown, comes twice or has a bad value is passed over.
 * FALSE with a refusal (400) if the header breaks RFC 6455 section 9.1. */
gboolean wire_deflate_accept (const WireHead *head, const WireDeflateSettings *settings, gboolean *accepted,
                              WireDeflateTerms *terms, WireRefusal *refusal);

/* The client's: writes the value of the header. The best offer comes first, and then
 * one that asks the server for nothing, for servers that don't know each parameter. */
void wire_deflate_offer (GString *out, const WireDeflateSettings *settings);

/* Reads the server's answer to that. FALSE with a refusal if it is not one. */
gboolean wire_deflate_check (const WireHead *head, gboolean offered, gboolean *accepted, WireDeflateTerms *terms,
                             WireRefusal *refusal);

/* The terms as an element of the header. */
void wire_deflate_format (GString *out, const WireDeflateTerms *terms);
