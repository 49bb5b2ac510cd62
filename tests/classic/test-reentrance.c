/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>

/* Whatever a callback was called for, it may do anything: each reason, on each side,
 * with each deed. One context is server and client at once, and a short play calls
 * for all the reasons. */

#define LARGE_SIZE (1024 * 1024)

/* More than a closing handshake of both ends takes. */
#define NESTED_TURNS 20

typedef enum {
  SCENE_ESTABLISHED,
  SCENE_CLIENT_ESTABLISHED,
  SCENE_RECEIVE,
  SCENE_CLIENT_RECEIVE,
  SCENE_PONG,
  SCENE_CLIENT_PONG,
  SCENE_WRITEABLE,
  SCENE_CLIENT_WRITEABLE,
  SCENE_BROADCAST,
  SCENE_CLIENT_BROADCAST,
  SCENE_HTTP,
  SCENE_CONNECTION_ERROR,
  SCENE_CLOSED,
  SCENE_CLIENT_CLOSED,
  N_SCENES
} Scene;

typedef struct {
  gboolean is_client;
  gboolean closed;
  guint writeables;
} Session;

typedef struct _Deed Deed;

static struct {
  Scene scene;
  const Deed *deed;
  struct libwebsocket_context *context;
  guint16 port;
  struct libwebsocket *actor;   /* for whom the deed was done */
  gboolean acted;
  gboolean destroyed;
  int result;
  guint seen[N_SCENES];
  guint opened;
  guint closed;
  guint attempts;
  guint errors;
  guint markers;
  gsize large_bytes;
} play;

struct _Deed {
  const char *name;
  /* Called from the callback; returns what the callback shall. */
  int (*act) (struct libwebsocket *wsi);
  /* What must come of it. */
  void (*prove) (void);
};

static int callback_play (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                          size_t len);

static struct libwebsocket_protocols protocols[] = {
  { .name = "play", .callback = callback_play, .per_session_data_size = sizeof (Session) },
  { .callback = NULL },
};

static void
dial (guint16 port)
{
  play.attempts++;
  g_assert_nonnull (libwebsocket_client_connect (play.context, "127.0.0.1", port, 0, "/", NULL, NULL, "play"));
}

/* --- the callback */

static Scene
scene_of (enum libwebsocket_callback_reasons reason, gboolean is_client)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED: return SCENE_ESTABLISHED;
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return SCENE_CLIENT_ESTABLISHED;
    case LWS_CALLBACK_RECEIVE: return SCENE_RECEIVE;
    case LWS_CALLBACK_CLIENT_RECEIVE: return SCENE_CLIENT_RECEIVE;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: return is_client ? SCENE_CLIENT_PONG : SCENE_PONG;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return is_client ? SCENE_CLIENT_WRITEABLE : SCENE_WRITEABLE;
    case LWS_CALLBACK_BROADCAST: return is_client ? SCENE_CLIENT_BROADCAST : SCENE_BROADCAST;
    case LWS_CALLBACK_HTTP: return SCENE_HTTP;
    case LWS_CALLBACK_CLOSED: return is_client ? SCENE_CLIENT_CLOSED : SCENE_CLOSED;
    default:
      g_assert_cmpint (reason, ==, LWS_CALLBACK_CLIENT_CONNECTION_ERROR);
      return SCENE_CONNECTION_ERROR;
    }
}

/* Both ends ask to write, and then send a message and a ping. */
static void
follow_script (struct libwebsocket *wsi, Scene scene, Session *session)
{
  static const char response[] = "HTTP/1.1 204 No Content\r\n\r\n";

  switch (scene)
    {
    case SCENE_ESTABLISHED:
    case SCENE_CLIENT_ESTABLISHED:
      session->is_client = scene == SCENE_CLIENT_ESTABLISHED;
      g_assert_cmpint (libwebsocket_callback_on_writable (wsi), ==, 0);
      return;
    case SCENE_WRITEABLE:
    case SCENE_CLIENT_WRITEABLE:
      /* An HTTP connection that asked to write has none. */
      if (session != NULL && session->writeables++ == 0)
        {
          g_assert_cmpint (stage_write_text (wsi, "line"), ==, 0);
          g_assert_cmpint (stage_write (wsi, "?", 1, LWS_WRITE_PING), ==, 0);
        }
      return;
    case SCENE_CONNECTION_ERROR:
      session->is_client = TRUE;
      return;
    case SCENE_HTTP:
      g_assert_cmpint (stage_write (wsi, response, strlen (response), LWS_WRITE_HTTP), ==, 0);
      return;
    case SCENE_CLOSED:
    case SCENE_CLIENT_CLOSED:
      session->closed = TRUE;
      return;
    default:
      return;
    }
}

