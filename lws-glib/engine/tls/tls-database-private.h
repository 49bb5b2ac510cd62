/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* One database for all clients of a context. GIO's own would be read anew for each
 * connection: with GLib before 2.80 and the system's authorities 6 ms and 3.7 MB. */

#define ENGINE_TYPE_TLS_DATABASE (engine_tls_database_get_type ())
G_DECLARE_FINAL_TYPE (EngineTlsDatabase, engine_tls_database, ENGINE, TLS_DATABASE, GTlsDatabase)

GTlsDatabase *engine_tls_database_new (GTlsDatabase *shared);
