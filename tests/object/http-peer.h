/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../engine/raw-peer.h"

/* A client of plain HTTP, in the same thread and main loop as the server. */

typedef struct {
  guint status;
  char *head;
  char *body;
  gsize length;                 /* of the body */
} HttpReply;

RawPeer *http_connect (guint port);

/* Sends a request, unless NULL, and reads the reply: for HEAD without a body. */
void http_ask (RawPeer *peer, const char *request, HttpReply *response);

/* GET on a connection of its own. */
void http_get (guint port, const char *target, HttpReply *response);

/* The value of a header, NULL if there is none. */
char *http_header (const HttpReply *response, const char *name);

void http_reply_clear (HttpReply *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HttpReply, http_reply_clear)
