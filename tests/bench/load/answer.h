/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "options.h"

/* The request of a client, and the head of what the server answers. */
char *request_new (const Options *options);

typedef struct {
  guint status;
  gboolean upgraded;            /* with the right key */
  gboolean deflate;
  gboolean client_resets;       /* client_no_context_takeover */
  gboolean server_resets;
  gboolean keeps_alive;
  guint64 content_length;
} Answer;

gboolean answer_parse (Answer *self, const char *text, gsize *head_length);
