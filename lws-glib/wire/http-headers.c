/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-head-private.h"

#include <string.h>

/* The headers of a head that was parsed, and what some of them mean. */

guint
wire_head_find (const WireHead *head, const char *name, guint from)
{
  gsize length = strlen (name);

  while (from < head->n_headers &&
         (head->headers[from].name_length != length || g_ascii_strcasecmp (head->headers[from].name, name) != 0))
    from++;

  return from;
}

const char *
wire_head_get (const WireHead *head, const char *name)
{
  guint i = wire_head_find (head, name, 0);

  return i < head->n_headers ? head->headers[i].value : NULL;
}

gboolean
wire_head_has_token (const WireHead *head, const char *name, const char *token)
{
  gsize token_length = strlen (token);

  for (guint i = wire_head_find (head, name, 0); i < head->n_headers; i = wire_head_find (head, name, i + 1))
    {
      const char *cursor = head->headers[i].value;
      const char *element;
      gsize length;

      while (wire_token_next (&cursor, &element, &length))
        {
          if (length == token_length && g_ascii_strncasecmp (element, token, length) == 0)
            return TRUE;
        }
    }

  return FALSE;
}

/* Digits and nothing else: strtoull() would take signs and spaces too. */
static gboolean
parse_length (const char *digits, gint64 *length)
{
  gint64 value = 0;

  if (*digits == '\0')
    return FALSE;

  for (; *digits != '\0'; digits++)
    {
      if (!g_ascii_isdigit (*digits) || __builtin_mul_overflow (value, 10, &value) ||
          __builtin_add_overflow (value, g_ascii_digit_value (*digits), &value))
        return FALSE;
    }
  *length = value;

  return TRUE;
}

gboolean
wire_head_body (const WireHead *head, gint64 *length, gboolean *chunked, WireRefusal *refusal)
{
  const char *digits = wire_head_get (head, "Content-Length");

  *length = -1;
  *chunked = wire_head_get (head, "Transfer-Encoding") != NULL;

  if (*chunked && digits != NULL)
    return wire_refusal_set (refusal, 400, N_("Content-Length beside Transfer-Encoding"));
  if (*chunked && head->minor_version == 0)
    return wire_refusal_set (refusal, 400, N_("Transfer-Encoding in HTTP/1.0"));
  if (digits != NULL && !parse_length (digits, length))
    return wire_refusal_set (refusal, 400, N_("expected a number in Content-Length, got %.60s"), digits);

  return TRUE;
}

gboolean
wire_head_keeps_alive (const WireHead *head)
{
  if (wire_head_has_token (head, "Connection", "close"))
    return FALSE;

  return head->minor_version >= 1 || wire_head_has_token (head, "Connection", "keep-alive");
}
