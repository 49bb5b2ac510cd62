/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "text-private.h"

#include <string.h>

/* "\xNN" */
#define ESCAPE_SIZE 4

/* No width is given, or no precision. */
#define NOT_GIVEN (-1)

typedef struct {
  guint position;               /* of the argument; 0: the next */
  int width;
  int precision;
  gboolean precision_is_argument;
  gboolean is_long;             /* ll */
  char conversion;
} Directive;

static void
escape (char *to, gsize size, const char *from)
{
  char *end = to + size - 1;

  for (; *from != '\0'; from++)
    {
      gsize needed = g_ascii_isprint (*from) ? 1 : ESCAPE_SIZE;

      if ((gsize) (end - to) < needed)
        break;
      if (needed == 1)
        *to = *from;
      else
        g_snprintf (to, ESCAPE_SIZE + 1, "\\x%02x", (guint) (guint8) *from);
      to += needed;
    }

  *to = '\0';
}

static int
read_number (const char **format)
{
  int number = 0;

  if (!g_ascii_isdigit (**format))
    return NOT_GIVEN;
  while (g_ascii_isdigit (**format))
    number = number * 10 + g_ascii_digit_value (*(*format)++);

  return number;
}

/* Behind a '%'. */
static Directive
read_directive (const char **format)
{
  Directive directive = { .precision = NOT_GIVEN };

  directive.width = read_number (format);
  if (**format == '$')
    {
      directive.position = (guint) directive.width;
      (*format)++;
      directive.width = read_number (format);
    }
  if (**format == '.')
    {
      (*format)++;
      directive.precision_is_argument = **format == '*';
      *format += directive.precision_is_argument ? 1 : 0;
      directive.precision = read_number (format);
    }
  directive.is_long = g_str_has_prefix (*format, "ll");
  *format += directive.is_long ? 2 : 0;
  directive.conversion = **format;
  *format += **format != '\0' ? 1 : 0;

  return directive;
}

static void
write_string (char *out, const Directive *directive, va_list *args)
{
  char raw[WIRE_TEXT_ARGUMENT_SIZE];
  int precision = directive->precision_is_argument ? va_arg (*args, int) : directive->precision;
  const char *string = va_arg (*args, const char *);

  /* Behind its precision a string need not end. */
  g_snprintf (raw, sizeof raw, "%.*s", precision >= 0 ? precision : WIRE_TEXT_ARGUMENT_SIZE, string);
  escape (out, WIRE_TEXT_ARGUMENT_SIZE, raw);
}

static void
write_argument (char *out, const Directive *directive, va_list *args)
{
  char character[2] = { 0 };

  switch (directive->conversion)
    {
    case 's':
      write_string (out, directive, args);
      return;
    case 'c':
      character[0] = (char) va_arg (*args, int);
      escape (out, WIRE_TEXT_ARGUMENT_SIZE, character);
      return;
    case 'd':
      g_snprintf (out, WIRE_TEXT_ARGUMENT_SIZE, "%d", va_arg (*args, int));
      return;
    case 'u':
      g_snprintf (out, WIRE_TEXT_ARGUMENT_SIZE, "%llu",
                  directive->is_long ? va_arg (*args, unsigned long long) : va_arg (*args, guint));
      return;
    case 'x':
      g_snprintf (out, WIRE_TEXT_ARGUMENT_SIZE, "%0*x", MAX (directive->width, 1), va_arg (*args, guint));
      return;
    default:
      /* A format of ours that this does not know; what follows can't be read any more. */
      g_return_if_reached ();
    }
}

void
wire_text_set (WireText *text, const char *format, va_list args)
{
  va_list rest;
  guint n = 0;

  memset (text, 0, sizeof *text);
  text->format = format;
  va_copy (rest, args);
  for (const char *cursor = strchr (format, '%'); cursor != NULL; cursor = strchr (cursor, '%'))
    {
      Directive directive;

      cursor++;
      directive = read_directive (&cursor);
      if (directive.conversion != '%' && n < WIRE_TEXT_ARGUMENTS)
        write_argument (text->arguments[n++], &directive, &rest);
    }
  va_end (rest);
}

char *
wire_text_write (const WireText *text, const char *format)
{
  GString *out = g_string_new (NULL);
  guint next = 1;

  while (*format != '\0')
    {
      gsize literal = strcspn (format, "%");
      Directive directive;
      guint position;

      g_string_append_len (out, format, (gssize) literal);
      format += literal;
      if (*format == '\0')
        break;

      format++;
      directive = read_directive (&format);
      position = directive.position > 0 ? directive.position : next;
      if (directive.conversion == '%')
        g_string_append_c (out, '%');
      else if (position <= WIRE_TEXT_ARGUMENTS)
        g_string_append (out, text->arguments[position - 1]);
      if (directive.conversion != '%')
        next++;
    }

  return g_string_free (out, FALSE);
}
