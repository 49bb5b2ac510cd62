/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "script.h"

#include <string.h>

static void
step_free (gpointer data)
{
  ScriptStep *step = data;

  g_free (step->verb);
  g_free (step->rest);
  g_free (step);
}

Script *
script_new (const char *name)
{
  Script *script = g_new0 (Script, 1);

  script->name = g_strdup (name);
  script->for_server = script->for_client = TRUE;
  script->steps = g_ptr_array_new_with_free_func (step_free);

  return script;
}

void
script_free (Script *script)
{
  g_free (script->name);
  g_ptr_array_unref (script->steps);
  g_free (script);
}

void
script_add (Script *script, const char *verb, const char *format, ...)
{
  ScriptStep *step = g_new0 (ScriptStep, 1);
  va_list arguments;

  va_start (arguments, format);
  step->rest = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  step->verb = g_strdup (verb);
  g_ptr_array_add (script->steps, step);
}

static void
read_line (GPtrArray *scripts, char *line)
{
  Script *script = scripts->len > 0 ? g_ptr_array_index (scripts, scripts->len - 1) : NULL;
  char *rest;

  if (line[0] == '[')
    {
      line[strlen (line) - 1] = '\0';
      g_ptr_array_add (scripts, script_new (line + 1));
      return;
    }

  g_assert_nonnull (script);
  if (g_str_has_prefix (line, "roles:"))
    {
      script->for_server = strstr (line, "server") != NULL;
      script->for_client = strstr (line, "client") != NULL;
      return;
    }
  rest = strchr (line, ' ');
  if (rest != NULL)
    *rest++ = '\0';
  script_add (script, line, "%s", rest != NULL ? rest : "");
}

GPtrArray *
script_load (const char *file)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *scripts = g_ptr_array_new_with_free_func ((GDestroyNotify) script_free);

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0' && lines[i][0] != '#')
      read_line (scripts, lines[i]);
  g_assert_cmpuint (scripts->len, >, 0);

  return scripts;
}
