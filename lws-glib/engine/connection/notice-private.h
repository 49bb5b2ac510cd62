/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Lines for the log that peers can cause, as often as they like: each kind of them is written once in a while,
 * at the level of information, and tells how many were left out. */

typedef struct libwebsocket_context EngineContext;

typedef enum {
  ENGINE_NOTICE_ACCEPT,         /* connections that are not accepted */
  ENGINE_NOTICE_BROADCAST,      /* what other processes write and is not delivered */
  ENGINE_NOTICE_CONNECTION,     /* what this machine can't do for one */
  ENGINE_NOTICE_MEMORY,         /* connections that are ended for want of it */

  ENGINE_N_NOTICES
} EngineNotice;

typedef struct {
  guint32 next;                 /* the tick from which another line may be written */
  gboolean begun;               /* one has been */
  guint left_out;
} EngineNoticeState;

void engine_notice (EngineContext *context, EngineNotice notice, const char *format, ...) G_GNUC_PRINTF (3, 4);
