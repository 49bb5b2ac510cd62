/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/scope-private.h"
#include "engine/http/http-response-private.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include "../tls/tls-owner.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a server's connection does once TLS stands. */

#define TEXT (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)
#define LARGE (1024 * 1024)

static void
expect_echo (RawPeer *peer, const char *text)
{
  raw_peer_send_frame (peer, TEXT, text, strlen (text));
  raw_peer_expect_frame (peer, TEXT, text, strlen (text));
}

static void
expect_log (Owner *owner, const char *log)
{
  owner_wait (owner, OWNER_RELEASED, 1);
  if (strstr (owner->log->str, log) == NULL)
    g_error ("\"%s\" is not in the log:\n%s", log, owner->log->str);
}

/* --- records */

/* Frames split upon records at every byte, and many frames in one record. */
static void
test_records (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, priority);
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  owner->echo = TRUE;
  for (guint i = 0; i < 3; i++)
    raw_frame_append (frames, TEXT, "some text", 9);
  for (guint cut = 1; cut < frames->len; cut++)
    {
      raw_peer_send (peer, frames->data, cut);
      owner_settle (owner);
      raw_peer_send (peer, frames->data + cut, frames->len - cut);
      for (guint i = 0; i < 3; i++)
        raw_peer_expect_frame (peer, TEXT, "some text", 9);
    }
  for (guint i = 0; i < frames->len; i++)
    raw_peer_send (peer, frames->data + i, 1);
  for (guint i = 0; i < 3; i++)
    raw_peer_expect_frame (peer, TEXT, "some text", 9);
}

/* A record cut into packets at every byte. */
static void
test_packets (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, priority);
  TlsPeer *tls = tls_peer_of (peer);

  owner->echo = TRUE;
  for (tls->piece = 1; tls->piece < 60; tls->piece++)
    expect_echo (peer, "a record in pieces");
  /* Several records in one packet. */
  tls->piece = 0;
  tls->hold = TRUE;
  for (guint i = 0; i < 50; i++)
    raw_peer_send_frame (peer, TEXT, "of many", 7);
  tls->hold = FALSE;
  tls_peer_flush (peer);
  for (guint i = 0; i < 50; i++)
    raw_peer_expect_frame (peer, TEXT, "of many", 7);
}

/* --- large messages and small buffers */

static guint8 *
pattern (gsize length)
{
  guint8 *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i * 7 + (i >> 8));

  return bytes;
}

static void
send_from_server (Owner *owner, const guint8 *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;

  engine_connection_send_data (owner->newest, WIRE_OPCODE_BINARY, TRUE, bytes, length, &error);
  g_assert_no_error (error);
}

#define SMALL 4096

static RawPeer *
connect_small (Owner *owner)
{
  RawPeer *peer = raw_peer_connect_small (owner->port, SMALL, owner_turn, owner);

  tls_peer_client (peer, NULL, NULL, IDENTITY_N_KINDS);
  tls_peer_secure (peer);

  return peer;
}

static void
make_small (EngineConnection *connection)
{
  const int small = SMALL;

  setsockopt (connection->watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

static RawPeer *
connect_slow (Owner *owner)
{
  RawPeer *peer = connect_small (owner);

  raw_peer_upgrade (peer);
  make_small (owner->newest);

  return peer;
}

/* To a peer that doesn't read, until the kernel is full and more waits; then all of it
 * arrives, in order, with nothing to help it on. Around the size that the encrypted
 * bytes are gathered up to, to meet each way of stopping. */
static void
test_slow_reader (gconstpointer size)
{
  const gsize length = GPOINTER_TO_SIZE (size);
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (length);
  guint sent = 0;

  do
    {
      send_from_server (owner, bytes, length);
      sent++;
      owner_settle (owner);
    }
  while (!owner->newest->blocked || sent < 3);
  send_from_server (owner, (const guint8 *) "last", 4);
  engine_connection_request_writable (owner->newest);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], ==, 0);

  for (guint i = 0; i < sent; i++)
    raw_peer_expect_frame (peer, BINARY, bytes, length);
  raw_peer_expect_frame (peer, BINARY, "last", 4);
  owner_wait (owner, OWNER_WRITABLE, 1);
  g_assert_false (owner->newest->blocked);
  g_assert_cmpuint (owner->newest->output.bytes, ==, 0);
}

/* What was encrypted and waits leaves before the close_notify. */
static void
test_slow_reader_closed (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (LARGE);

  send_from_server (owner, bytes, LARGE);
  raw_peer_send_close (peer, 1000);
  owner_settle (owner);
  raw_peer_expect_frame (peer, BINARY, bytes, LARGE);
  raw_peer_expect_close (peer, 1000);
  tls_peer_expect_bye (peer);
  raw_peer_shutdown (peer);
  expect_log (owner, "closed 1000 -\n");
}

