/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "payload.h"

#include <sys/types.h>

typedef enum {
  DEFLATE_OFF,
  DEFLATE_RESET,                /* each message stands alone */
  DEFLATE_TAKEOVER,             /* both sides keep their windows */
} DeflateMode;

typedef struct {
  char *workload;
  guint16 port;
  char *path;
  int connections;
  int idle;
  int in_flight;
  gint64 size;
  double seconds;
  double rate;                  /* messages a second, of all together; 0: as fast as answers come */
  int pid;
  gboolean tls;
  gboolean latency;
  PayloadKind payload;
  DeflateMode deflate;
} Options;

gboolean options_parse (Options *self, int argc, char **argv, GError **error);
void options_clear (Options *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
