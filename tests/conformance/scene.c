/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scene.h"

#include <string.h>
#include <unistd.h>

static const EndFace *const faces[] = { &end_classic, &end_object };

static void
scene_set_up (Scene *scene, gconstpointer data)
{
  scene->setting = data;
  scene->listener = -1;
  scene->end = end_new (scene->setting->face, scene->setting->role);
  if (scene->setting->role == WIRE_ROLE_SERVER)
    scene->port = scene->end->face->listen (scene->end);
  else
    scene->listener = raw_listen (&scene->port);
}

static void
scene_set_up_open (Scene *scene, gconstpointer data)
{
  scene_set_up (scene, data);
  scene_meet (scene, NULL);
  scene_open (scene);
}

static void
scene_tear_down (Scene *scene, gconstpointer data)
{
  g_clear_pointer (&scene->peer, raw_peer_free);
  end_free (scene->end);
  if (scene->listener >= 0)
    close (scene->listener);
}

static void
run_test (Scene *scene, gconstpointer data)
{
  const SceneSetting *setting = data;

  setting->func (scene, setting->data);
}

/* They live as long as the program. */
static GSList *settings;

static const char *prefix = "rfc6455";

void
scene_set_prefix (const char *other)
{
  prefix = other;
}

static void
scene_register (const char *name, SceneSetting setting, gboolean open)
{
  g_autofree char *path = g_strdup_printf ("/%s/%s/%s-%s%s", prefix, name, setting.face->name,
                                           setting.role == WIRE_ROLE_SERVER ? "server" : "client",
                                           setting.bytewise ? "/bytewise" : "");
  SceneSetting *kept = g_new (SceneSetting, 1);

  *kept = setting;
  settings = g_slist_prepend (settings, kept);
  g_test_add (path, Scene, kept, open ? scene_set_up_open : scene_set_up, run_test, scene_tear_down);
}

static void
scene_register_all (const char *name, WireRole role, gboolean bytewise, SceneFunc func, gpointer data, gboolean open)
{
  for (guint i = 0; i < G_N_ELEMENTS (faces); i++)
    for (guint j = 0; j <= (bytewise ? 1 : 0); j++)
      scene_register (name, (SceneSetting){ faces[i], role, j == 1, func, data }, open);
}

void
scene_add (const char *name, WireRole role, gboolean bytewise, SceneFunc func, gpointer data)
{
  scene_register_all (name, role, bytewise, func, data, TRUE);
}

void
scene_add_closed (const char *name, WireRole role, gboolean bytewise, SceneFunc func, gpointer data)
{
  scene_register_all (name, role, bytewise, func, data, FALSE);
}

void
scene_add_both (const char *name, SceneFunc func)
{
  scene_add (name, WIRE_ROLE_SERVER, FALSE, func, NULL);
  scene_add (name, WIRE_ROLE_CLIENT, FALSE, func, NULL);
}

/* --- the handshake */

void
scene_meet (Scene *scene, const char *subprotocols)
{
  g_assert_null (scene->peer);

  if (scene->setting->role == WIRE_ROLE_SERVER)
    {
      scene->peer = raw_peer_connect (scene->port, end_turn, scene->end);
      return;
    }
  scene->end->face->dial (scene->end, scene->port, subprotocols);
  scene->peer = raw_accept (scene->listener, end_turn, scene->end);
}

void
scene_open (Scene *scene)
{
  if (scene->setting->role == WIRE_ROLE_SERVER)
    raw_peer_upgrade (scene->peer);
  else
    {
      g_autofree char *request = raw_peer_read_head (scene->peer);

      scene_answer (scene, request, RAW_PEER_SWITCHING "\r\n");
    }
  END_UNTIL (scene->end, scene->end->opened == 1);
}

void
scene_answer (Scene *scene, const char *request, const char *answer)
{
  g_autofree char *text = raw_peer_fill_in_accept (request, answer);

  scene_send (scene, (const guint8 *) text, strlen (text));
}