static void
count (Scene scene, const char *bytes, size_t length)
{
  play.seen[scene]++;
  play.opened += scene == SCENE_ESTABLISHED || scene == SCENE_CLIENT_ESTABLISHED;
  play.closed += scene == SCENE_CLOSED || scene == SCENE_CLIENT_CLOSED;
  play.errors += scene == SCENE_CONNECTION_ERROR;
  if (scene == SCENE_RECEIVE || scene == SCENE_CLIENT_RECEIVE)
    {
      play.markers += strcmp (bytes, "marker") == 0;
      play.large_bytes += bytes[0] == 'L' ? length : 0;
    }
}

static int
callback_play (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  Session *session = user;
  Scene scene = scene_of (reason, session != NULL && session->is_client);

  g_assert_false (play.destroyed && scene != SCENE_CLOSED && scene != SCENE_CLIENT_CLOSED &&
                  scene != SCENE_CONNECTION_ERROR);
  if (session != NULL)
    g_assert_false (session->closed);
  count (scene, in, len);
  follow_script (wsi, scene, session);

  if (scene != play.scene || play.acted)
    return 0;
  play.acted = TRUE;
  play.actor = wsi;

  return play.deed->act (wsi);
}

/* --- what there is to do, and what comes of it */

static gboolean
scene_is_open (void)
{
  return play.scene < SCENE_HTTP;
}

static gboolean
scene_is_end (void)
{
  return play.scene >= SCENE_CLOSED;
}

static void
assert_result (int expected_if_open)
{
  g_assert_cmpint (play.result, ==, scene_is_open () ? expected_if_open : -1);
}

/* Both ends of the connection. */
static void
prove_closed (void)
{
  if (scene_is_open () || scene_is_end ())
    STAGE_SERVE_UNTIL (play.context, play.closed >= 2);
}

static int
act_return (struct libwebsocket *wsi)
{
  return 1;
}

static int
act_return_negative (struct libwebsocket *wsi)
{
  return -1;
}

static int
act_close (struct libwebsocket *wsi)
{
  libwebsocket_client_close (wsi);
  libwebsocket_client_close (wsi);

  return 0;
}

/* What was written before the close still arrives; nothing may follow. */
static int
act_write_and_close (struct libwebsocket *wsi)
{
  play.result = stage_write_text (wsi, "marker");
  libwebsocket_client_close (wsi);
  g_assert_cmpint (stage_write_text (wsi, "marker"), ==, -1);

  return 1;
}

static void
prove_written_and_closed (void)
{
  assert_result (0);
  prove_closed ();
  g_assert_cmpuint (play.markers, ==, scene_is_open () ? 1 : 0);
}

static int
act_write (struct libwebsocket *wsi)
{
  play.result = stage_write_text (wsi, "marker");

  return 0;
}

static void
prove_written (void)
{
  assert_result (0);
  if (scene_is_open ())
    STAGE_SERVE_UNTIL (play.context, play.markers == 1);
}

static int
act_write_large (struct libwebsocket *wsi)
{
  g_autofree char *bytes = g_strnfill (LARGE_SIZE, 'L');

  play.result = stage_write (wsi, bytes, LARGE_SIZE, LWS_WRITE_TEXT);

  return 0;
}

static void
prove_written_large (void)
{
  assert_result (0);
  if (scene_is_open ())
    STAGE_SERVE_UNTIL (play.context, play.large_bytes == LARGE_SIZE);
}

static int
act_write_close (struct libwebsocket *wsi)
{
  play.result = stage_write (wsi, "\x0f\xa0" "bye", 5, LWS_WRITE_CLOSE);

  return 0;
}

static void
prove_close_written (void)
{
  assert_result (0);
  prove_closed ();
}

/* Each connection that is open is called before it returns. */
static int
act_broadcast (struct libwebsocket *wsi)
{
  unsigned char buffer[STAGE_PADDED (1)] = { 0 };
  guint before = play.seen[SCENE_BROADCAST] + play.seen[SCENE_CLIENT_BROADCAST];

  play.result = libwebsockets_broadcast (protocols, STAGE_PAYLOAD (buffer), 1);
  if (scene_is_open ())
    g_assert_cmpuint (play.seen[SCENE_BROADCAST] + play.seen[SCENE_CLIENT_BROADCAST], >, before);

  return 0;
}

static void
prove_success (void)
{
  g_assert_cmpint (play.result, ==, 0);
}

static int
act_destroy (struct libwebsocket *wsi)
{
  play.destroyed = TRUE;
  libwebsocket_context_destroy (play.context);

  return 0;
}

