/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-lend-private.h"

#include "lwsg-marshal.h"

/* Set when a handler returns: emissions inside it are over by then. */
static _Thread_local gboolean lend_taken;

void
lwsg_lend_begin (void)
{
  lend_taken = FALSE;
}

gboolean
lwsg_lend_was_taken (void)
{
  return lend_taken;
}

/* What a handler of g_signal_connect() and its sisters gets first, and last. */
typedef struct {
  gpointer first;
  gpointer last;
  gpointer function;
} Call;

static Call
call_of (GClosure *closure, gpointer instance, gpointer marshal_data)
{
  gpointer function = marshal_data != NULL ? marshal_data : ((GCClosure *) closure)->callback;

  if (G_CCLOSURE_SWAP_DATA (closure))
    return (Call){ closure->data, instance, function };

  return (Call){ instance, closure->data, function };
}

void
lwsg_lend_VOID__BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                        gpointer marshal_data, int n_parameters, GType *types)
{
  typedef void (*Handler) (gpointer first, gpointer boxed, gpointer last);
  const Call call = call_of (closure, instance, marshal_data);
  gpointer boxed;
  va_list copy;

  va_copy (copy, arguments);
  boxed = va_arg (copy, gpointer);
  va_end (copy);
  ((Handler) call.function) (call.first, boxed, call.last);
  lend_taken = TRUE;
}

void
lwsg_lend_VOID__OBJECT_BOXEDv (GClosure *closure, GValue *returned, gpointer instance, va_list arguments,
                               gpointer marshal_data, int n_parameters, GType *types)
{
  typedef void (*Handler) (gpointer first, gpointer object, gpointer boxed, gpointer last);
  const Call call = call_of (closure, instance, marshal_data);
  gpointer object;
  gpointer boxed;
  va_list copy;

  va_copy (copy, arguments);
  object = va_arg (copy, gpointer);
  boxed = va_arg (copy, gpointer);
  va_end (copy);
  ((Handler) call.function) (call.first, object, boxed, call.last);
  lend_taken = TRUE;
}

void
lwsg_lend_VOID__BOXED (GClosure *closure, GValue *returned, guint n_values, const GValue *values, gpointer hint,
                       gpointer marshal_data)
{
  g_cclosure_marshal_VOID__BOXED (closure, returned, n_values, values, hint, marshal_data);
  lend_taken = TRUE;
}

void
lwsg_lend_VOID__OBJECT_BOXED (GClosure *closure, GValue *returned, guint n_values, const GValue *values,
                              gpointer hint, gpointer marshal_data)
{
  lwsg_marshal_VOID__OBJECT_BOXED (closure, returned, n_values, values, hint, marshal_data);
  lend_taken = TRUE;
}
