/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* The object API of lws-glib. */

#include <lws-glib/lwsg-connection.h>
#include <lws-glib/lwsg-context.h>
#include <lws-glib/lwsg-enums.h>
#include <lws-glib/lwsg-error.h>
#include <lws-glib/lwsg-message.h>
#include <lws-glib/lwsg-protocol.h>
#include <lws-glib/lwsg-request.h>
#include <lws-glib/lwsg-source.h>
#include <lws-glib/lwsg-types.h>
#include <lws-glib/lwsg-version-macros.h>
#include <lws-glib/lwsg-version.h>
