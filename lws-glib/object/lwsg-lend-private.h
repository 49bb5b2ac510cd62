/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

/* Marshallers of signals that each message emits, for handlers in C: what the emission holds is
 * lent to them, without the copy that those of GLib make of each argument, a third of what an
 * emission costs. They are for g_signal_set_va_marshaller(). The closures of other languages have
 * marshallers of their own and never come here: they get values that hold references. */

void lwsg_lend_VOID__BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                             gpointer marshal_data, int n_parameters, GType *types);
void lwsg_lend_VOID__OBJECT_BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                                    gpointer marshal_data, int n_parameters, GType *types);