static void
scene_offer_deflate (Scene *scene, const char *parameters)
{
  g_autofree char *request = g_strdup_printf ("%.*sSec-WebSocket-Extensions: permessage-deflate%s\r\n\r\n",
                                              (int) strlen (raw_peer_upgrade_request) - 2, raw_peer_upgrade_request,
                                              parameters);
  g_autofree char *answer = NULL;

  raw_peer_send_text (scene->peer, request);
  answer = raw_peer_read_head (scene->peer);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 101 "));
  g_assert_nonnull (strstr (answer, "\r\nSec-WebSocket-Extensions: permessage-deflate"));
}

void
scene_open_deflate (Scene *scene, const char *parameters)
{
  if (scene->setting->role == WIRE_ROLE_SERVER)
    scene_offer_deflate (scene, parameters);
  else
    {
      g_autofree char *request = raw_peer_read_head (scene->peer);
      g_autofree char *answer = g_strdup_printf ("%sSec-WebSocket-Extensions: permessage-deflate%s\r\n\r\n",
                                                 RAW_PEER_SWITCHING, parameters);

      g_assert_nonnull (strstr (request, "\r\nSec-WebSocket-Extensions: permessage-deflate"));
      scene_answer (scene, request, answer);
    }
  END_UNTIL (scene->end, scene->end->opened == 1);
}

/* --- talking */

void
scene_send (Scene *scene, const guint8 *bytes, gsize length)
{
  gsize step = scene->setting->bytewise ? 1 : length;

  /* A client that has given up takes no more bytes. */
  for (gsize sent = 0; sent < length && scene->end->failed == 0; sent += step)
    {
      raw_peer_send (scene->peer, bytes + sent, step);
      if (scene->setting->bytewise)
        end_turn (scene->end);
    }
}

void
scene_append_frame (Scene *scene, GByteArray *to, guint8 first_byte, const void *payload, gsize length)
{
  guint8 header[WIRE_FRAME_HEADER_MAX];

  if (scene->setting->role == WIRE_ROLE_SERVER)
    {
      raw_frame_append (to, first_byte, payload, length);
      return;
    }
  g_byte_array_append (to, header, (guint) wire_frame_header (header, first_byte, length, NULL));
  if (length > 0)
    g_byte_array_append (to, payload, (guint) length);
}

void
scene_read_frame (Scene *scene, RawFrame *frame)
{
  raw_peer_read_frame (scene->peer, frame);
  g_assert_cmpint (frame->masked, ==, scene->setting->role == WIRE_ROLE_CLIENT);
}

void
scene_expect_frame (Scene *scene, guint8 first_byte, const void *payload, gsize length)
{
  RawFrame frame;

  scene_read_frame (scene, &frame);
  g_assert_cmphex (frame.first_byte, ==, first_byte);
  g_assert_cmpmem (frame.payload, frame.length, payload, length);
  raw_frame_clear (&frame);
}

/* --- the end */

void
scene_expect_end (Scene *scene, guint code)
{
  End *end = scene->end;

  /* The server closes the TCP connection, the client waits for that (section 7.1.1). */
  if (end->role == WIRE_ROLE_CLIENT)
    {
      END_UNTIL (end, end->closed > 0);
      raw_peer_pump (scene->peer);
      g_assert_false (scene->peer->ended);
      raw_peer_shutdown (scene->peer);
    }
  raw_peer_expect_end (scene->peer);
  END_UNTIL (end, end->closed > 0);
  g_assert_cmpuint (end->closed, ==, 1);
  if (end->close_code != 0)
    g_assert_cmpuint (end->close_code, ==, code);
}

void
scene_part (Scene *scene)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  const guint8 payload[] = { WIRE_CLOSE_NORMAL >> 8, WIRE_CLOSE_NORMAL & 0xff };

  scene_append_frame (scene, frame, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, payload, sizeof payload);
  scene_send (scene, frame->data, frame->len);
  scene_expect_frame (scene, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, payload, sizeof payload);
  scene_expect_end (scene, WIRE_CLOSE_NORMAL);
}
