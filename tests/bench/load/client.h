/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "answer.h"
#include "frame.h"
#include "link.h"
#include "traffic.h"

typedef enum {
  CLIENT_CLOSED,
  CLIENT_CONNECTING,
  CLIENT_SECURING,
  CLIENT_ASKING,                /* until the head of the answer is complete */
  CLIENT_OPEN,
  CLIENT_FETCHING,              /* the body of an answer */
  CLIENT_LOST,
} ClientState;

typedef struct {
  Traffic *traffic;
  guint number;
  ClientState state;
  Link link;
  guint32 watched;              /* events of epoll */
  GString *head;
  gboolean keeps_alive;
  guint64 body;                 /* bytes that are still to come */

  FrameReader reader;
  guint credits;                /* messages that may be sent */
  guint next;                   /* in the batch */
  const guint8 *out;
  gsize out_length;
  GByteArray *pong;             /* the answer to the last Ping; NULL before the first */
  gboolean owes_pong;
  Deflater *deflater;           /* with a window of its own, and where its frames stand */
  GByteArray *deflated;
  GArray *sent;                 /* gint64: when the messages left that wait for an answer */
  guint answered;               /* of those in front */
} Client;

void client_init (Client *self, Traffic *traffic, guint number);
void client_clear (Client *self);
void client_start (Client *self);
void client_send (Client *self, guint messages);
void client_send_at (Client *self, gint64 time);
void client_ready (Client *self, guint32 events);
