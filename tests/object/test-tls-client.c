/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/state-private.h"
#include "../tls/identity.h"
#include "../tls/tls-peer.h"
#include "dial.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client, and a server of TLS that the test plays itself. */

#define TEXT (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)
#define LARGE (1024 * 1024)

static TlsPeer *
start (Dial *dial, const char *priority)
{
  g_autofree char *uri = g_strdup_printf ("wss://localhost:%u/where", dial->port);
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);

  dial_set_uri (dial, uri);
  lwsg_context_set_tls_database (dial->client, database);
  dial_start (dial, NULL);
  dial_accept (dial);

  return tls_peer_server (dial->peer, priority, IDENTITY_SERVER);
}

/* A frame of a server has no mask. */
static void
append_frame (GByteArray *to, guint8 first_byte, const void *payload, gsize length)
{
  guint8 header[WIRE_FRAME_HEADER_MAX];

  g_byte_array_append (to, header, (guint) wire_frame_header (header, first_byte, length, NULL));
  g_byte_array_append (to, payload, (guint) length);
}

static void
send_frame (Dial *dial, guint8 first_byte, const void *payload, gsize length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  append_frame (frame, first_byte, payload, length);
  raw_peer_send (dial->peer, frame->data, frame->len);
}

static LwsgConnection *
open_connection (Dial *dial, const char *priority)
{
  start (dial, priority);
  tls_peer_secure (dial->peer);
  dial_read_request (dial);
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");

  return dial_succeed (dial);
}

static void
expect_text (LwsgConnection *connection, const char *text)
{
  duo_expect (connection, text);
}

static void
expect_abnormal (LwsgConnection *connection)
{
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_ABNORMAL);
  g_assert_nonnull (lwsg_connection_get_close_reason (connection));
}

static void
echo (Dial *dial, LwsgConnection *connection, const char *text)
{
  duo_send (connection, text);
  raw_peer_expect_frame (dial->peer, TEXT, text, strlen (text));
  send_frame (dial, TEXT, text, strlen (text));
  expect_text (connection, text);
}

/* --- records and packets */

/* What the server sends comes in pieces of that size. */
static void
test_pieces (Dial *dial, gconstpointer size)
{
  g_autoptr (LwsgConnection) connection = NULL;

  start (dial, NULL)->piece = GPOINTER_TO_SIZE (size);
  tls_peer_secure (dial->peer);
  dial_read_request (dial);
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
  connection = dial_succeed (dial);
  for (guint i = 0; i < 3; i++)
    echo (dial, connection, "in pieces");
}

/* The tickets, the answer and frames in one packet; and frames cut upon records. */
static void
test_at_once (Dial *dial, gconstpointer priority)
{
  g_autoptr (LwsgConnection) connection = NULL;
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  TlsPeer *tls = start (dial, priority);

  tls_peer_secure (dial->peer);
  dial_read_request (dial);
  tls->hold = TRUE;
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
  for (guint i = 0; i < 20; i++)
    send_frame (dial, TEXT, "eager", 5);
  tls->hold = FALSE;
  tls_peer_flush (dial->peer);
  connection = dial_succeed (dial);
  for (guint i = 0; i < 20; i++)
    expect_text (connection, "eager");

  append_frame (frames, TEXT, "cut", 3);
  append_frame (frames, TEXT, "twice", 5);
  for (guint cut = 1; cut < frames->len; cut++)
    {
      raw_peer_send (dial->peer, frames->data, cut);
      raw_peer_pump (dial->peer);
      raw_peer_send (dial->peer, frames->data + cut, frames->len - cut);
      expect_text (connection, "cut");
      expect_text (connection, "twice");
    }
}

static void
test_key_update (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, TLS_PEER_1_3);

  for (guint i = 0; i < 5; i++)
    {
      g_assert_cmpint (gnutls_session_key_update (tls_peer_of (dial->peer)->session, i % 2 ? GNUTLS_KU_PEER : 0), ==,
                       0);
      tls_peer_flush (dial->peer);
      echo (dial, connection, "with new keys");
    }
}

/* --- large messages and small buffers */

