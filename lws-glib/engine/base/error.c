/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>

G_DEFINE_QUARK (lws-glib-engine-error-quark, engine_error)

char *
engine_error_translate (const WireText *text)
{
  /* An owner may have refused without a word. */
  return text->format != NULL ? wire_text_write (text, _(text->format)) : g_strdup (_("no reason was given"));
}

GError *
engine_error_new_from_gio (const GError *error, EngineError code, const char *format, ...)
{
  GError *made;
  va_list args;

  va_start (args, format);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED))
    made = g_error_new_valist (ENGINE_ERROR, (int) code, format, args);
  else
    made = g_error_new_valist (error->domain, error->code, format, args);
  va_end (args);

  return made;
}

void
engine_error_set_system (GError **error, EngineError code, int failure, const char *format, ...)
{
  const GError cause = { .domain = G_IO_ERROR, .code = (int) g_io_error_from_errno (failure) };
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_propagate_error (error, engine_error_new_from_gio (&cause, code, "%s", text));
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