static int
act_destroy_and_return (struct libwebsocket *wsi)
{
  libwebsocket_callback_on_writable (wsi);
  stage_write_text (wsi, "last words");
  act_destroy (wsi);
  /* The handle lives as long as the callback does. */
  g_assert_cmpint (stage_write_text (wsi, "too late"), ==, -1);
  g_assert_cmpint (libwebsocket_get_socket_fd (wsi), ==, -1);
  libwebsocket_client_close (wsi);

  return 1;
}

static void
prove_destroyed (void)
{
  g_assert_cmpuint (play.closed, ==, play.opened + play.errors);
}

static int
act_service (struct libwebsocket *wsi)
{
  for (guint i = 0; i < NESTED_TURNS && play.result == 0; i++)
    play.result = libwebsocket_service (play.context, STAGE_TURN_MS);

  return 0;
}

static int
act_close_and_service (struct libwebsocket *wsi)
{
  libwebsocket_client_close (wsi);

  return act_service (wsi);
}

static void
prove_serviced_and_closed (void)
{
  prove_success ();
  prove_closed ();
}

static int
act_stop_reception (struct libwebsocket *wsi)
{
  play.result = libwebsocket_rx_flow_control (wsi, 0);
  libwebsocket_rx_flow_control (wsi, 0);

  return 0;
}

static void
prove_stopped (void)
{
  unsigned char buffer[STAGE_PADDED (1)] = { 0 };

  assert_result (0);
  if (!scene_is_open ())
    return;

  /* It still can send, and be told of broadcasts. */
  g_assert_cmpint (libwebsockets_broadcast (protocols, STAGE_PAYLOAD (buffer), 1), ==, 0);
  g_assert_cmpint (stage_write_text (play.actor, "marker"), ==, 0);
  STAGE_SERVE_UNTIL (play.context, play.markers == 1);
  g_assert_cmpint (libwebsocket_rx_flow_control (play.actor, 1), ==, 0);
  libwebsocket_client_close (play.actor);
  prove_closed ();
}

static int
act_toggle_reception (struct libwebsocket *wsi)
{
  play.result = libwebsocket_rx_flow_control (wsi, 0);
  libwebsocket_rx_flow_control (wsi, 1);

  return 0;
}

static void
prove_toggled (void)
{
  assert_result (0);
  if (scene_is_open ())
    libwebsocket_client_close (play.actor);
  prove_closed ();
}

static int
act_connect (struct libwebsocket *wsi)
{
  dial (play.port);
  play.result = (int) play.opened;

  return 0;
}

static void
prove_connected (void)
{
  STAGE_SERVE_UNTIL (play.context, (int) play.opened >= play.result + 2);
}

static int
act_ask_to_write (struct libwebsocket *wsi)
{
  play.result = libwebsocket_callback_on_writable (wsi);
  g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (protocols), ==, 0);

  return 0;
}

static void
prove_asked_to_write (void)
{
  if (play.scene == SCENE_HTTP)
    {
      g_assert_cmpint (play.result, ==, 0);
      return;
    }
  assert_result (0);
  if (scene_is_open ())
    STAGE_SERVE_UNTIL (play.context, play.seen[SCENE_WRITEABLE] + play.seen[SCENE_CLIENT_WRITEABLE] >= 2);
}

static int
act_serve_file (struct libwebsocket *wsi)
{
  play.result = libwebsockets_serve_http_file (wsi, "/proc/self/exe", NULL);

  return 0;
}

static void
prove_no_file (void)
{
  g_assert_cmpint (play.result, !=, 0);
}

static const Deed deeds[] = {
  { "return", act_return, prove_closed },
  { "return-negative", act_return_negative, prove_closed },
  { "close", act_close, prove_closed },
  { "write-and-close", act_write_and_close, prove_written_and_closed },
  { "write", act_write, prove_written },
  { "write-large", act_write_large, prove_written_large },
  { "write-close", act_write_close, prove_close_written },
  { "broadcast", act_broadcast, prove_success },
  { "destroy", act_destroy, prove_destroyed },
  { "destroy-and-return", act_destroy_and_return, prove_destroyed },
  { "service", act_service, prove_success },
  { "close-and-service", act_close_and_service, prove_serviced_and_closed },
  { "stop-reception", act_stop_reception, prove_stopped },
  { "toggle-reception", act_toggle_reception, prove_toggled },
  { "connect", act_connect, prove_connected },
  { "ask-to-write", act_ask_to_write, prove_asked_to_write },
  { "serve-file", act_serve_file, prove_no_file },
};

/* --- the play */

