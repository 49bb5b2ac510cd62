/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vectors.h"

#include <string.h>

GKeyFile *
vectors_load (const char *name)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", name, NULL);

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);

  return g_steal_pointer (&file);
}

static const char *
read_quoted (const char *text, GByteArray *bytes)
{
  const char *end = strchr (text, '"');

  g_assert_nonnull (end);
  g_byte_array_append (bytes, (const guint8 *) text, end - text);

  return end + 1;
}

static const char *
read_byte (const char *text, GByteArray *bytes)
{
  guint8 byte;
  guint count = 1, start = bytes->len;

  g_assert_true (g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1]));
  byte = g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]);
  text += 2;
  if (*text == '*')
    count = (guint) g_ascii_strtoull (text + 1, (char **) &text, 10);
  g_byte_array_set_size (bytes, start + count);
  memset (bytes->data + start, byte, count);

  return text;
}

GByteArray *
vectors_bytes (const char *text)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  while (*text != '\0')
    {
      if (*text == ' ')
        text++;
      else if (*text == '"')
        text = read_quoted (text + 1, bytes);
      else
        text = read_byte (text, bytes);
    }

  return g_steal_pointer (&bytes);
}

GByteArray *
vectors_get_bytes (GKeyFile *file, const char *group, const char *key)
{
  g_autofree char *text = g_key_file_get_value (file, group, key, NULL);

  return text != NULL ? vectors_bytes (text) : NULL;
}
