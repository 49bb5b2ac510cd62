/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program outside of the project. It is compiled as C99 and as C++ against an
 * installed copy of the library, so it keeps to what both languages know.
 */
#include <libwebsockets.h>

static int
callback (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  (void) wsi;
  (void) reason;
  (void) user;
  (void) in;
  (void) len;
  return 0;
}

int
main (void)
{
  static struct libwebsocket_protocols protocols[2];
  struct libwebsocket_context *context;
  int serviced;

  protocols[0].name = "outside";
  protocols[0].callback = callback;

  context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  if (context == NULL || protocols[0].owning_server != context)
    return 1;
  serviced = libwebsocket_service (context, 0);
  libwebsocket_context_destroy (context);
  return serviced < 0 ? 1 : 0;
}
