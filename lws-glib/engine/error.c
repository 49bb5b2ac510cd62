/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "error-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

G_DEFINE_QUARK (lws-glib-engine-error-quark, engine_error)

char *
engine_error_translate (const WireText *text)
{
  /* An owner may have refused without a word. */
  return text->format != NULL ? wire_text_write (text, _(text->format)) : g_strdup (_("no reason was given"));
}

EngineError
engine_error_for (int failure)
{
  switch (failure)
    {
    case 0:
    case EBADF:
    case EINVAL:
    case EIO:
    case ENOBUFS:
    case ENOMEM:
    case ENOSYS:
    case EOVERFLOW:
      return ENGINE_ERROR_SYSTEM;
    default:
      return ENGINE_ERROR_CLOSED;
    }
}