#define STEP 16384
#define STEPS 7

/* All of the message was encrypted, and waits there, when the connection is closed: who goes
 * on taking it is not cut off. */
static void
test_slow_reader_drains (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (STEP * STEPS);
  guint8 step[STEP];

  send_from_server (owner, bytes, STEP * STEPS);
  g_assert_true (owner->newest->blocked);
  g_assert_cmpuint (owner->newest->output.bytes, ==, 0);
  engine_connection_close (owner->newest, WIRE_CLOSE_NORMAL, NULL, 0);
  raw_peer_read (peer, wire_frame_header_size (STEP * STEPS, FALSE), step);
  for (guint i = 0; i < STEPS; i++)
    {
      raw_peer_read (peer, STEP, step);
      g_assert_cmpmem (step, STEP, bytes + i * STEP, STEP);
      owner_advance (owner, owner->context->limits.close_ticks);
      g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 0);
    }
  raw_peer_expect_close (peer, WIRE_CLOSE_NORMAL);
}

static void
answer_with_file (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  g_autoptr (GError) error = NULL;

  if (event != OWNER_REQUEST)
    return;
  make_small (connection);
  engine_http_response_file (connection, owner->hook_data, "application/octet-stream", NULL, &error);
  g_assert_no_error (error);
}

/* The end of a file is encrypted before the kernel has room for it, on a connection that
 * stays: nothing follows that would help it on. */
static void
test_file_to_slow_reader (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_small (owner);
  g_autofree guint8 *bytes = pattern (LARGE);
  g_autofree guint8 *got = g_malloc (LARGE);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp (NULL, &path, &error);

  g_assert_no_error (error);
  close (fd);
  g_assert_true (g_file_set_contents (path, (const char *) bytes, LARGE, NULL));
  owner->hook = answer_with_file;
  owner->hook_data = path;
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *head = NULL;

      raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      head = raw_peer_read_head (peer);
      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
      raw_peer_read (peer, LARGE, got);
      g_assert_cmpmem (got, LARGE, bytes, LARGE);
    }
  g_unlink (path);
}

static void
test_large_from_client (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (LARGE);

  raw_peer_send_frame (peer, BINARY, bytes, LARGE);
  while (owner->received->len < LARGE)
    raw_peer_pump (peer);
  g_assert_cmpmem (owner->received->data, owner->received->len, bytes, LARGE);
}

/* Both at once, and neither waits for the other to read. */
static void
test_large_both_ways (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (LARGE);

  send_from_server (owner, bytes, LARGE);
  raw_peer_send_frame (peer, BINARY, bytes, LARGE);
  raw_peer_expect_frame (peer, BINARY, bytes, LARGE);
  while (owner->received->len < LARGE)
    raw_peer_pump (peer);
  g_assert_cmpmem (owner->received->data, owner->received->len, bytes, LARGE);
}

/* --- pausing */

static void
pause_after_data (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_DATA)
    engine_connection_pause (connection, TRUE);
}

/* All of it has been decrypted, and the descriptor has nothing to tell any more. */
static void
test_pause (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  owner->hook = pause_after_data;
  tls_peer_of (peer)->hold = TRUE;
  for (guint i = 0; i < 10; i++)
    raw_peer_send_frame (peer, TEXT, "held", 4);
  tls_peer_of (peer)->hold = FALSE;
  tls_peer_flush (peer);
  for (guint i = 1; i <= 10; i++)
    {
      owner_wait (owner, OWNER_DATA, i);
      owner_settle (owner);
      g_assert_cmpuint (owner->counts[OWNER_DATA], ==, i);
      engine_connection_pause (owner->newest, FALSE);
    }
}

/* The peer has said all, and the end of TLS and of TCP, while nobody read. */
static void
test_pause_at_the_end (gconstpointer truncated)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  engine_connection_pause (owner->newest, TRUE);
  raw_peer_send_frame (peer, TEXT, "held", 4);
  raw_peer_send_close (peer, 1000);
  if (truncated == NULL)
    tls_peer_bye (peer);
  raw_peer_shutdown (peer);
  owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 0);
  engine_connection_pause (owner->newest, FALSE);
  /* With the Close frame everything was said: what TLS lacks is no loss. */
  expect_log (owner, "text held\nclosed 1000 -\n");
}

/* --- the end */

typedef enum {
  BETWEEN_MESSAGES,
  IN_A_MESSAGE,
  IN_A_FRAME,
} Where;

