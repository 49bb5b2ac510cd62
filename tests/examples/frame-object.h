/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the samples of the manual leave to the program that they are part of. They are compiled
 * behind this, and not linked.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <lws-glib/lws-glib.h>

extern GMainLoop *loop;
extern LwsgContext *context;
extern LwsgProtocol *protocol;
extern LwsgConnection *connection;
extern GTlsDatabase *our_authority;
extern GBytes *bytes;
extern GError *error;

typedef struct {
  GTlsCertificate *certificate;
} Device;

void ask_for_password (void);
gboolean is_token_of_a_user (const char *query);
gboolean may_come_in (const char *subject_name);
