/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "wire/decoder-private.h"

/* Our end of one connection, a server or a client, whichever API it is made with. It
 * writes down what it is told. */

typedef struct _End End;

typedef struct {
  guint8 opcode;
  GBytes *payload;
} EndMessage;

typedef struct {
  const char *name;
  gboolean whole_messages;      /* or pieces, without their type */
  guint16 (*listen) (End *end);
  void (*dial) (End *end, guint16 port, const char *subprotocols);
  void (*iteration) (End *end);
  gboolean (*send) (End *end, guint8 first_byte, const guint8 *payload, gsize length);
  void (*close) (End *end, guint16 code, const char *reason);
  void (*stop) (End *end);
} EndFace;

struct _End {
  const EndFace *face;
  WireRole role;
  gpointer context;
  gpointer connection;          /* while it is open */

  guint opened;
  guint closed;
  guint failed;
  guint close_code;             /* 0: the API does not tell */
  GQueue messages;              /* of EndMessage, whole ones */
  GByteArray *payload;          /* that of all messages */
  GQueue pongs;                 /* of GBytes */
};

extern const EndFace end_classic;
extern const EndFace end_object;

/* Subprotocols that a server's end knows, besides none at all. */
#define END_SUBPROTOCOL_1 "chat"
#define END_SUBPROTOCOL_2 "superchat"

End *end_new (const EndFace *face, WireRole role);
void end_free (End *end);

/* A RawPeerTurn. */
void end_turn (gpointer end);

void end_message_free (EndMessage *message);

void end_take_message (End *end, guint8 opcode, const void *payload, gsize length);
void end_take_piece (End *end, const void *payload, gsize length);
void end_take_pong (End *end, const void *payload, gsize length);

/* Has iterations until @condition holds. What doesn't come in time fails the test. */
#define END_UNTIL(end, condition)                                                                                  \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    gint64 end_patience_ = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;                                          \
                                                                                                                   \
    while (!(condition))                                                                                           \
      {                                                                                                            \
        end_turn (end);                                                                                            \
        if (g_get_monotonic_time () > end_patience_)                                                               \
          g_error ("Waited in vain for: %s", #condition);                                                          \
      }                                                                                                            \
  }                                                                                                                \
  G_STMT_END
