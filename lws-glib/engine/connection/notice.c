/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/notice-private.h"

#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"

#include <glib/gi18n-lib.h>

/* Between two lines of a kind: who reads the log of a day has some thousand of them at most. */
#define NOTICE_TICKS 60

void
engine_notice (EngineContext *context, EngineNotice notice, const char *format, ...)
{
  EngineNoticeState *state = &context->notices[notice];
  const guint32 now = engine_context_now (context);
  g_autofree char *text = NULL;
  va_list arguments;

  if (state->begun && (gint32) (now - state->next) < 0)
    {
      state->left_out++;
      return;
    }

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (state->left_out > 0)
    g_info (_("%s (and %u of the kind since the last one)"), text, state->left_out);
  else
    g_info ("%s", text);
  *state = (EngineNoticeState){ .next = now + NOTICE_TICKS, .begun = TRUE };
}
