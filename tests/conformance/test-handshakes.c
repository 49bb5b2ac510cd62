/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 6455, sections 4, 9 and 11: the opening handshake of both roles of both APIs.
 */
#include "handshake-script.h"

#include <string.h>
#include <unistd.h>

static char *
get_field (const char *head, const char *name)
{
  g_autofree char *start = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (head, start);

  if (found == NULL)
    return NULL;
  g_assert_null (strstr (found + 2, start));
  found += strlen (start);

  return g_strndup (found, strcspn (found, "\r"));
}

static void
expect_field (const char *head, const char *name, const char *value)
{
  g_autofree char *found = get_field (head, name);

  g_assert_cmpstr (found, ==, value);
}

/* What our client asks, and that it says nothing more until it has the answer. */
static void
test_request (Scene *scene, gconstpointer data)
{
  g_autofree char *request = NULL;
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", scene->port);
  g_autofree char *key = NULL;
  g_autofree guint8 *nonce = NULL;
  gsize length;

  scene_meet (scene, "chat, superchat");
  request = raw_peer_read_head (scene->peer);
  g_assert_true (g_str_has_prefix (request, "GET /where?how HTTP/1.1\r\n"));
  expect_field (request, "Host", host);
  expect_field (request, "Upgrade", "websocket");
  expect_field (request, "Connection", "Upgrade");
  expect_field (request, "Sec-WebSocket-Version", "13");
  expect_field (request, "Sec-WebSocket-Protocol", "chat, superchat");
  key = get_field (request, "Sec-WebSocket-Key");
  g_assert_cmpuint (strlen (key), ==, 24);
  nonce = g_base64_decode (key, &length);
  g_assert_cmpuint (length, ==, 16);

  for (guint i = 0; i < 20; i++)
    raw_peer_pump (scene->peer);
  g_assert_cmpuint (scene->peer->input->len, ==, 0);
  g_assert_cmpuint (scene->end->opened, ==, 0);
  scene_answer (scene, request, RAW_PEER_SWITCHING "Sec-WebSocket-Protocol: chat\r\n\r\n");
  END_UNTIL (scene->end, scene->end->opened == 1);
  scene_part (scene);
}

/* A key for each connection: of a hundred no two are alike, and no byte of theirs is
 * always the same. */
static void
test_nonces (Scene *scene, gconstpointer data)
{
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint8 first[16], differs[16] = { 0 };

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *request = NULL;
      g_autofree guint8 *nonce = NULL;
      gsize length;
      char *key;

      scene_meet (scene, NULL);
      request = raw_peer_read_head (scene->peer);
      key = get_field (request, "Sec-WebSocket-Key");
      nonce = g_base64_decode (key, &length);
      g_assert_cmpuint (length, ==, 16);
      g_assert_true (g_hash_table_add (keys, key));
      if (i == 0)
        memcpy (first, nonce, sizeof first);
      for (guint j = 0; j < sizeof first; j++)
        differs[j] |= nonce[j] ^ first[j];
      g_clear_pointer (&scene->peer, raw_peer_free);
      END_UNTIL (scene->end, scene->end->failed == i + 1);
    }
  for (guint j = 0; j < sizeof first; j++)
    g_assert_cmpuint (differs[j], !=, 0);
}

/* Nobody listens. */
static void
test_refused_connection (Scene *scene, gconstpointer data)
{
  close (scene->listener);
  scene->listener = -1;
  scene->end->face->dial (scene->end, scene->port, NULL);
  END_UNTIL (scene->end, scene->end->failed == 1);
  g_assert_cmpuint (scene->end->opened, ==, 0);
}

/* Frames that follow the handshake at once, in the same bytes. */
static void
test_eager_frame (Scene *scene, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *head = NULL;

  scene_meet (scene, NULL);
  if (scene->setting->role == WIRE_ROLE_SERVER)
    head = g_strdup (raw_peer_upgrade_request);
  else
    {
      g_autofree char *request = raw_peer_read_head (scene->peer);

      head = raw_peer_fill_in_accept (request, RAW_PEER_SWITCHING "\r\n");
    }
  g_byte_array_append (bytes, (const guint8 *) head, (guint) strlen (head));
  scene_append_frame (scene, bytes, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "eager", 5);
  scene_send (scene, bytes->data, bytes->len);
  if (scene->setting->role == WIRE_ROLE_SERVER)
    {
      g_autofree char *answer = raw_peer_read_head (scene->peer);

      g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 101 "));
    }
  END_UNTIL (scene->end, scene->end->payload->len == 5);
  g_assert_cmpmem (scene->end->payload->data, 5, "eager", 5);
  scene_part (scene);
}

static void
register_all (GPtrArray *scripts)
{
  for (guint i = 0; i < scripts->len; i++)
    handshake_script_register (g_ptr_array_index (scripts, i));
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GPtrArray) answers = NULL;

  g_test_init (&argc, &argv, NULL);

  requests = script_load ("requests.txt");
  register_all (requests);
  answers = script_load ("answers.txt");
  register_all (answers);
  scene_add_closed ("4.1/request", WIRE_ROLE_CLIENT, FALSE, test_request, NULL);
  scene_add_closed ("4.1/refused-connection", WIRE_ROLE_CLIENT, FALSE, test_refused_connection, NULL);
  scene_add_closed ("4.1/nonces", WIRE_ROLE_CLIENT, FALSE, test_nonces, NULL);
  scene_add_closed ("4.1/eager-frame", WIRE_ROLE_SERVER, TRUE, test_eager_frame, NULL);
  scene_add_closed ("4.1/eager-frame", WIRE_ROLE_CLIENT, TRUE, test_eager_frame, NULL);

  return g_test_run ();
}
