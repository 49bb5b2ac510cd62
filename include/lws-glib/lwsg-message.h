/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <lws-glib/lwsg-enums.h>

G_BEGIN_DECLS

#define LWSG_TYPE_MESSAGE (lwsg_message_get_type ())

LWSG_AVAILABLE_IN_1_0
GType lwsg_message_get_type (void) G_GNUC_CONST;

LWSG_AVAILABLE_IN_1_0
LwsgMessage *lwsg_message_new (LwsgMessageType type, GBytes *bytes);

LWSG_AVAILABLE_IN_1_0
LwsgMessage *lwsg_message_new_text (const char *text);

LWSG_AVAILABLE_IN_1_0
LwsgMessage *lwsg_message_ref (LwsgMessage *message);

LWSG_AVAILABLE_IN_1_0
void lwsg_message_unref (LwsgMessage *message);

LWSG_AVAILABLE_IN_1_0
LwsgMessageType lwsg_message_get_message_type (LwsgMessage *message);

LWSG_AVAILABLE_IN_1_0
GBytes *lwsg_message_get_bytes (LwsgMessage *message);

LWSG_AVAILABLE_IN_1_0
const char *lwsg_message_get_text (LwsgMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LwsgMessage, lwsg_message_unref)

G_END_DECLS
