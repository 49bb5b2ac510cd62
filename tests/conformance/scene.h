/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../engine/raw-peer.h"
#include "end.h"
#include "script.h"

/* What a test stands in: our end of a connection, made with one of the APIs, and a peer
 * that says what the test wants, byte for byte. */

typedef struct _Scene Scene;
typedef void (*SceneFunc) (Scene *scene, gconstpointer data);

typedef struct {
  const EndFace *face;
  WireRole role;                /* of our end */
  gboolean bytewise;            /* the peer sends one byte at a time, each is taken before the next */
  SceneFunc func;
  gpointer data;
} SceneSetting;

struct _Scene {
  const SceneSetting *setting;
  End *end;
  RawPeer *peer;                /* NULL until somebody connects */
  int listener;                 /* of a peer that is the server */
  guint16 port;
};

/* The RFC whose tests these are, "rfc6455" unless it is said. */
void scene_set_prefix (const char *prefix);

/* Registers /PREFIX/@name once for each API, with an open connection or nothing but a
 * port; @bytewise: and once more in single bytes. */
void scene_add (const char *name, WireRole role, gboolean bytewise, SceneFunc func, gpointer data);
void scene_add_closed (const char *name, WireRole role, gboolean bytewise, SceneFunc func, gpointer data);
void scene_add_both (const char *name, SceneFunc func);

/* A client of ours comes, or our server gets one; nothing has been said. */
void scene_meet (Scene *scene, const char *subprotocols);
void scene_open (Scene *scene);

/* With permessage-deflate and these parameters: those of the client's offer or of the
 * server's answer, each with a semicolon in front. */
void scene_open_deflate (Scene *scene, const char *parameters);

void scene_send (Scene *scene, const guint8 *bytes, gsize length);

/* What the peer says to a client's request; the right Accept goes where %s is. */
void scene_answer (Scene *scene, const char *request, const char *answer);

/* The connection comes to its end, and our end is told of it. */
void scene_expect_end (Scene *scene, guint code);

/* Both part in peace. */
void scene_part (Scene *scene);

/* A frame as the peer may send it; its first byte and payload. */
void scene_append_frame (Scene *scene, GByteArray *to, guint8 first_byte, const void *payload, gsize length);

/* The peer reads a frame that our end may send. */
void scene_read_frame (Scene *scene, RawFrame *frame);
void scene_expect_frame (Scene *scene, guint8 first_byte, const void *payload, gsize length);
