/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <glib/gi18n-lib.h>
#include <stdarg.h>

/* Texts that say what is wrong with a head or a frame. They are English here; the layers above
 * write them in the language of who reads them. */

#define WIRE_TEXT_ARGUMENTS 4

/* What comes from a peer is cut to 60 characters at most. */
#define WIRE_TEXT_ARGUMENT_SIZE 64

typedef struct {
  const char *format;           /* lives for ever, and is marked for translation */
  char arguments[WIRE_TEXT_ARGUMENTS][WIRE_TEXT_ARGUMENT_SIZE]; /* each as the format has it */
} WireText;

/* The directives that a format may have: %s with or without a precision, %c, %d, %u, %llu and %x,
 * the latter with or without a width. What of an argument is not printable ASCII becomes \xNN. */
void wire_text_set (WireText *text, const char *format, va_list args) G_GNUC_PRINTF (2, 0);

/* The text by its own format, or by a translation of that, which may have its directives in
 * another order ("%2$s"). */
char *wire_text_write (const WireText *text, const char *format);
