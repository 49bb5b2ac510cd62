/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The sending half of permessage-deflate (RFC 7692). */
typedef struct _Deflater Deflater;

Deflater *deflater_new (gboolean takeover);
void deflater_free (Deflater *self);
void deflater_append (Deflater *self, GByteArray *to, GBytes *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deflater, deflater_free)