static void
test_large (Dial *dial, gconstpointer data)
{
  const int small = 4096;
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);
  g_autoptr (LwsgMessage) message = NULL;
  g_autofree guint8 *bytes = g_malloc (LARGE);
  g_autoptr (GBytes) content = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < LARGE; i++)
    bytes[i] = (guint8) (i * 7 + (i >> 8));
  content = g_bytes_new (bytes, LARGE);
  setsockopt (connection->engine->watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);

  /* The server does not read: the message waits, here and encrypted. */
  lwsg_connection_send_async (connection, LWSG_MESSAGE_BINARY, content, NULL, duo_store_result, &result);
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_null (result);
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (connection), >, 0);

  raw_peer_expect_frame (dial->peer, BINARY, bytes, LARGE);
  DUO_UNTIL (result != NULL);
  g_assert_true (lwsg_connection_send_finish (connection, result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (connection), ==, 0);

  send_frame (dial, BINARY, bytes, LARGE);
  message = duo_receive (connection);
  g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), content));
}

/* --- the end */

static void
say_half (Dial *dial, guint where)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  send_frame (dial, TEXT, "whole", 5);
  if (where == 1)
    send_frame (dial, WIRE_OPCODE_TEXT, "begun", 5);
  append_frame (frame, TEXT, "cut in two", 10);
  if (where == 2)
    raw_peer_send (dial->peer, frame->data, frame->len / 2);
}

static void
test_truncated (Dial *dial, gconstpointer where)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);

  say_half (dial, GPOINTER_TO_UINT (where));
  raw_peer_shutdown (dial->peer);
  expect_abnormal (connection);
}

static void
test_no_close_frame (Dial *dial, gconstpointer where)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);

  say_half (dial, GPOINTER_TO_UINT (where));
  tls_peer_bye (dial->peer);
  expect_abnormal (connection);
  g_assert_cmpstr (lwsg_connection_get_close_reason (connection), ==,
                   "The peer closed the connection without a Close frame");
}

static void
test_closed_by_server (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);

  send_frame (dial, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE,
              "\x03\xe8"
              "done",
              6);
  raw_peer_expect_close (dial->peer, 1000);
  tls_peer_bye (dial->peer);
  raw_peer_shutdown (dial->peer);
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_NORMAL);
  g_assert_cmpstr (lwsg_connection_get_close_reason (connection), ==, "done");
  tls_peer_expect_bye (dial->peer);
}

static void
test_closed_by_client (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);

  g_assert_true (lwsg_connection_close (connection, LWSG_CLOSE_GOING_AWAY, NULL, NULL));
  raw_peer_expect_close (dial->peer, 1001);
  send_frame (dial, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, "\x03\xe9", 2);
  tls_peer_bye (dial->peer);
  raw_peer_shutdown (dial->peer);
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_GOING_AWAY);
  tls_peer_expect_bye (dial->peer);
}

static void
test_alert (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);

  gnutls_alert_send (tls_peer_of (dial->peer)->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
  tls_peer_flush (dial->peer);
  expect_abnormal (connection);
}

static void
test_damaged_record (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = open_connection (dial, NULL);
  TlsPeer *tls = tls_peer_of (dial->peer);

  tls->hold = TRUE;
  send_frame (dial, TEXT, "damaged", 7);
  tls->out->data[tls->out->len - 1] ^= 1;
  tls_peer_flush (dial->peer);
  expect_abnormal (connection);
}

/* A server that wants to begin anew would have us wait for it in a thread. */
static void
test_renegotiation (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = NULL;

  /* No ping is to find out. */
  dial->client->engine->limits.ping_ticks = 0;
  connection = open_connection (dial, TLS_PEER_1_2);
  g_assert_cmpint (gnutls_rehandshake (tls_peer_of (dial->peer)->session), ==, 0);
  tls_peer_flush (dial->peer);
  expect_abnormal (connection);
}

/* --- it does not come to that */

static void
test_old_version (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  start (dial, TLS_PEER_1_1);
  /* GnuTLS on either side may refuse it, by the system's policy, or else we do. */
  if (tls_peer_shake_hands (dial->peer) < 0)
    raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_true (error->domain == G_TLS_ERROR);
  raw_peer_expect_lost (dial->peer);
  g_assert_cmpuint (dial->peer->input->len, ==, 0);
}

static void
test_no_tls (Dial *dial, gconstpointer data)
{
  g_autofree char *uri = g_strdup_printf ("wss://localhost:%u/", dial->port);
  g_autoptr (GError) error = NULL;

  dial_set_uri (dial, uri);
  dial_start (dial, NULL);
  dial_accept (dial);
  raw_peer_send_text (dial->peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS);
  dial_expect_text (error, "try ws://");
}

/* A server that wants a certificate, which we don't have: whatever was accepted before is
 * not the reason. */
