/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "wire/decoder-private.h"
#include "wire/zlib-private.h"

typedef struct {
  guint8 opcode;
  gboolean ended;
  gsize length;
} EarMessage;

/* What the engine writes to a peer, held against what its owner sent: HTTP up to the
 * switch of protocols, then frames without a fault, messages as they were sent and
 * nothing after a Close. */
typedef struct {
  gboolean frames;              /* the heads are over */
  gboolean close_heard;
  GByteArray *last_received;            /* what is not understood yet */
  WireDecoder decoder;
  GArray *messages;             /* EarMessage: what was sent ... */
  GByteArray *payload;          /* ... and the payload of all of them */
  guint8 sending;               /* the opcode of a message whose end was not sent yet; 0: none */
  guint heard_messages;         /* to their end */
  gsize heard_payload;
  gsize heard_of_message;       /* of the message under way */
  z_stream inflating;           /* once messages may be compressed */
  gboolean inflates;
  gboolean takeover;            /* messages may refer to earlier ones */
} Ear;

/* @role is the engine's. */
void ear_init (Ear *ear, WireRole role);
void ear_clear (Ear *ear);

/* Messages may be compressed, and refer to as many bytes as the window has. */
void ear_allow_deflate (Ear *ear, guint window_bits, gboolean takeover);

/* The owner sent a message, or a fragment of one. */
void ear_expect (Ear *ear, WireOpcode opcode, gboolean last, const guint8 *payload, gsize length);

/* As a MemoryPeerHear. */
void ear_hear (gpointer ear, const guint8 *bytes, gsize length);

/* Has all been heard that was sent? */
gboolean ear_is_satisfied (const Ear *ear);
