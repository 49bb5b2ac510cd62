/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-lend-private.h"

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
}
