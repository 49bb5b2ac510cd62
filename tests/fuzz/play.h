/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "ear.h"
#include "engine/connection/context-private.h"
#include "input.h"
#include "memory-peer.h"

/* Whole connections, played after a script: what their peers send and take, when
 * there are iterations, and what the owner does, inside its callbacks too.
 *
 * Input: a byte of options (PLAY_OPTION_...), the number of bytes of the callbacks'
 * script, that script, and the main one. README.md says how they are read. */

#define PLAY_PARTS_MAX 3
#define PLAY_ROOM 64

enum {
  PLAY_OPTION_FEW_FRAMES = 1 << 0,      /* the budget of an iteration is three frames */
  PLAY_OPTION_SHORT_MESSAGES = 1 << 1,  /* limits messages to 1000 bytes */
  PLAY_OPTION_SHORT_OUTPUT = 1 << 2,    /* limits output to 2000 bytes */
  PLAY_OPTION_NO_WHOLE_FRAMES = 1 << 3,
  PLAY_OPTION_FINISH = 1 << 4,          /* at the end the peers close their side ... */
  PLAY_OPTION_WAIT = 1 << 5,            /* ... and time passes until every deadline has */
  PLAY_OPTION_COMPRESS_ALL = 1 << 6,    /* all messages that are sent, with little memory */
  PLAY_OPTION_NO_TAKEOVER = 1 << 7,     /* no message may refer to an earlier one */
};

typedef struct _Play Play;

/* One connection and what is known of it. */
typedef struct {
  MemoryPeer peer;              /* at the front: the transport finds it there */
  Play *play;
  EngineConnection *connection; /* NULL once released */
  Ear ear;
  z_stream deflating;           /* what its peer compresses with, once it does */
  gboolean deflates;
  gsize message_length;         /* of the message under way, as far as it was delivered */
  GByteArray *character;        /* of a text, the bytes after its last whole character */
  gboolean in_message;
  guint8 room[PLAY_ROOM + 1];   /* where the rest of a frame is received, and a byte behind */
  guint heads;                  /* requests that were read, that for the upgrade included */
  guint messages;               /* that were delivered to their end, and ... */
  gsize delivered;              /* ... all bytes of messages */
  gboolean wants_writable;
  gboolean held;                /* the answer to a request is held back */
  gboolean told_opened;
  gboolean told_closing;
  gboolean told_end;
  gboolean silenced;            /* the owner ended it: no data any more */
} PlayPart;

struct _Play {
  WireRole role;
  EngineContext *context;       /* NULL once freed */
  EngineProtocol *protocol;
  PlayPart parts[PLAY_PARTS_MAX];
  guint n_parts;
  guint current;                /* the part that the script is about */
  guint options;
  FuzzInput callbacks;          /* the script of the callbacks */
  guint depth;                  /* callbacks on the stack */
  gboolean refuse;              /* the handshake that the owner is asked about */
  int file;                     /* to be sent as an answer */
  guint8 *payload;              /* what is sent, always from the same place */
  guint n_payloads;
};

void play_run (WireRole role, const guint8 *data, gsize size);

/* One more connection, if there is room for it. */
void play_add_part (Play *play);

/* --- what the owner is told (play-events.c) */

extern const EngineEvents play_events;

/* --- what the owner does (play-actions.c) */

/* Reads an action, and what it needs, from @input. @piece is what a callback was
 * given, or NULL. */
void play_act (Play *play, PlayPart *part, FuzzInput *input, const WirePiece *piece);

/* For the payloads of what is sent; freed with g_free(). */
void play_make_room (Play *play);

/* Sends on a part, if it has a connection, and notes what its peer has to hear. */
void play_send (PlayPart *part, WireOpcode opcode, gboolean last, const guint8 *payload, gsize length);
