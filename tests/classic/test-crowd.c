/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Thousands at once. */

#define CROWD 2000
#define ADMISSION_SLOW 200

/* Of the process, beside both ends of each connection. */
#define OTHER_DESCRIPTORS 400

/* So many knock before anybody opens. */
#define KNOCKS 250

static guint opened;
static guint closed;
static guint messages;

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
      opened++;
      return 0;
    case LWS_CALLBACK_CLOSED:
      closed++;
      return 0;
    case LWS_CALLBACK_RECEIVE:
      messages++;
      return stage_write_text (wsi, in);
    case LWS_CALLBACK_BROADCAST:
      return libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT);
    default:
      return 0;
    }
}

static struct libwebsocket_protocols protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

static gboolean
raise_limit (guint descriptors)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur >= descriptors)
    return TRUE;
  if (limit.rlim_max < descriptors)
    return FALSE;

  limit.rlim_cur = descriptors;

  return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

static void
expect_text_of (RawPeer *peer, guint i)
{
  g_autofree char *text = g_strdup_printf ("message of %u", i);

  raw_peer_expect_text (peer, text);
}

static void
frame_cache (struct libwebsocket_context *context, guint16 port, RawPeer **peers, guint admission)
{
  for (guint i = 0; i < admission; i++)
    {
      peers[i] = raw_peer_connect (context, port);
      raw_peer_send_handshake (peers[i], "echo");
      if (i % KNOCKS == KNOCKS - 1)
        STAGE_SERVE_UNTIL (context, opened == i + 1);
    }
  STAGE_SERVE_UNTIL (context, opened == admission);
  for (guint i = 0; i < admission; i++)
    g_free (raw_peer_read_head (peers[i]));
}

static void
talk (struct libwebsocket_context *context, RawPeer **peers, guint admission)
{
  for (guint i = 0; i < admission; i++)
    {
      g_autofree char *text = g_strdup_printf ("message of %u", i);

      raw_peer_send_message (peers[i], text);
    }
  STAGE_SERVE_UNTIL (context, messages == admission);
  for (guint i = 0; i < admission; i++)
    expect_text_of (peers[i], i);
}

static void
call_to_all (RawPeer **peers, guint admission)
{
  unsigned char buffer[STAGE_PADDED (10)];

  for (guint round = 0; round < 3; round++)
    {
      memcpy (STAGE_PAYLOAD (buffer), "attention!", 10);
      g_assert_cmpint (libwebsockets_broadcast (protocols, STAGE_PAYLOAD (buffer), 10), ==, 0);
    }
  for (guint i = 0; i < admission; i++)
    for (guint round = 0; round < 3; round++)
      raw_peer_expect_text (peers[i], "attention!");
}

static void
test_crowd (void)
{
  guint admission = stage_is_slow () ? ADMISSION_SLOW : CROWD;
  g_autofree RawPeer **peers = g_new (RawPeer *, admission);
  struct libwebsocket_context *context;
  guint16 port;

  if (!raise_limit (2 * admission + OTHER_DESCRIPTORS))
    {
      g_test_skip ("the limit of descriptors is too low");
      return;
    }

  opened = closed = messages = 0;
  context = stage_listen (protocols, &port);
  frame_cache (context, port, peers, admission);
  talk (context, peers, admission);
  call_to_all (peers, admission);

  /* Half of them leave politely, half are lost. */
  for (guint i = 0; i < admission; i++)
    if (i % 2 == 0)
      raw_peer_send_close (peers[i], 1001);
    else
      raw_peer_reset (peers[i]);
  STAGE_SERVE_UNTIL (context, closed == admission);
  for (guint i = 0; i < admission; i++)
    raw_peer_free (peers[i]);

  libwebsocket_context_destroy (context);
  g_assert_cmpuint (closed, ==, admission);
}

/* The process runs out of descriptors: who is there is served, others wait. */
static void
test_no_descriptors (void)
{
  struct rlimit before;
  struct rlimit few;
  guint16 port;
  struct libwebsocket_context *context;
  RawPeer *early;
  RawPeer *waiting[5];
  int unused;

  if (stage_is_slow ())
    {
      g_test_skip ("valgrind has a limit of its own");
      return;
    }

  opened = closed = messages = 0;
  context = stage_listen (protocols, &port);
  early = raw_peer_open (context, port, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (waiting); i++)
    {
      waiting[i] = raw_peer_connect (context, port);
      raw_peer_send_handshake (waiting[i], NULL);
    }

  /* A descriptor is named by the lowest number that is free: ours are below it. */
  unused = dup (early->fd);
  g_assert_cmpint (unused, >=, 0);
  close (unused);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  few = before;
  few.rlim_cur = (rlim_t) unused;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);

  g_test_expect_message (STAGE_LOG_DOMAIN, G_LOG_LEVEL_INFO, "No new connections*Too many open files*");
  raw_peer_send_message (early, "still there");
  raw_peer_expect_text (early, "still there");
  g_test_assert_expected_messages ();
  g_assert_cmpuint (opened, ==, 1);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  STAGE_SERVE_UNTIL (context, opened == 6);

  raw_peer_free (early);
  for (guint i = 0; i < G_N_ELEMENTS (waiting); i++)
    raw_peer_free (waiting[i]);
  libwebsocket_context_destroy (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/classic/crowd/all-at-once", test_crowd);
  g_test_add_func ("/classic/crowd/no-descriptors", test_no_descriptors);

  return g_test_run ();
}
