/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "head-reader.h"
#include "wire/extension-private.h"

/* The list as it was understood, "!" at its end where it is malformed. */
static char *
read_list (const char *headers)
{
  g_autofree char *request = g_strconcat ("GET / HTTP/1.1\r\nHost: h\r\n", headers, "\r\n", NULL);
  GString *text = g_string_new (NULL);
  HeadReading reading;
  WireExtensionIter iter = { 0 };
  WireExtension extension;
  WireExtensionResult result;

  head_reading_run (&reading, WIRE_HEAD_REQUEST, request, strlen (request), HEAD_READING_WHOLE);
  g_assert_true (reading.parsed);
  while ((result = wire_extension_next (&reading.head, &iter, &extension)) == WIRE_EXTENSION_FOUND)
    {
      g_string_append_len (text, extension.name, (gssize) extension.name_length);
      for (guint i = 0; i < MIN (extension.n_parameters, WIRE_EXTENSION_PARAMETERS_MAX); i++)
        {
          const WireExtensionParameter *parameter = &extension.parameters[i];
          const gsize kept = MIN (parameter->value_length, WIRE_EXTENSION_VALUE_MAX);

          g_string_append_c (text, ';');
          g_string_append_len (text, parameter->name, (gssize) parameter->name_length);
          if (parameter->has_value)
            {
              g_string_append_c (text, '=');
              g_string_append_len (text, parameter->value, (gssize) kept);
              if (parameter->value_length > WIRE_EXTENSION_VALUE_MAX)
                g_string_append_printf (text, "..%zu", parameter->value_length);
            }
        }
      if (extension.n_parameters > WIRE_EXTENSION_PARAMETERS_MAX)
        g_string_append_printf (text, ";..%u", extension.n_parameters);
      g_string_append_c (text, ' ');
    }
  g_string_append (text, result == WIRE_EXTENSION_MALFORMED ? "!" : "");
  head_reading_clear (&reading);

  return g_string_free (text, FALSE);
}

#define HEADER "Sec-WebSocket-Extensions: "

static const struct {
  const char *headers;
  const char *expected;
} lists[] = {
  { "", "" },
  { HEADER "a\r\n", "a " },
  { HEADER "a, b\r\n", "a b " },
  { HEADER "a\r\n" HEADER "b;x\r\n", "a b;x " },
  { HEADER ",, a ,,b, ,\r\n", "a b " },
  { HEADER "a;x;y=1;z=\"2\"\r\n", "a;x;y=1;z=2 " },
  { HEADER "a ; x ; y = 1 ; z = \"2\" , b\r\n", "a;x;y=1;z=2 b " },
  { HEADER "a;x=\"1\\5\"\r\n", "a;x=15 " },
  { HEADER "a;x=\"\\1\\2\\3\\4\"\r\n", "a;x=123..4 " },
  { HEADER "a;x=12345\r\n", "a;x=123..5 " },
  { HEADER "a;p;p;p;p;p;p\r\n", "a;p;p;p;p;..6 " },
  { HEADER "\r\n", "!" },
  { HEADER ",, ,\r\n", "!" },
  { HEADER "a\r\n" HEADER ",\r\n", "a !" },
  { HEADER "a b\r\n", "!" },
  { HEADER "a, b c\r\n", "a !" },
  { HEADER ";a\r\n", "!" },
  { HEADER "a;\r\n", "!" },
  { HEADER "a;,b\r\n", "!" },
  { HEADER "a;x=\r\n", "!" },
  { HEADER "a;=1\r\n", "!" },
  { HEADER "a;x=1 2\r\n", "!" },
  { HEADER "a;x=\"\"\r\n", "!" },
  { HEADER "a;x=\"1 2\"\r\n", "!" },
  { HEADER "a;x=\"1,2\"\r\n", "!" },
  { HEADER "a;x=\"1\r\n", "!" },
  { HEADER "a;x=\"1\\\r\n", "!" },
  { HEADER "a;x=\"\\\"\"\r\n", "!" },
  { HEADER "a;x=\"1\"2\r\n", "!" },
  { HEADER "\"a\"\r\n", "!" },
  { HEADER "a=1\r\n", "!" },
  { HEADER "a;x@=1\r\n", "!" },
  { HEADER "\xc3\xa4\r\n", "!" },
};

static void
test_list (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *read = read_list (lists[i].headers);

  g_assert_cmpstr (read, ==, lists[i].expected);
}

/* A head full of what makes careless parsers start over again and again. */
static void
test_runs (void)
{
  static const char *const runs[] = { ",", " ", "\t", "\"", ";", "=", "\\", "a", "a;", "a,", "a;x=\"", ", " };
  /* Below the limit of a head. */
  const guint size = 15000;

  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      GString *headers = g_string_new (HEADER "a;x=\"");
      g_autofree char *read = NULL;

      while (headers->len < size)
        g_string_append (headers, runs[i]);
      g_string_append (headers, "\"\r\n");
      read = read_list (headers->str);
      g_assert_cmpuint (strlen (read), <=, size);
      g_string_free (headers, TRUE);
    }
}

static void
test_names (void)
{
  WireExtension extension = { .name = "foo-bar", .name_length = 3 };

  g_assert_true (wire_extension_is (&extension, "foo"));
  g_assert_false (wire_extension_is (&extension, "Foo"));
  g_assert_false (wire_extension_is (&extension, "fo"));
  g_assert_false (wire_extension_is (&extension, "foo-"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire/extension/list/%u", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_list);
    }
  g_test_add_func ("/wire/extension/runs", test_runs);
  g_test_add_func ("/wire/extension/names", test_names);

  return g_test_run ();
}
