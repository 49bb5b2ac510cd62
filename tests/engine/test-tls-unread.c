/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/transport-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/open-private.h"
#include "../tls/tls-owner.h"

#include <string.h>

/* What a TLS library has decrypted, and the descriptor does not tell of: it is found without
 * another byte from the peer. */

#define BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)
#define KIB 1024

/* A client that has shaken hands, and sent nothing of its last flight. */
static RawPeer *
connect_held (Owner *owner, const char *priority)
{
  RawPeer *peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);
  TlsPeer *tls = tls_peer_of (peer);

  if (strcmp (priority, TLS_PEER_1_3) == 0)
    {
      g_assert_cmpint (tls_peer_step (peer), ==, GNUTLS_E_AGAIN);
      owner_settle (owner);
      tls->hold = TRUE;
    }
  tls_peer_secure (peer);
  tls->hold = TRUE;

  return peer;
}

/* In records that are as full as can be. */
static void
send_in_records (RawPeer *peer, const void *bytes, gsize length)
{
  for (gsize done = 0; done < length; done += 16 * KIB)
    raw_peer_send (peer, (const guint8 *) bytes + done, MIN (16 * KIB, length - done));
}

static void
let_go (RawPeer *peer)
{
  tls_peer_of (peer)->hold = FALSE;
  tls_peer_flush (peer);
}

/* --- HTTP */

static void
answer_with_nothing (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  if (event == OWNER_REQUEST)
    g_assert_true (engine_http_response_write (connection, (const guint8 *) answer, strlen (answer), NULL));
}

/* Requests of 1 KiB each. */
static void
append_requests (RawPeer *peer, guint count)
{
  g_autofree char *filler = g_strnfill (KIB - strlen ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \r\n\r\n"), 'x');
  g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", filler);
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    g_string_append (all, request);
  send_in_records (peer, all->str, all->len);
}

static const char *const priorities[] = { TLS_PEER_1_2, TLS_PEER_1_3 };

/* All of them in the flight of the client's Finished; each reply is followed by the next
 * request on a connection that is kept alive. */
static void
test_pipeline (gconstpointer count)
{
  const guint n = GPOINTER_TO_UINT (count);

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
      g_autoptr (RawPeer) peer = connect_held (owner, priorities[i]);

      owner->hook = answer_with_nothing;
      append_requests (peer, n);
      let_go (peer);
      owner_wait (owner, OWNER_REQUEST, n);
      for (guint answer = 0; answer < n; answer++)
        {
          g_autofree char *head = raw_peer_read_head (peer);

          g_assert_true (g_str_has_prefix (head, "HTTP/1.1 200 "));
        }
    }
}

/* --- frames */

static void
pause_at_first (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_OPENED)
    engine_connection_pause (connection, TRUE);
}

/* A request to upgrade, frames that make that many KiB with it, and perhaps a Close. */
static void
append_frames (RawPeer *peer, guint count, gboolean close)
{
  g_autofree char *payload = g_strnfill (KIB - 8, 'p');
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) raw_peer_upgrade_request, (guint) strlen (raw_peer_upgrade_request));
  for (guint i = 0; i < count; i++)
    raw_frame_append (all, BINARY, payload, KIB - 8);
  if (close)
    raw_frame_append (all, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, "\x03\xe8", 2);
  send_in_records (peer, all->data, all->len);
}

/* The owner has paused when the frames come, and nothing else comes when it goes on. */
static void
test_paused (gconstpointer count)
{
  const guint n = GPOINTER_TO_UINT (count);
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_held (owner, TLS_PEER_1_3);

  owner->hook = pause_at_first;
  append_frames (peer, n, FALSE);
  let_go (peer);
  owner_wait (owner, OWNER_OPENED, 1);
  owner_settle (owner);
  g_assert_cmpuint (owner->received->len, ==, 0);

  engine_connection_pause (owner->newest, FALSE);
  owner_wait (owner, OWNER_DATA, n);
  g_assert_cmpuint (owner->received->len, ==, n * (KIB - 8));
}

/* ... or closes meanwhile: the Close of the peer stands behind what nobody wants any more. */
static void
test_closed_while_paused (gconstpointer count)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_held (owner, TLS_PEER_1_3);

  owner->hook = pause_at_first;
  append_frames (peer, GPOINTER_TO_UINT (count), TRUE);
  let_go (peer);
  owner_wait (owner, OWNER_OPENED, 1);
  owner_settle (owner);
  engine_connection_close (owner->newest, WIRE_CLOSE_GOING_AWAY, NULL, 0);
  owner_wait (owner, OWNER_CLOSED, 1);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 0);
  g_assert_nonnull (strstr (owner->log->str, "closed 1000 -\n"));
}

/* --- the transport */

static gsize
read_all (EngineConnection *connection, gsize room)
{
  g_autofree guint8 *buffer = g_malloc (room);
  gsize sum = 0;
  gssize got;

  do
    {
      got = connection->transport->read (connection, buffer, room);
      sum += (gsize) MAX (got, 0);
    }
  while (got > 0 && connection->transport->pending (connection));
  g_assert_true (got > 0 || got == -EAGAIN);

  return sum;
}

/* Whatever room there is, and although all has passed through the socket: as long as there is
 * something it says so, and then no more. */
static void
test_pending (gconstpointer room)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = connect_held (owner, TLS_PEER_1_3);
  EngineConnection *connection = owner->context->first;
  g_autofree char *bytes = g_strnfill (3 * 16 * KIB, 'b');

  send_in_records (peer, bytes, 3 * 16 * KIB);
  let_go (peer);
  while (connection->transport->handshake (connection, NULL) == ENGINE_TLS_HANDSHAKE_MORE)
    continue;
  engine_connection_set_state (connection, ENGINE_STATE_HANDSHAKE);
  g_assert_cmpuint (read_all (connection, GPOINTER_TO_SIZE (room)), ==, 3 * 16 * KIB);
  g_assert_false (connection->transport->pending (connection));
  g_assert_cmpuint (read_all (connection, GPOINTER_TO_SIZE (room)), ==, 0);
  g_assert_false (connection->transport->pending (connection));
}

int
main (int argc, char **argv)
{
  static const guint counts[] = { 16, 39, 40, 41, 48, 52, 56, 60, 120 };
  static const guint rooms[] = { 20, 24, 32, 40, 64, 256 };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *pipeline = g_strdup_printf ("/engine/tls-unread/pipeline/%u", counts[i]);
      g_autofree char *paused = g_strdup_printf ("/engine/tls-unread/paused/%u", counts[i]);
      g_autofree char *closed = g_strdup_printf ("/engine/tls-unread/closed-while-paused/%u", counts[i]);

      g_test_add_data_func (pipeline, GUINT_TO_POINTER (counts[i]), test_pipeline);
      g_test_add_data_func (paused, GUINT_TO_POINTER (counts[i]), test_paused);
      g_test_add_data_func (closed, GUINT_TO_POINTER (counts[i]), test_closed_while_paused);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++)
    {
      g_autofree char *path = g_strdup_printf ("/engine/tls-unread/pending/%u", rooms[i]);

      g_test_add_data_func (path, GSIZE_TO_POINTER ((gsize) rooms[i] * KIB), test_pending);
    }

  return g_test_run ();
}
