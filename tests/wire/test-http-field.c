/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "wire/http-field-private.h"

#include <string.h>

/* Far above what a linear reader needs for a long list, far below what a
 * quadratic one would take. */
#define LONG_LIST_SIZE (4 * 1024 * 1024)
#define LONG_LIST_SECONDS 20

static void
test_characters (void)
{
  for (guint c = 1; c < 256; c++)
    {
      const char text[] = { 'a', (char) c, '\0' };
      gboolean letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

      g_assert_cmpint (wire_is_token (text, 2), ==, letter || strchr ("!#$%&'*+-.^_`|~", c) != NULL);
      g_assert_cmpint (wire_is_field_value (text), ==, c == '\t' || (c >= 0x20 && c != 0x7f));
      g_assert_cmpint (wire_is_visible (text), ==, c > 0x20 && c < 0x7f);
    }

  g_assert_false (wire_is_token ("", 0));
  g_assert_false (wire_is_token ("a\0", 2));
  g_assert_true (wire_is_token ("a b", 1));
  g_assert_true (wire_is_field_value (""));
  g_assert_false (wire_is_visible (""));
}

static const struct {
  const char *list;
  const char *elements;         /* with '|' between them */
} lists[] = {
  { "", "" },
  { " \t ", "" },
  { ",", "" },
  { ", ,\t,", "" },
  { "a", "a" },
  { " a ", "a" },
  { "a,b", "a|b" },
  { "a , b\t,\tc ", "a|b|c" },
  { ",a,,b,", "a|b" },
  { "a b, c", "a b|c" },
};

static void
test_lists (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GString) elements = g_string_new (NULL);
      const char *cursor = lists[i].list;
      const char *token;
      gsize length;

      while (wire_token_next (&cursor, &token, &length))
        {
          if (elements->len > 0)
            g_string_append_c (elements, '|');
          g_string_append_len (elements, token, length);
        }
      g_assert_cmpstr (elements->str, ==, lists[i].elements);
      g_assert_false (wire_token_next (&cursor, &token, &length));
    }
}

static void
test_long_lists (void)
{
  static const char *const patterns[] = { " ", ",", ", ", "\t,", "a", "a ", "a,", "a  \t" };

  g_test_timer_start ();
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr (GString) list = g_string_sized_new (LONG_LIST_SIZE);
      const char *cursor;
      const char *token;
      gsize length;
      gsize n = 0;

      while (list->len < LONG_LIST_SIZE)
        g_string_append (list, patterns[i]);
      for (cursor = list->str; wire_token_next (&cursor, &token, &length);)
        n++;
      g_assert_cmpuint (n, ==, patterns[i][0] != 'a' ? 0 : patterns[i][1] != ',' ? 1 : list->len / 2);
    }
  g_assert_cmpfloat (g_test_timer_elapsed (), <, LONG_LIST_SECONDS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http-field/characters", test_characters);
  g_test_add_func ("/http-field/lists", test_lists);
  g_test_add_func ("/http-field/long-lists", test_long_lists);

  return g_test_run ();
}
