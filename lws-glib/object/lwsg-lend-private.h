/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

/* Marshallers of signals that each message emits, for handlers in C: what the emission holds is
 * lent to them, without the copy that those of GLib make of each argument, a third of what an
 * emission costs. They are for g_signal_set_va_marshaller(). The closures of other languages have
 * marshallers of their own and never come here: they get values that hold references. */

/* Before an emission, and after it: was a handler in C called by one of the marshallers here? That is
 * known for nothing, where to look for a handler first would be a tenth of an emission. */
void lwsg_lend_begin (void);
gboolean lwsg_lend_was_taken (void);

void lwsg_lend_VOID__BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                             gpointer marshal_data, int n_parameters, GType *types);
void lwsg_lend_VOID__OBJECT_BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                                    gpointer marshal_data, int n_parameters, GType *types);

/* Their sisters for g_signal_new(), which are called where there are several handlers. */
void lwsg_lend_VOID__BOXED (GClosure *closure, GValue *returned, guint n_values, const GValue *values, gpointer hint,
                            gpointer marshal_data);
void lwsg_lend_VOID__OBJECT_BOXED (GClosure *closure, GValue *returned, guint n_values, const GValue *values,
                                   gpointer hint, gpointer marshal_data);