static void
say_half (RawPeer *peer, Where where)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  raw_peer_send_frame (peer, TEXT, "whole", 5);
  if (where == IN_A_MESSAGE)
    raw_peer_send_frame (peer, WIRE_OPCODE_TEXT, "begun", 5);
  raw_frame_append (frame, TEXT, "cut in two", 10);
  if (where == IN_A_FRAME)
    raw_peer_send (peer, frame->data, frame->len / 2);
}

/* Somebody on the way ends TCP: that is no end that the peer wanted. */
static void
test_truncated (gconstpointer where)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  say_half (peer, (Where) GPOINTER_TO_UINT (where));
  raw_peer_shutdown (peer);
  expect_log (owner, "closed 1006 The connection was lost: it ended without the close_notify of TLS\n");
}

static void
test_truncated_record (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);
  TlsPeer *tls = tls_peer_of (peer);

  tls->hold = TRUE;
  raw_peer_send_frame (peer, TEXT, "cut in two", 10);
  g_byte_array_set_size (tls->out, tls->out->len / 2);
  tls_peer_flush (peer);
  raw_peer_shutdown (peer);
  expect_log (owner, "closed 1006 The connection was lost: ");
}

/* An end of TLS that the peer wanted, and none of the WebSocket. */
static void
test_no_close_frame (gconstpointer where)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  say_half (peer, (Where) GPOINTER_TO_UINT (where));
  tls_peer_bye (peer);
  expect_log (owner, "closed 1006 The peer closed the connection without a Close frame\n");
  raw_peer_expect_lost (peer);
}

static void
test_reset (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  raw_peer_reset (peer);
  expect_log (owner, "closed 1006 The connection was lost: ");
}

static void
test_closed_by_server (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  engine_connection_close (owner->newest, 1001, "bye", 3);
  raw_peer_expect_close (peer, 1001);
  raw_peer_send_close (peer, 1001);
  tls_peer_expect_bye (peer);
  tls_peer_bye (peer);
  raw_peer_shutdown (peer);
  expect_log (owner, "closed 1001 -\n");
}

/* The context goes, with a Close frame and a close_notify as far as they can be sent. */
static void
test_destroyed (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, NULL);

  engine_context_destroy (owner->context);
  raw_peer_expect_close (peer, 1001);
  tls_peer_expect_bye (peer);
}

static void
answer_with_nothing (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  if (event == OWNER_REQUEST)
    g_assert_true (engine_http_response_write (connection, (const guint8 *) answer, strlen (answer), NULL));
}

typedef enum {
  KEPT_TOO_LONG,
  KEPT_UNTIL_DESTROYED,
  KEPT_UNTIL_BYE,
} Kept;

/* A connection that was kept for further requests is given up: nobody has cut anything off. */
static void
test_kept (gconstpointer until)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect (owner, NULL);
  g_autofree char *head = NULL;

  owner->hook = answer_with_nothing;
  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  head = raw_peer_read_head (peer);
  switch ((Kept) GPOINTER_TO_UINT (until))
    {
    case KEPT_TOO_LONG:
      owner_pass_deadline (owner, owner->context->limits.keep_alive_ticks, OWNER_RELEASED);
      break;
    case KEPT_UNTIL_DESTROYED:
      engine_context_destroy (owner->context);
      break;
    case KEPT_UNTIL_BYE:
      tls_peer_bye (peer);
      break;
    }
  tls_peer_expect_bye (peer);
}

static void
test_destroyed_while_blocked (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_slow (owner);
  g_autofree guint8 *bytes = pattern (LARGE);

  send_from_server (owner, bytes, LARGE);
  owner_settle (owner);
  g_assert_true (owner->newest->blocked);
  engine_context_destroy (owner->context);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  raw_peer_expect_lost (peer);
}

/* --- what else TLS has to say */

static void
test_alert (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, priority);
  g_autofree char *log = g_strdup_printf ("closed 1006 The connection was lost: %s\n",
                                          gnutls_alert_get_name (GNUTLS_A_INTERNAL_ERROR));

  gnutls_alert_send (tls_peer_of (peer)->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
  tls_peer_flush (peer);
  expect_log (owner, log);
}

static void
test_warning (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, TLS_PEER_1_2);

  owner->echo = TRUE;
  gnutls_alert_send (tls_peer_of (peer)->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
  tls_peer_flush (peer);
  expect_echo (peer, "it goes on");
}