static void
test_certificate_wanted (Dial *dial, gconstpointer priority)
{
  g_autoptr (GError) error = NULL;
  TlsPeer *tls = start (dial, priority);
  int code;

  gnutls_certificate_server_set_request (tls->session, GNUTLS_CERT_REQUIRE);
  code = tls_peer_shake_hands (dial->peer);
  g_assert_cmpint (code, <, 0);
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED);
  g_assert_null (strstr (error->message, "is not accepted"));
}

static gboolean
accept_all (LwsgContext *context, const char *host, GTlsCertificate *certificate, GTlsCertificateFlags errors,
            gpointer count)
{
  ++*(guint *) count;

  return TRUE;
}

static void
test_accepted_then_failed (Dial *dial, gconstpointer priority)
{
  g_autoptr (GTlsDatabase) strange = identity_trusting (IDENTITY_STRANGE_ROOT);
  g_autoptr (GError) error = NULL;
  guint count = 0;
  TlsPeer *tls = start (dial, priority);

  lwsg_context_set_tls_database (dial->client, strange);
  g_signal_connect (dial->client, "accept-certificate", G_CALLBACK (accept_all), &count);
  gnutls_certificate_server_set_request (tls->session, GNUTLS_CERT_REQUIRE);
  g_assert_cmpint (tls_peer_shake_hands (dial->peer), <, 0);
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_cmpuint (count, ==, 1);
  g_assert_null (strstr (error->message, "is not accepted"));
}

/* The server says nothing, or stops in the middle of it. */
static void
test_silent (Dial *dial, gconstpointer bytes)
{
  g_autoptr (GError) error = NULL;
  TlsPeer *tls = start (dial, NULL);
  EngineContext *engine = dial->client->engine;

  tls->hold = TRUE;
  while (tls->out->len == 0)
    {
      g_assert_cmpint (tls_peer_step (dial->peer), ==, GNUTLS_E_AGAIN);
      g_main_context_iteration (NULL, FALSE);
    }
  g_byte_array_set_size (tls->out, MIN (tls->out->len, GPOINTER_TO_UINT (bytes)));
  tls_peer_flush (dial->peer);
  DUO_UNTIL (engine->first->state == ENGINE_STATE_TLS_HANDSHAKE);
  engine->wheel_start -= (engine->limits.handshake_ticks + 2) * engine->tick_microseconds;
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_TIMED_OUT);
  dial_expect_text (error, "The TLS handshake was not done within ");
  raw_peer_expect_lost (dial->peer);
}

/* The context is closed, or the call cancelled, after so many bytes of the server. */
static void
test_end (Dial *dial, gconstpointer data)
{
  guint bytes = GPOINTER_TO_UINT (data) / 2;
  g_autoptr (GError) error = NULL;
  TlsPeer *tls;

  dial->cancellable = g_cancellable_new ();
  tls = start (dial, NULL);
  tls->hold = TRUE;
  while (tls->out->len < bytes && tls->out->len == 0)
    {
      tls_peer_step (dial->peer);
      g_main_context_iteration (NULL, FALSE);
    }
  g_byte_array_set_size (tls->out, MIN (tls->out->len, bytes));
  tls_peer_flush (dial->peer);
  for (guint i = 0; i < 10; i++)
    raw_peer_pump (dial->peer);
  if (GPOINTER_TO_UINT (data) % 2)
    g_cancellable_cancel (dial->cancellable);
  else
    lwsg_context_close (dial->client);
  error = dial_fail (dial);
  raw_peer_expect_lost (dial->peer);
}

/* --- sessions */

#define VISITS 3

/* GIO resumes no sessions in a program that has called g_test_init(): a program of its own,
 * this one run anew, connects to @uri and trusts those in the file @database. */
static int
visit (const char *uri, const char *database)
{
  g_assert_true (g_main_context_acquire (NULL));
  for (guint i = 0; i < VISITS; i++)
    {
      Dial dial = { .client = lwsg_context_new (), .uri = (char *) uri };
      g_autoptr (GTlsDatabase) trusted = g_tls_file_database_new (database, NULL);
      LwsgConnection *connection;

      lwsg_context_set_proxy_resolver (dial.client, NULL);
      lwsg_context_set_tls_database (dial.client, trusted);
      dial_start (&dial, NULL);
      connection = dial_succeed (&dial);
      expect_text (connection, "with a ticket");
      DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
      g_object_unref (connection);
      g_object_unref (dial.client);
      g_object_unref (dial.result);
    }

  return 0;
}