static const char *const scene_names[N_SCENES] = {
  [SCENE_ESTABLISHED] = "established",
  [SCENE_CLIENT_ESTABLISHED] = "client-established",
  [SCENE_RECEIVE] = "receive",
  [SCENE_CLIENT_RECEIVE] = "client-receive",
  [SCENE_PONG] = "pong",
  [SCENE_CLIENT_PONG] = "client-pong",
  [SCENE_WRITEABLE] = "writeable",
  [SCENE_CLIENT_WRITEABLE] = "client-writeable",
  [SCENE_BROADCAST] = "broadcast",
  [SCENE_CLIENT_BROADCAST] = "client-broadcast",
  [SCENE_HTTP] = "http",
  [SCENE_CONNECTION_ERROR] = "connection-error",
  [SCENE_CLOSED] = "closed",
  [SCENE_CLIENT_CLOSED] = "client-closed",
};

static struct libwebsocket *client;

/* Until @condition holds, or the play took another iteration. */
#define PERFORM_UNTIL(condition)                                                                                   \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    gint64 end = stage_deadline ();                                                                                \
                                                                                                                   \
    while (!play.acted && !(condition))                                                                            \
      {                                                                                                            \
        int result = libwebsocket_service (play.context, STAGE_TURN_MS);                                           \
                                                                                                                   \
        g_assert_cmpint (result, ==, play.destroyed ? -1 : 0);                                                     \
        g_assert_cmpint (g_get_monotonic_time (), <, end);                                                         \
      }                                                                                                            \
  }                                                                                                                \
  G_STMT_END

static void
perform_talk (void)
{
  play.attempts++;
  client = libwebsocket_client_connect (play.context, "127.0.0.1", play.port, 0, "/", NULL, NULL, "play");
  g_assert_nonnull (client);
  PERFORM_UNTIL (play.seen[SCENE_PONG] > 0 && play.seen[SCENE_CLIENT_PONG] > 0 && play.seen[SCENE_RECEIVE] > 0 &&
                 play.seen[SCENE_CLIENT_RECEIVE] > 0);
}

static void
perform_broadcast (void)
{
  unsigned char buffer[STAGE_PADDED (1)] = { 0 };

  if (!play.acted)
    g_assert_cmpint (libwebsockets_broadcast (protocols, STAGE_PAYLOAD (buffer), 1), ==, 0);
}

static RawPeer *
perform_request (void)
{
  RawPeer *visitor = raw_peer_connect (NULL, play.port);

  raw_peer_send_text (visitor, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  PERFORM_UNTIL (play.seen[SCENE_HTTP] > 0);

  return visitor;
}

static void
perform_failure (void)
{
  guint16 port;
  int listener;

  /* It is an end, too, and not the one that is waited for. */
  if (play.acted || scene_is_end ())
    return;

  /* Who is there, but goes before the handshake. */
  listener = raw_listen (&port);
  dial (port);
  close (listener);
  PERFORM_UNTIL (play.errors > 0);
}

static void
perform_farewell (void)
{
  if (!play.acted)
    libwebsocket_client_close (client);
  PERFORM_UNTIL (play.closed == 2 + play.errors);
}

typedef struct {
  Scene scene;
  const Deed *deed;
} Case;

static void
test_case (gconstpointer data)
{
  const Case *this = data;
  RawPeer *visitor;

  memset (&play, 0, sizeof play);
  play.scene = this->scene;
  play.deed = this->deed;
  play.context = stage_listen (protocols, &play.port);

  perform_talk ();
  perform_broadcast ();
  visitor = play.acted ? NULL : perform_request ();
  perform_failure ();
  perform_farewell ();
  g_assert_true (play.acted);
  play.deed->prove ();

  if (!play.destroyed)
    {
      play.destroyed = TRUE;
      libwebsocket_context_destroy (play.context);
    }
  /* Who was told of a beginning was told of its end, once, and so was who has a connection that did
   * not come about; and of every attempt something was heard. */
  g_assert_cmpuint (play.opened + play.errors, ==, play.closed);
  g_assert_cmpuint (play.seen[SCENE_CLIENT_ESTABLISHED] + play.errors, ==, play.attempts);
  if (visitor != NULL)
    {
      raw_peer_await_end (visitor);
      raw_peer_free (visitor);
    }
}

int
main (int argc, char **argv)
{
  static Case cases[N_SCENES][G_N_ELEMENTS (deeds)];

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_SCENES; i++)
    for (guint j = 0; j < G_N_ELEMENTS (deeds); j++)
      {
        g_autofree char *path = g_strdup_printf ("/classic/reentrance/%s/%s", scene_names[i], deeds[j].name);

        /* A request is what files are for. */
        if (i == SCENE_HTTP && deeds[j].act == act_serve_file)
          continue;
        cases[i][j] = (Case){ (Scene) i, &deeds[j] };
        g_test_add_data_func (path, &cases[i][j], test_case);
      }

  return g_test_run ();
}