static void
test_damaged_record (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, priority);
  TlsPeer *tls = tls_peer_of (peer);

  tls->hold = TRUE;
  raw_peer_send_frame (peer, TEXT, "damaged", 7);
  tls->out->data[tls->out->len - 1] ^= 1;
  tls_peer_flush (peer);
  expect_log (owner, "closed 1006 The connection was lost: ");
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 0);
}

static void
test_renegotiation (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, TLS_PEER_1_2);

  g_assert_cmpint (gnutls_handshake (tls_peer_of (peer)->session), ==, GNUTLS_E_AGAIN);
  tls_peer_flush (peer);
  expect_log (owner, "closed 1006 The connection was lost: ");
  g_assert_cmpint (tls_peer_shake_hands (peer), <, 0);
}

/* New keys, for either direction (RFC 8446 section 4.6.3). */
static void
test_key_update (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, TLS_PEER_1_3);

  owner->echo = TRUE;
  for (guint i = 0; i < 5; i++)
    {
      g_assert_cmpint (gnutls_session_key_update (tls_peer_of (peer)->session, i % 2 ? GNUTLS_KU_PEER : 0), ==, 0);
      tls_peer_flush (peer);
      expect_echo (peer, "with new keys");
    }
}

/* --- several connections */

/* A broadcast to clients with TLS, some of them slow, and without. */
static void
test_mixed (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autofree guint8 *bytes = pattern (100000);
  EngineTlsCredentials *credentials = owner->context->tls.credentials;
  RawPeer *peers[6];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      owner->context->tls.credentials = i % 2 ? credentials : NULL;
      peers[i] = i == 3  ? connect_slow (owner)
                 : i % 2 ? tls_owner_connect_open (owner, NULL)
                         : owner_connect_open (owner);
    }
  for (guint round = 0; round < 3; round++)
    {
      const gsize length = round == 1 ? 100000 : 10;

      engine_context_hold (owner->context);
      for (EngineConnection *c = owner->protocol->first; c != NULL; c = c->next)
        engine_connection_send_data (c, WIRE_OPCODE_BINARY, TRUE, bytes, length, NULL);
      engine_context_release (owner->context);
      for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
        raw_peer_expect_frame (peers[i], BINARY, bytes, length);
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

static void
take_turns (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  for (guint i = 0; event == OWNER_DATA && i < 3; i++)
    owner_turn (owner);
}

/* Turns within a callback, while the buffers of TLS are lent. */
static void
test_nested (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) one = tls_owner_connect_open (owner, NULL);
  g_autoptr (RawPeer) two = tls_owner_connect_open (owner, NULL);

  owner->echo = TRUE;
  owner->hook = take_turns;
  for (guint i = 0; i < 10; i++)
    {
      raw_peer_send_frame (one, TEXT, "first", 5);
      raw_peer_send_frame (one, TEXT, "second", 6);
      raw_peer_send_frame (two, TEXT, "other", 5);
      raw_peer_expect_frame (one, TEXT, "first", 5);
      raw_peer_expect_frame (one, TEXT, "second", 6);
      raw_peer_expect_frame (two, TEXT, "other", 5);
    }
}

/* Those that are there keep what they were shown. */
static void
test_replaced (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) before = tls_owner_connect_open (owner, NULL);
  g_autoptr (RawPeer) between = tls_owner_connect_silent (owner, NULL, IDENTITY_N_KINDS);
  g_autoptr (RawPeer) after = NULL;

  owner->echo = TRUE;
  /* It was accepted, and is in the middle of the handshake. */
  owner_settle (owner);
  tls_owner_show (owner, IDENTITY_LEAF);
  after = tls_owner_connect_open (owner, NULL);
  tls_peer_secure (between);
  raw_peer_upgrade (between);
  g_assert_true (tls_peer_was_shown (before, IDENTITY_SERVER));
  g_assert_true (tls_peer_was_shown (between, IDENTITY_SERVER));
  g_assert_true (tls_peer_was_shown (after, IDENTITY_LEAF));
  expect_echo (before, "before");
  expect_echo (between, "between");
  expect_echo (after, "after");
}

/* Who sends without end, to a handler that fills whole iterations, keeps nobody out. */

#define FLOOD_MESSAGES 200

static void
fill_turn (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  while (event == OWNER_DATA && g_get_monotonic_time () < owner->context->budget->end)
    ;
}

static void
test_handshake_beside_flood (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) flood = tls_owner_connect_open (owner, NULL);
  g_autoptr (RawPeer) other = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < FLOOD_MESSAGES; i++)
    raw_frame_append (bytes, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "flood", 5);
  owner->context->limits.iteration_microseconds = ENGINE_ITERATION_MICROSECONDS;
  owner->hook = fill_turn;
  raw_peer_send (flood, bytes->data, bytes->len);
  other = tls_owner_connect_open (owner, NULL);

  g_assert_cmpuint (owner->counts[OWNER_DATA], >, 0);
  g_assert_cmpuint (owner->counts[OWNER_DATA], <, FLOOD_MESSAGES);
}

