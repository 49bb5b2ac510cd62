/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "handshake-script.h"

#include <string.h>

#define REQUEST_LINE "GET /path HTTP/1.1"
#define STATUS_LINE "HTTP/1.1 101 Switching Protocols"

static const char *const request_fields[] = {
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  NULL,
};

static const char *const answer_fields[] = {
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: %s",
  NULL,
};

static gboolean
is_named (const char *field, const char *name)
{
  gsize length = strlen (name);

  return g_ascii_strncasecmp (field, name, length) == 0 && field[length] == ':';
}

static void
remove_field (GPtrArray *fields, const char *name)
{
  for (guint i = fields->len; i > 0; i--)
    if (is_named (g_ptr_array_index (fields, i - 1), name))
      g_ptr_array_remove_index (fields, i - 1);
}

/* The value of the last step of this kind, or NULL. */
static const char *
find_step (const Script *script, const char *verb)
{
  const char *found = NULL;

  for (guint i = 0; i < script->steps->len; i++)
    {
      const ScriptStep *step = g_ptr_array_index (script->steps, i);

      if (g_str_equal (step->verb, verb))
        found = step->rest;
    }

  return found;
}

/* Answers 1xx before the one that counts. */
static void
append_interim (GString *head, const Script *script)
{
  for (guint i = 0; i < script->steps->len; i++)
    {
      const ScriptStep *step = g_ptr_array_index (script->steps, i);
      g_autofree char *lines = NULL;

      if (!g_str_equal (step->verb, "after"))
        continue;
      lines = g_strcompress (step->rest);
      g_string_append_printf (head, "%s\r\n\r\n", lines);
    }
}

static char *
build_head (const Script *script, WireRole role)
{
  const char *line = find_step (script, "line");
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  GString *head = g_string_new (NULL);
  const char *const *good = role == WIRE_ROLE_SERVER ? request_fields : answer_fields;

  append_interim (head, script);
  if (line == NULL)
    line = role == WIRE_ROLE_SERVER ? REQUEST_LINE : STATUS_LINE;
  g_string_append (head, line);
  for (guint i = 0; good[i] != NULL; i++)
    g_ptr_array_add (fields, g_strdup (good[i]));
  for (guint i = 0; i < script->steps->len; i++)
    {
      const ScriptStep *step = g_ptr_array_index (script->steps, i);

      if (g_str_equal (step->verb, "without"))
        remove_field (fields, step->rest);
      else if (g_str_equal (step->verb, "with"))
        g_ptr_array_add (fields, g_strdup (step->rest));
    }
  for (guint i = 0; i < fields->len; i++)
    g_string_append_printf (head, "\r\n%s", (const char *) g_ptr_array_index (fields, i));
  g_string_append (head, "\r\n\r\n");

  return g_string_free (head, FALSE);
}

static gboolean
head_has (const char *head, const char *field)
{
  g_autofree char *line = g_strdup_printf ("\r\n%s\r\n", field);

  return strstr (head, line) != NULL;
}

static gboolean
head_has_name (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    if (is_named (lines[i], name))
      return TRUE;

  return FALSE;
}

static void
expect_open (Scene *scene)
{
  END_UNTIL (scene->end, scene->end->opened == 1);
  g_assert_cmpuint (scene->end->failed, ==, 0);
  scene_part (scene);
}

/* --- our server */

static void
expect_refusal (Scene *scene, const char *status, const char *field)
{
  g_autofree char *head = raw_peer_read_head (scene->peer);
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %.3s ", status);

  g_assert_true (g_str_has_prefix (head, line));
  if (field != NULL && !head_has (head, field))
    g_error ("There is no \"%s\" in %s", field, head);
  raw_peer_expect_lost (scene->peer);
  g_assert_cmpuint (scene->end->opened, ==, 0);
}

/* Whatever the program answers, if anything. */
static void
expect_plain (Scene *scene)
{
  while (scene->peer->input->len == 0 && !scene->peer->ended)
    raw_peer_pump (scene->peer);
  if (scene->peer->input->len > 0)
    {
      g_autofree char *head = raw_peer_read_head (scene->peer);

      g_assert_false (g_str_has_prefix (head, "HTTP/1.1 101 "));
    }
  g_assert_cmpuint (scene->end->opened, ==, 0);
}

static void
check_switching (const char *head)
{
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
  g_assert_true (head_has (head, "Upgrade: websocket"));
  g_assert_true (head_has (head, "Connection: Upgrade"));
  g_assert_true (head_has (head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

static void
play_request (Scene *scene, const Script *script)
{
  g_autofree char *request = build_head (script, WIRE_ROLE_SERVER);
  const char *refused = find_step (script, "refused");
  const char *refused_with = find_step (script, "refused-with");
  const char *with = find_step (script, "opens-with");
  const char *without = find_step (script, "opens-without");
  g_autofree char *head = NULL;

  scene_meet (scene, NULL);
  scene_send (scene, (const guint8 *) request, strlen (request));
  if (find_step (script, "plain") != NULL)
    {
      expect_plain (scene);
      return;
    }
  if (refused != NULL)
    {
      expect_refusal (scene, refused, NULL);
      return;
    }
  if (refused_with != NULL)
    {
      expect_refusal (scene, refused_with, refused_with + 4);
      return;
    }

  head = raw_peer_read_head (scene->peer);
  check_switching (head);
  g_assert_true (with != NULL || !head_has_name (head, "Sec-WebSocket-Extensions"));
  g_assert_true (with == NULL || head_has (head, with));
  g_assert_true (without == NULL || !head_has_name (head, without));
  expect_open (scene);
}

/* --- our client */

static void
play_answer (Scene *scene, const Script *script)
{
  g_autofree char *answer = build_head (script, WIRE_ROLE_CLIENT);
  g_autofree char *request = NULL;

  scene_meet (scene, find_step (script, "asks"));
  request = raw_peer_read_head (scene->peer);
  scene_answer (scene, request, answer);
  if (find_step (script, "fails") == NULL)
    {
      expect_open (scene);
      return;
    }
  END_UNTIL (scene->end, scene->end->failed == 1);
  g_assert_cmpuint (scene->end->opened, ==, 0);
  g_assert_cmpuint (scene->end->closed, ==, 0);
  raw_peer_expect_lost (scene->peer);
}

static void
handshake_script_play (Scene *scene, gconstpointer data)
{
  if (scene->setting->role == WIRE_ROLE_SERVER)
    play_request (scene, data);
  else
    play_answer (scene, data);
}

void
handshake_script_register (Script *script)
{
  g_assert_true (script->for_server != script->for_client);

  scene_add_closed (script->name, script->for_server ? WIRE_ROLE_SERVER : WIRE_ROLE_CLIENT, TRUE,
                    handshake_script_play, script);
}
