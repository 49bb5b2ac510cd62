/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "extension-private.h"

#include <string.h>

static const char *
skip_blanks (const char *at)
{
  while (wire_char_is_blank (*at))
    at++;

  return at;
}

static gboolean
read_token (const char **at, const char **token, gsize *length)
{
  *token = *at;
  while (wire_char_is (**at, WIRE_CHAR_TOKEN))
    (*at)++;
  *length = (gsize) (*at - *token);

  return *length > 0;
}

static void
add_to_value (WireExtensionParameter *parameter, char c)
{
  if (parameter->value_length < WIRE_EXTENSION_VALUE_MAX)
    parameter->value[parameter->value_length] = c;
  parameter->value_length++;
}

/* A quoted string stands for the token that is left without quotes and backslashes. */
static gboolean
read_quoted (const char **at, WireExtensionParameter *parameter)
{
  const char *c = *at + 1;

  for (; *c != '"'; c++)
    {
      if (*c == '\\')
        c++;
      if (!wire_char_is (*c, WIRE_CHAR_TOKEN))
        return FALSE;
      add_to_value (parameter, *c);
    }
  *at = c + 1;

  return parameter->value_length > 0;
}

static gboolean
read_value (const char **at, WireExtensionParameter *parameter)
{
  const char *token;
  gsize length;

  parameter->has_value = TRUE;
  if (**at == '"')
    return read_quoted (at, parameter);
  if (!read_token (at, &token, &length))
    return FALSE;

  memcpy (parameter->value, token, MIN (length, WIRE_EXTENSION_VALUE_MAX));
  parameter->value_length = length;

  return TRUE;
}

/* From the semicolon on. */
static gboolean
read_parameter (const char **at, WireExtension *extension)
{
  WireExtensionParameter parameter = { 0 };

  *at = skip_blanks (*at + 1);
  if (!read_token (at, &parameter.name, &parameter.name_length))
    return FALSE;
  *at = skip_blanks (*at);
  if (**at == '=')
    {
      *at = skip_blanks (*at + 1);
      if (!read_value (at, &parameter))
        return FALSE;
      *at = skip_blanks (*at);
    }

  if (extension->n_parameters < WIRE_EXTENSION_PARAMETERS_MAX)
    extension->parameters[extension->n_parameters] = parameter;
  extension->n_parameters++;

  return TRUE;
}

static gboolean
read_extension (const char **at, WireExtension *extension)
{
  extension->n_parameters = 0;
  if (!read_token (at, &extension->name, &extension->name_length))
    return FALSE;

  *at = skip_blanks (*at);
  while (**at == ';')
    if (!read_parameter (at, extension))
      return FALSE;

  return **at == ',' || **at == '\0';
}

/* Elements of a list may be empty, but not all of them (RFC 2616 section 2.1). */
static WireExtensionResult
read_element (WireExtensionIter *iter, WireExtension *extension)
{
  while (*iter->cursor == ',' || wire_char_is_blank (*iter->cursor))
    iter->cursor++;

  if (*iter->cursor == '\0')
    return iter->found ? WIRE_EXTENSION_END : WIRE_EXTENSION_MALFORMED;

  iter->found = TRUE;

  return read_extension (&iter->cursor, extension) ? WIRE_EXTENSION_FOUND : WIRE_EXTENSION_MALFORMED;
}

WireExtensionResult
wire_extension_next (const WireHead *head, WireExtensionIter *iter, WireExtension *extension)
{
  for (;;)
    {
      WireExtensionResult result = iter->cursor != NULL ? read_element (iter, extension) : WIRE_EXTENSION_END;
      guint i;

      if (result != WIRE_EXTENSION_END)
        return result;

      i = wire_head_find (head, "Sec-WebSocket-Extensions", iter->header);
      if (i == head->n_headers)
        {
          iter->cursor = NULL;
          iter->header = i;
          return WIRE_EXTENSION_END;
        }
      *iter = (WireExtensionIter){ .header = i + 1, .cursor = head->headers[i].value };
    }
}

gboolean
wire_extension_is (const WireExtension *extension, const char *name)
{
  return strlen (name) == extension->name_length && memcmp (name, extension->name, extension->name_length) == 0;
}
