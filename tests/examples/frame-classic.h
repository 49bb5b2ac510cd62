/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same for samples of the classic API, whose context is another one.
 */
#include <glib.h>
#include <libwebsockets.h>
#include <lws-glib/lws-glib.h>
#include <stdio.h>

extern GMainLoop *loop;
extern struct libwebsocket_context *context;
extern struct libwebsocket *wsi;
extern int number;

typedef struct {
  char nick[64];
} ChatUser;

int on_http (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len);
int on_chat (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len);
