/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>

/* Which protocol a client gets, and the memory that a connection has. */

#define SESSION_SIZE 1000

static char *path;
static const char *established;
static guint closed;
static enum libwebsocket_callback_reasons refuse_at;

static int
note (const char *name, struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *in, size_t len)
{
  if (reason == LWS_CALLBACK_ESTABLISHED)
    {
      established = name;
      g_free (path);
      path = g_strdup (in);
      g_assert_cmpuint (strlen (path), ==, len);
      g_assert_cmpstr (libwebsockets_get_protocol (wsi)->name, ==, name);
    }
  closed += reason == LWS_CALLBACK_CLOSED;

  return reason == refuse_at;
}

/* Zeroed at first, the program's own from then on, to the very end. */
static int
callback_large (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  unsigned char *bytes = user;

  if (reason == LWS_CALLBACK_HTTP)
    return 0;

  g_assert_nonnull (user);
  g_assert_cmpuint ((gsize) user % _Alignof (max_align_t), ==, 0);
  for (guint i = 0; i < SESSION_SIZE; i++)
    g_assert_cmpuint (bytes[i], ==, reason == LWS_CALLBACK_ESTABLISHED ? 0 : 0xa5);
  memset (bytes, 0xa5, SESSION_SIZE);

  return note ("large", wsi, reason, in, len);
}

static int
callback_none (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  g_assert_null (user);

  return note ("none", wsi, reason, in, len);
}

static int
callback_unnamed (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in,
                  size_t len)
{
  return note (NULL, wsi, reason, in, len);
}

static struct libwebsocket_protocols with_unnamed[] = {
  { .name = "large", .callback = callback_large, .per_session_data_size = SESSION_SIZE },
  { .name = "none", .callback = callback_none },
  { .name = NULL, .callback = callback_unnamed },
  { .callback = NULL },
};

static struct libwebsocket_protocols all_named[] = {
  { .name = "large", .callback = callback_large, .per_session_data_size = SESSION_SIZE },
  { .name = "none", .callback = callback_none },
  { .callback = NULL },
};

static void
reset (void)
{
  established = "nobody";
  closed = 0;
  refuse_at = LWS_CALLBACK_CLIENT_CONNECTION_ERROR;
}

/* --- choice */

/* @answer is what the server names, NULL for nothing, "" for a refusal. */
static void
choose (struct libwebsocket_protocols *list, const char *asked, const char *answer, const char *protocol)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (list, &port);
  g_autoptr (RawPeer) peer = raw_peer_connect (context, port);
  g_autofree char *head = NULL;
  g_autofree char *named = NULL;

  reset ();
  raw_peer_send_handshake (peer, asked);
  head = raw_peer_read_head (peer);
  named = raw_head_value (head, "Sec-WebSocket-Protocol");
  if (answer != NULL && answer[0] == '\0')
    {
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 400 "));
      g_assert_cmpstr (established, ==, "nobody");
    }
  else
    {
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
      g_assert_cmpstr (named, ==, answer);
      g_assert_cmpstr (established, ==, protocol);
      g_assert_cmpstr (path, ==, "/a/path?and=query");
    }

  libwebsocket_context_destroy (context);
}

static void
test_choice (void)
{
  choose (with_unnamed, "large", "large", "large");
  choose (with_unnamed, "none", "none", "none");
  /* The client's order counts, not ours. */
  choose (with_unnamed, "none, large", "none", "none");
  choose (with_unnamed, "unknown,none,large", "none", "none");
  choose (with_unnamed, "x\r\nSec-WebSocket-Protocol: none", "none", "none");
  choose (with_unnamed, "unknown, none2, non", "", NULL);
  choose (with_unnamed, "Large", "", NULL);
  choose (with_unnamed, NULL, NULL, NULL);
  choose (all_named, NULL, NULL, "large");
  choose (all_named, "unknown", "", NULL);
}

/* --- memory */

static void
test_memory (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (with_unnamed, &port);
  RawPeer *peers[20];

  reset ();
  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        {
          peers[i] = raw_peer_open (context, port, i % 2 == 0 ? "large" : "none");
          raw_peer_send_message (peers[i], "message");
        }
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        {
          raw_peer_say_goodbye (peers[i]);
          raw_peer_free (peers[i]);
        }
      STAGE_SERVE_UNTIL (context, closed == (round + 1) * G_N_ELEMENTS (peers));
    }

  libwebsocket_context_destroy (context);
}

/* --- a callback that says no */

static void
test_nonzero_closes (void)
{
  static const enum libwebsocket_callback_reasons reasons[] = { LWS_CALLBACK_ESTABLISHED, LWS_CALLBACK_RECEIVE,
                                                                LWS_CALLBACK_CLIENT_RECEIVE_PONG,
                                                                LWS_CALLBACK_CLIENT_WRITEABLE,
                                                                LWS_CALLBACK_BROADCAST };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      guint16 port;
      struct libwebsocket_context *context = stage_listen (all_named, &port);
      g_autoptr (RawPeer) bystander = raw_peer_open (context, port, "none");
      g_autoptr (RawPeer) peer = NULL;
      unsigned char buffer[STAGE_PADDED (1)] = { 0 };

      reset ();
      if (reasons[i] == LWS_CALLBACK_ESTABLISHED)
        refuse_at = reasons[i];
      peer = raw_peer_open (context, port, "large");
      refuse_at = reasons[i];
      raw_peer_send_frame (peer, RAW_FIN | RAW_PONG, "pong", 4);
      raw_peer_send_message (peer, "message");
      g_assert_cmpint (libwebsocket_callback_on_writable_all_protocol (&all_named[0]), ==, 0);
      g_assert_cmpint (libwebsockets_broadcast (&all_named[0], STAGE_PAYLOAD (buffer), 1), ==, 0);

      raw_peer_expect_close (peer, 1000);
      raw_peer_send_close (peer, 1000);
      raw_peer_await_end (peer);
      STAGE_SERVE_UNTIL (context, closed == 1);

      refuse_at = LWS_CALLBACK_CLIENT_CONNECTION_ERROR;
      raw_peer_say_goodbye (bystander);
      libwebsocket_context_destroy (context);
    }
}

/* The return value of the last callback changes nothing any more. */
static void
test_nonzero_at_closed (void)
{
  guint16 port;
  struct libwebsocket_context *context = stage_listen (all_named, &port);
  g_autoptr (RawPeer) peer = NULL;

  reset ();
  refuse_at = LWS_CALLBACK_CLOSED;
  peer = raw_peer_open (context, port, "none");
  raw_peer_say_goodbye (peer);
  STAGE_SERVE_UNTIL (context, closed == 1);
  stage_serve_turns (context, 3);
  g_assert_cmpuint (closed, ==, 1);

  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/session/choice", test_choice);
  g_test_add_func ("/classic/session/memory", test_memory);
  g_test_add_func ("/classic/session/nonzero-closes", test_nonzero_closes);
  g_test_add_func ("/classic/session/nonzero-at-closed", test_nonzero_at_closed);

  result = g_test_run ();
  g_free (path);

  return result;
}