int
main (int argc, char **argv)
{
  static const char *const places[] = { "between-messages", "in-a-message", "in-a-frame" };
  static const gsize sizes[] = { 4000, 16384, 100000, 128 * 1024, 128 * 1024 + 1, LARGE };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/engine/tls-traffic/slow-reader/%" G_GSIZE_FORMAT, sizes[i]);

      g_test_add_data_func (path, GSIZE_TO_POINTER (sizes[i]), test_slow_reader);
    }
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *truncated = g_strconcat ("/engine/tls-traffic/truncated/", places[i], NULL);
      g_autofree char *no_close = g_strconcat ("/engine/tls-traffic/no-close-frame/", places[i], NULL);

      g_test_add_data_func (truncated, GUINT_TO_POINTER (i), test_truncated);
      g_test_add_data_func (no_close, GUINT_TO_POINTER (i), test_no_close_frame);
    }
  g_test_add_data_func ("/engine/tls-traffic/records/1.2", TLS_PEER_1_2, test_records);
  g_test_add_data_func ("/engine/tls-traffic/records/1.3", TLS_PEER_1_3, test_records);
  g_test_add_data_func ("/engine/tls-traffic/packets/1.2", TLS_PEER_1_2, test_packets);
  g_test_add_data_func ("/engine/tls-traffic/packets/1.3", TLS_PEER_1_3, test_packets);
  g_test_add_func ("/engine/tls-traffic/slow-reader-closed", test_slow_reader_closed);
  g_test_add_func ("/engine/tls-traffic/slow-reader-drains", test_slow_reader_drains);
  g_test_add_func ("/engine/tls-traffic/file-to-slow-reader", test_file_to_slow_reader);
  g_test_add_func ("/engine/tls-traffic/large-from-client", test_large_from_client);
  g_test_add_func ("/engine/tls-traffic/large-both-ways", test_large_both_ways);
  g_test_add_func ("/engine/tls-traffic/pause", test_pause);
  g_test_add_data_func ("/engine/tls-traffic/pause-at-the-end/proper", NULL, test_pause_at_the_end);
  g_test_add_data_func ("/engine/tls-traffic/pause-at-the-end/truncated", GINT_TO_POINTER (1), test_pause_at_the_end);
  g_test_add_func ("/engine/tls-traffic/truncated/in-a-record", test_truncated_record);
  g_test_add_func ("/engine/tls-traffic/reset", test_reset);
  g_test_add_func ("/engine/tls-traffic/closed-by-server", test_closed_by_server);
  g_test_add_func ("/engine/tls-traffic/destroyed", test_destroyed);
  g_test_add_data_func ("/engine/tls-traffic/kept/too-long", GUINT_TO_POINTER (KEPT_TOO_LONG), test_kept);
  g_test_add_data_func ("/engine/tls-traffic/kept/destroyed", GUINT_TO_POINTER (KEPT_UNTIL_DESTROYED), test_kept);
  g_test_add_data_func ("/engine/tls-traffic/kept/bye", GUINT_TO_POINTER (KEPT_UNTIL_BYE), test_kept);
  g_test_add_func ("/engine/tls-traffic/destroyed-while-blocked", test_destroyed_while_blocked);
  g_test_add_data_func ("/engine/tls-traffic/alert/1.2", TLS_PEER_1_2, test_alert);
  g_test_add_data_func ("/engine/tls-traffic/alert/1.3", TLS_PEER_1_3, test_alert);
  g_test_add_func ("/engine/tls-traffic/warning", test_warning);
  g_test_add_data_func ("/engine/tls-traffic/damaged-record/1.2", TLS_PEER_1_2, test_damaged_record);
  g_test_add_data_func ("/engine/tls-traffic/damaged-record/1.3", TLS_PEER_1_3, test_damaged_record);
  g_test_add_func ("/engine/tls-traffic/renegotiation", test_renegotiation);
  g_test_add_func ("/engine/tls-traffic/key-update", test_key_update);
  g_test_add_func ("/engine/tls-traffic/mixed", test_mixed);
  g_test_add_func ("/engine/tls-traffic/nested", test_nested);
  g_test_add_func ("/engine/tls-traffic/replaced", test_replaced);
  g_test_add_func ("/engine/tls-traffic/handshake-beside-flood", test_handshake_beside_flood);

  return g_test_run ();
}
