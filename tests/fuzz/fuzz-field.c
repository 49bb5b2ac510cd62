/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "wire/http-field-private.h"
#include "wire/subprotocol-private.h"

#include <string.h>

/* What the fields of heads are made of: characters and lists of tokens.
 *
 * Input: one value. */

#define TCHARS "!#$%&'*+-.^_`|~"

static gboolean
is_token_slowly (const char *text)
{
  gboolean token = *text != '\0';

  for (; *text != '\0'; text++)
    token &= g_ascii_isalnum (*text) || strchr (TCHARS, *text) != NULL;

  return token;
}

static gboolean
is_visible_slowly (const char *text)
{
  gboolean visible = *text != '\0';

  for (; *text != '\0'; text++)
    visible &= g_ascii_isgraph (*text);

  return visible;
}

static gboolean
is_value_slowly (const char *text)
{
  gboolean value = TRUE;

  for (; *text != '\0'; text++)
    value &= *text == '\t' || !g_ascii_iscntrl (*text);

  return value;
}

/* The elements of the list, found by splitting at every comma. */
static GPtrArray *
split_slowly (const char *value)
{
  GPtrArray *elements = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *start = parts[i] + strspn (parts[i], " \t");
      gsize length = strlen (start);

      while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
      if (length > 0)
        g_ptr_array_add (elements, g_strndup (start, length));
    }

  return elements;
}

static void
check_list (const char *value, GPtrArray *expected)
{
  const char *cursor = value;
  const char *element;
  gsize length;

  for (guint i = 0; i < expected->len; i++)
    {
      const char *text = expected->pdata[i];

      g_assert_true (wire_token_next (&cursor, &element, &length));
      g_assert_cmpmem (element, length, text, strlen (text));
      g_assert_cmpint (wire_is_token (element, length), ==, is_token_slowly (text));
    }
  g_assert_false (wire_token_next (&cursor, &element, &length));
}

static void
check_subprotocols (const char *value, GPtrArray *elements)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  WireSubprotocols subprotocols = { 0 };
  WireRefusal refusal = { 0 };
  gboolean good = elements->len <= WIRE_SUBPROTOCOLS_MAX;

  for (guint i = 0; i < elements->len; i++)
    {
      good &= is_token_slowly (elements->pdata[i]);
      good &= g_hash_table_add (seen, elements->pdata[i]);
    }

  g_assert_cmpint (wire_subprotocols_add (&subprotocols, value, &refusal), ==, good);
  if (good)
    g_assert_cmpuint (subprotocols.n, ==, elements->len);
  else
    g_assert_cmpuint (refusal.status, ==, 400);
  for (guint i = 0; i < subprotocols.n; i++)
    g_assert_true (wire_subprotocols_contain (&subprotocols, elements->pdata[i], strlen (elements->pdata[i])));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  g_autofree char *value = fuzz_input_text (&input);
  g_autoptr (GPtrArray) elements = split_slowly (value);

  g_assert_cmpint (wire_is_token (value, strlen (value)), ==, is_token_slowly (value));
  g_assert_cmpint (wire_is_visible (value), ==, is_visible_slowly (value));
  g_assert_cmpint (wire_is_field_value (value), ==, is_value_slowly (value));
  check_list (value, elements);
  check_subprotocols (value, elements);

  return 0;
}
