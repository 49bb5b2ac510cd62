/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 6455, sections 5 to 8: what peers send, right and wrong, against both roles of
 * both APIs.
 */
#include "../wire/vectors.h"
#include "frame-script.h"

static char *
write_bytes (const guint8 *bytes, gsize length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, " %02x", bytes[i]);

  return g_string_free (text, FALSE);
}

/* A text that is good up to the byte @refused_at, the first being 1: a frame that never
 * comes to its end, and one that is cut before that byte, where nothing is wrong yet. */
static void
script_bad_text (Script *script, const GByteArray *text, gsize refused_at)
{
  g_autofree char *good = write_bytes (text->data, refused_at - 1);
  g_autofree char *bad = write_bytes (text->data + refused_at - 1, 1);

  script_add (script, "frame", "01%s", good);
  script_add (script, "frame", "89 \"good so far\"");
  script_add (script, "expect", "8a \"good so far\"");
  script_add (script, "header", "00 16 1000");
  script_add (script, "payload", "%s", bad);
  script_add (script, "fails", "1007");
}

static Script *
utf8_script (GKeyFile *file, const char *group)
{
  g_autofree char *name = g_strdup_printf ("8.1/vectors/%s", group);
  g_autoptr (GByteArray) text = vectors_get_bytes (file, group, "input");
  g_autofree char *bytes = write_bytes (text->data, text->len);
  int refused_at = g_key_file_get_integer (file, group, "refused-at", NULL);
  Script *script = script_new (name);

  if (refused_at > 0)
    script_bad_text (script, text, (gsize) refused_at);
  else
    {
      script_add (script, "frame", "81%s", bytes);
      if (g_key_file_get_boolean (file, group, "incomplete", NULL))
        script_add (script, "fails", "1007");
      else
        script_add (script, "got", "text%s", bytes);
    }

  return script;
}

/* Those of the wire layer, in a connection. */
static GPtrArray *
load_utf8_vectors (void)
{
  g_autoptr (GKeyFile) file = vectors_load ("../../wire/data/utf8.ini");
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  GPtrArray *scripts = g_ptr_array_new_with_free_func ((GDestroyNotify) script_free);

  for (guint i = 0; groups[i] != NULL; i++)
    g_ptr_array_add (scripts, utf8_script (file, groups[i]));

  return scripts;
}

static void
register_all (GPtrArray *scripts)
{
  for (guint i = 0; i < scripts->len; i++)
    frame_script_register (g_ptr_array_index (scripts, i));
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) frames = NULL;
  g_autoptr (GPtrArray) texts = NULL;

  g_test_init (&argc, &argv, NULL);

  frames = script_load ("frames.txt");
  register_all (frames);
  texts = load_utf8_vectors ();
  register_all (texts);

  return g_test_run ();
}