static gboolean
serve_visit (Dial *dial, const char *priority, gnutls_datum_t *key)
{
  TlsPeer *tls;
  gboolean resumed;

  dial_accept (dial);
  tls = tls_peer_server (dial->peer, priority, IDENTITY_SERVER);
  g_assert_cmpint (gnutls_session_ticket_enable_server (tls->session, key), ==, 0);
  tls_peer_secure (dial->peer);
  resumed = gnutls_session_is_resumed (tls->session);
  dial_read_request (dial);
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
  send_frame (dial, TEXT, "with a ticket", 13);
  send_frame (dial, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, "\x03\xe8", 2);
  raw_peer_expect_close (dial->peer, 1000);
  tls_peer_bye (dial->peer);
  raw_peer_expect_lost (dial->peer);
  g_clear_pointer (&dial->peer, raw_peer_free);

  return resumed;
}

static void
test_resumed (Dial *dial, gconstpointer priority)
{
  g_autofree char *uri = g_strdup_printf ("wss://localhost:%u/", dial->port);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) visitor = NULL;
  gnutls_datum_t key;

  g_assert_cmpint (gnutls_session_ticket_key_generate (&key), ==, 0);
  visitor = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, program, "--visit", uri,
                              identity_get_pem_file (IDENTITY_ROOT), NULL);
  g_assert_no_error (error);
  g_assert_false (serve_visit (dial, priority, &key));
  for (guint i = 1; i < VISITS; i++)
    g_assert_true (serve_visit (dial, priority, &key));
  g_assert_true (g_subprocess_wait_check (visitor, NULL, &error));
  g_assert_no_error (error);
  gnutls_free (key.data);
}

int
main (int argc, char **argv)
{
  static const gsize sizes[] = { 1, 2, 7, 100, 1000 };
  static const char *const places[] = { "between-messages", "in-a-message", "in-a-frame" };
  static const guint ends[] = { 0, 1, 5, 6, 50, 200, 10000 };

  if (argc == 4 && strcmp (argv[1], "--visit") == 0)
    return visit (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = g_strdup_printf ("pieces-%" G_GSIZE_FORMAT, sizes[i]);

      dial_add_case ("tls", name, GSIZE_TO_POINTER (sizes[i]), test_pieces);
    }
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      dial_add_case ("tls/truncated", places[i], GUINT_TO_POINTER (i), test_truncated);
      dial_add_case ("tls/no-close-frame", places[i], GUINT_TO_POINTER (i), test_no_close_frame);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", ends[i]);

      dial_add_case ("tls/end-close", name, GUINT_TO_POINTER (2 * ends[i]), test_end);
      dial_add_case ("tls/end-cancel", name, GUINT_TO_POINTER (2 * ends[i] + 1), test_end);
      if (ends[i] < 200)
        dial_add_case ("tls/silent", name, GUINT_TO_POINTER (ends[i]), test_silent);
    }
  dial_add_case ("tls/at-once", "1.2", TLS_PEER_1_2, test_at_once);
  dial_add_case ("tls/at-once", "1.3", TLS_PEER_1_3, test_at_once);
  dial_add_case ("tls", "key-update", NULL, test_key_update);
  dial_add_case ("tls", "large", NULL, test_large);
  dial_add_case ("tls", "closed-by-server", NULL, test_closed_by_server);
  dial_add_case ("tls", "closed-by-client", NULL, test_closed_by_client);
  dial_add_case ("tls", "alert", NULL, test_alert);
  dial_add_case ("tls", "damaged-record", NULL, test_damaged_record);
  dial_add_case ("tls", "renegotiation", NULL, test_renegotiation);
  dial_add_case ("tls", "old-version", NULL, test_old_version);
  dial_add_case ("tls", "no-tls", NULL, test_no_tls);
  dial_add_case ("tls/certificate-wanted", "1.2", TLS_PEER_1_2, test_certificate_wanted);
  dial_add_case ("tls/certificate-wanted", "1.3", TLS_PEER_1_3, test_certificate_wanted);
  dial_add_case ("tls/accepted-then-failed", "1.2", TLS_PEER_1_2, test_accepted_then_failed);
  dial_add_case ("tls/accepted-then-failed", "1.3", TLS_PEER_1_3, test_accepted_then_failed);
  /* With TLS 1.2 GIO resumes nothing. */
  dial_add_case ("tls/resumed", "1.3", TLS_PEER_1_3, test_resumed);

  return g_test_run ();
}
