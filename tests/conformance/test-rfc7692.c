/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 7692: permessage-deflate, negotiated and used, by both roles of both APIs, as
 * scripts tell it.
 */
#include "frame-script.h"
#include "handshake-script.h"

static void
play_deflated (Scene *scene, gconstpointer script)
{
  scene_meet (scene, NULL);
  frame_script_play (scene, script);
}

static void
play_not_negotiated (Scene *scene, gconstpointer script)
{
  scene_meet (scene, NULL);
  scene_open (scene);
  frame_script_play (scene, script);
}

static GPtrArray *
register_frames (const char *file, SceneFunc play)
{
  GPtrArray *frames = script_load (file);

  for (guint i = 0; i < frames->len; i++)
    {
      Script *script = g_ptr_array_index (frames, i);

      scene_add_closed (script->name, WIRE_ROLE_SERVER, TRUE, play, script);
      scene_add_closed (script->name, WIRE_ROLE_CLIENT, TRUE, play, script);
    }

  return frames;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) handshakes = NULL;
  g_autoptr (GPtrArray) frames = NULL;
  g_autoptr (GPtrArray) others = NULL;

  g_test_init (&argc, &argv, NULL);
  scene_set_prefix ("rfc7692");

  handshakes = script_load ("deflate-handshakes.txt");
  for (guint i = 0; i < handshakes->len; i++)
    handshake_script_register (g_ptr_array_index (handshakes, i));
  frames = register_frames ("deflate-frames.txt", play_deflated);
  others = register_frames ("no-deflate-frames.txt", play_not_negotiated);

  return g_test_run ();
}
