/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/transport-private.h"
#include "engine/websocket/close-private.h"
#include "../tls/tls-owner.h"

#include <string.h>
#include <sys/socket.h>

#define TEXT (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)

static void
expect_echo (RawPeer *peer, const char *text)
{
  raw_peer_send_frame (peer, TEXT, text, strlen (text));
  raw_peer_expect_frame (peer, TEXT, text, strlen (text));
}

static void
close_cleanly (Owner *owner, RawPeer *peer)
{
  raw_peer_send_close (peer, 1000);
  raw_peer_expect_close (peer, 1000);
  tls_peer_expect_bye (peer);
  tls_peer_bye (peer);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
}

/* --- the handshake */

typedef struct {
  const char *priority;
  IdentityKind shown;
  GTlsProtocolVersion version;
  const char *ciphersuite; /* how its name begins */
} Kind;

static const Kind kinds[] = {
  { TLS_PEER_1_2, IDENTITY_SERVER, G_TLS_PROTOCOL_VERSION_TLS_1_2, "TLS_ECDHE_ECDSA_" },
  { TLS_PEER_1_2, IDENTITY_SERVER_RSA, G_TLS_PROTOCOL_VERSION_TLS_1_2, "TLS_ECDHE_RSA_" },
  { TLS_PEER_1_3, IDENTITY_SERVER, G_TLS_PROTOCOL_VERSION_TLS_1_3, "TLS_" },
  { TLS_PEER_1_3, IDENTITY_SERVER_RSA, G_TLS_PROTOCOL_VERSION_TLS_1_3, "TLS_" },
  { NULL, IDENTITY_LEAF, G_TLS_PROTOCOL_VERSION_TLS_1_3, "TLS_" },
};

static void
test_session (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (Owner) owner = tls_owner_new (kind->shown);
  g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, kind->priority);
  g_auto (EngineTlsFacts) facts = { 0 };

  g_assert_true (tls_peer_was_shown (peer, kind->shown));
  engine_connection_get_tls_facts (owner->newest, &facts);
  g_assert_cmpint (facts.version, ==, kind->version);
  g_assert_true (g_str_has_prefix (facts.ciphersuite, kind->ciphersuite));
  g_assert_null (facts.peer_certificate);
  g_assert_cmpuint (facts.peer_errors, ==, 0);

  owner->echo = TRUE;
  expect_echo (peer, "hello");
  close_cleanly (owner, peer);
  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext hello\nclosed 1000 -\n");
}

/* The client's bytes come in pieces of that size, each in an iteration of its own. */
static void
test_pieces (gconstpointer size)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Owner) owner = tls_owner_new (kinds[i].shown);
      g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, kinds[i].priority, IDENTITY_N_KINDS);

      tls_peer_of (peer)->piece = GPOINTER_TO_SIZE (size);
      tls_peer_secure (peer);
      raw_peer_upgrade (peer);
      owner->echo = TRUE;
      expect_echo (peer, "in pieces");
      close_cleanly (owner, peer);
    }
}

/* The first flight cut in two, at each byte of it. */
static void
test_cuts (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  gsize length = 2;

  for (gsize cut = 1; cut < length; cut++)
    {
      g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);
      TlsPeer *tls = tls_peer_of (peer);

      tls->hold = TRUE;
      g_assert_cmpint (tls_peer_step (peer), ==, GNUTLS_E_AGAIN);
      length = tls->out->len;
      tls->hold = FALSE;
      tls->piece = cut;
      tls_peer_flush (peer);
      tls->piece = 0;
      tls_peer_secure (peer);
      raw_peer_upgrade (peer);
      raw_peer_reset (peer);
    }
  owner_wait (owner, OWNER_RELEASED, (guint) length - 1);
  g_assert_cmpuint (length, >, 100);
}

static void
feed_eagerly (RawPeer *peer, gsize size, guint count)
{
  TlsPeer *tls = tls_peer_of (peer);
  g_autofree char *payload = g_strnfill (size, 'e');

  raw_peer_send_text (peer, raw_peer_upgrade_request);
  for (guint i = 0; i < count; i++)
    raw_peer_send_frame (peer, BINARY, payload, size);
  tls->hold = FALSE;
  tls_peer_flush (peer);
}

static void
expect_eager_frames (Owner *owner, RawPeer *peer, gsize size, guint count)
{
  g_autofree char *head = raw_peer_read_head (peer);
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
  while (owner->received->len < size * count)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      raw_peer_pump (peer);
    }
  g_assert_cmpuint (owner->received->len, ==, size * count);
}

/* With the Finished of TLS 1.3 come the request and frames, before the client knows
 * whether they will be wanted. */
static void
test_eager (gconstpointer size)
{
  const gsize length = GPOINTER_TO_SIZE (size);
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, TLS_PEER_1_3, IDENTITY_N_KINDS);
  TlsPeer *tls = tls_peer_of (peer);

  g_assert_cmpint (tls_peer_step (peer), ==, GNUTLS_E_AGAIN);
  owner_settle (owner);
  tls->hold = TRUE;
  tls_peer_secure (peer);
  g_assert_cmpuint (tls->out->len, >, 0);
  feed_eagerly (peer, length, 20);
  expect_eager_frames (owner, peer, length, 20);
  close_cleanly (owner, peer);
}

/* --- resumption */

static gboolean
connect_with_session (Owner *owner, const char *priority, gnutls_datum_t *session)
{
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);
  TlsPeer *tls = tls_peer_of (peer);
  gboolean resumed;

  if (session->data != NULL)
    g_assert_cmpint (gnutls_session_set_data (tls->session, session->data, session->size), ==, 0);
  gnutls_free (session->data);
  tls_peer_secure (peer);
  raw_peer_upgrade (peer);
  resumed = gnutls_session_is_resumed (tls->session);
  /* With 1.3 the ticket came behind the handshake, and has been read by now. */
  tls_peer_get_session (peer, session);
  raw_peer_reset (peer);

  return resumed;
}

static void
test_resume (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  gnutls_datum_t session = { 0 };

  g_assert_false (connect_with_session (owner, priority, &session));
  for (guint i = 0; i < 3; i++)
    g_assert_true (connect_with_session (owner, priority, &session));

  /* The key has been replaced: a full handshake, and then tickets by the new one. */
  owner_advance (owner, 12 * 60 * 60);
  g_assert_false (connect_with_session (owner, priority, &session));
  g_assert_true (connect_with_session (owner, priority, &session));
  gnutls_free (session.data);
}

/* A ticket of another server, or of one that has restarted. */
static void
test_resume_elsewhere (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (Owner) other = tls_owner_new (IDENTITY_SERVER);
  gnutls_datum_t session = { 0 };

  g_assert_false (connect_with_session (owner, priority, &session));
  g_assert_false (connect_with_session (other, priority, &session));
  gnutls_free (session.data);
}

/* Each connection shows its certificate anew. */
static void
test_no_resumption (gconstpointer priority)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  gnutls_datum_t session = { 0 };

  tls_owner_ask (owner, G_TLS_AUTHENTICATION_REQUESTED);
  for (guint i = 0; i < 3; i++)
    g_assert_false (connect_with_session (owner, priority, &session));
  gnutls_free (session.data);
}

/* --- certificates of clients */

typedef struct {
  const char *name;
  GTlsAuthenticationMode mode;
  IdentityKind shown;
  gboolean accept;
  const char *asked; /* what the owner is asked about; NULL: it isn't */
  gboolean works;
} ClientCase;

#define NONE G_TLS_AUTHENTICATION_NONE
#define REQUESTED G_TLS_AUTHENTICATION_REQUESTED
#define REQUIRED G_TLS_AUTHENTICATION_REQUIRED
#define UNKNOWN "certificate: its authority is not trusted\n"
#define EXPIRED "certificate: it has expired\n"

static const ClientCase client_cases[] = {
  { "none/nothing", NONE, IDENTITY_N_KINDS, FALSE, NULL, TRUE },
  { "none/good", NONE, IDENTITY_CLIENT, FALSE, NULL, TRUE },
  { "none/bad", NONE, IDENTITY_STRANGE_CLIENT, FALSE, NULL, TRUE },
  { "requested/nothing", REQUESTED, IDENTITY_N_KINDS, FALSE, NULL, TRUE },
  { "requested/good", REQUESTED, IDENTITY_CLIENT, FALSE, NULL, TRUE },
  { "requested/bad", REQUESTED, IDENTITY_STRANGE_CLIENT, FALSE, UNKNOWN, FALSE },
  { "requested/bad-accepted", REQUESTED, IDENTITY_STRANGE_CLIENT, TRUE, UNKNOWN, TRUE },
  { "required/nothing", REQUIRED, IDENTITY_N_KINDS, FALSE, NULL, FALSE },
  { "required/nothing-to-accept", REQUIRED, IDENTITY_N_KINDS, TRUE, NULL, FALSE },
  { "required/good", REQUIRED, IDENTITY_CLIENT, FALSE, NULL, TRUE },
  { "required/bad", REQUIRED, IDENTITY_STRANGE_CLIENT, FALSE, UNKNOWN, FALSE },
  { "required/bad-accepted", REQUIRED, IDENTITY_STRANGE_CLIENT, TRUE, UNKNOWN, TRUE },
  { "required/expired", REQUIRED, IDENTITY_CLIENT_EXPIRED, FALSE, EXPIRED, FALSE },
  { "required/expired-accepted", REQUIRED, IDENTITY_CLIENT_EXPIRED, TRUE, EXPIRED, TRUE },
  /* Although the root issued it, and whatever the owner would say. */
  { "requested/large-exponent", REQUESTED, IDENTITY_CLIENT_LARGE_EXPONENT, TRUE, NULL, FALSE },
  { "required/large-exponent", REQUIRED, IDENTITY_CLIENT_LARGE_EXPONENT, TRUE, NULL, FALSE },
  { "none/large-exponent", NONE, IDENTITY_CLIENT_LARGE_EXPONENT, TRUE, NULL, TRUE },
};

static void
expect_client_shown (Owner *owner, const ClientCase *test)
{
  g_auto (EngineTlsFacts) facts = { 0 };

  engine_connection_get_tls_facts (owner->newest, &facts);
  if (test->shown == IDENTITY_N_KINDS || test->mode == NONE)
    g_assert_null (facts.peer_certificate);
  else
    g_assert_true (identity_is (test->shown, facts.peer_certificate));
  g_assert_true ((facts.peer_errors != 0) == (test->asked != NULL));
}

static void
expect_refused (Owner *owner, RawPeer *peer, const ClientCase *test)
{
  /* With TLS 1.3 the client believes at first that it is done. */
  tls_peer_shake_hands (peer);
  raw_peer_expect_lost (peer);
  g_assert_cmpint (tls_peer_of (peer)->alert, >=, 0);
  /* For one that is missing TLS 1.2 has no word of its own. */
  if (test->shown != IDENTITY_N_KINDS)
    tls_peer_expect_alert (peer, GNUTLS_A_BAD_CERTIFICATE);
  g_assert_cmpuint (owner->counts[OWNER_HANDSHAKE], ==, 0);
}

static void
test_client_certificate (gconstpointer data)
{
  static const char *const priorities[] = { TLS_PEER_1_2, TLS_PEER_1_3 };
  const ClientCase *test = data;

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
      g_autoptr (RawPeer) peer = NULL;

      tls_owner_ask (owner, test->mode);
      owner->accept = test->accept;
      peer = tls_owner_connect_silent (owner, priorities[i], test->shown);
      if (test->works)
        {
          tls_peer_secure (peer);
          raw_peer_upgrade (peer);
          expect_client_shown (owner, test);
        }
      else
        expect_refused (owner, peer, test);
      g_assert_cmpuint (owner->counts[OWNER_CERTIFICATE], ==, test->asked != NULL ? 1 : 0);
      if (test->asked != NULL)
        g_assert_true (g_str_has_prefix (owner->log->str, test->asked));
    }
}

typedef void (*CertificateFunc) (Owner *owner, EngineConnection *connection);

static void
on_certificate (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer certificate)
{
  if (event == OWNER_CERTIFICATE)
    ((CertificateFunc) owner->hook_data) (owner, connection);
}

static void
close_connection (Owner *owner, EngineConnection *connection)
{
  engine_connection_close (connection, 1000, NULL, 0);
}

static void
destroy_context (Owner *owner, EngineConnection *connection)
{
  engine_context_destroy (owner->context);
}

static void
take_turns (Owner *owner, EngineConnection *connection)
{
  for (guint i = 0; i < 5; i++)
    owner_turn (owner);
}

/* Whoever is asked about a certificate does something else first. */
static void
test_asked (gconstpointer func)
{
  for (guint accept = 0; accept < 2; accept++)
    {
      g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
      g_autoptr (RawPeer) peer = NULL;

      tls_owner_ask (owner, REQUESTED);
      owner->accept = accept;
      owner->hook = on_certificate;
      owner->hook_data = (gpointer) func;
      peer = tls_owner_connect_silent (owner, NULL, IDENTITY_STRANGE_CLIENT);
      tls_peer_shake_hands (peer);
      if (accept && (CertificateFunc) func == take_turns)
        raw_peer_upgrade (peer);
      else
        raw_peer_expect_lost (peer);
      g_assert_cmpuint (owner->counts[OWNER_CERTIFICATE], ==, 1);
    }
}

/* --- the end at any point */

/* A client that sends its bytes one by one, and in the middle of it is reset, or says
 * FIN, or the context is destroyed. */
static void
end_after (guint bytes, guint way)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, TLS_PEER_1_3, IDENTITY_N_KINDS);
  TlsPeer *tls = tls_peer_of (peer);
  guint left = bytes;

  tls->hold = TRUE;
  while (left > 0)
    {
      guint count;

      if (tls_peer_step (peer) == 0 && tls->out->len == 0)
        break;
      count = MIN (left, tls->out->len);
      g_assert_cmpint (send (peer->fd, tls->out->data, count, MSG_NOSIGNAL), ==, (gssize) count);
      g_byte_array_remove_range (tls->out, 0, count);
      left -= count;
      owner_settle (owner);
    }
  if (way == 0)
    raw_peer_reset (peer);
  else if (way == 1)
    raw_peer_shutdown (peer);
  else
    engine_context_destroy (owner->context);
  if (way < 2)
    owner_settle (owner);
  g_assert_cmpuint (owner->counts[OWNER_OPENED], ==, 0);
}

static void
test_end (gconstpointer way)
{
  for (guint bytes = 0; bytes < 600; bytes += bytes < 20 ? 1 : 13)
    end_after (bytes, GPOINTER_TO_UINT (way));
}

/* --- who does not speak TLS, or not ours */

static void
test_old_version (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, TLS_PEER_1_1, IDENTITY_N_KINDS);

  g_assert_cmpint (tls_peer_shake_hands (peer), <, 0);
  tls_peer_expect_alert (peer, GNUTLS_A_PROTOCOL_VERSION);
}

static void
test_alpn_refused (gconstpointer priority)
{
  const gnutls_datum_t h2 = { .data = (guchar *) "h2", .size = 2 };
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);

  gnutls_alpn_set_protocols (tls_peer_of (peer)->session, &h2, 1, 0);
  g_assert_cmpint (tls_peer_shake_hands (peer), <, 0);
  tls_peer_expect_alert (peer, GNUTLS_A_NO_APPLICATION_PROTOCOL);
}

static void
test_alpn_chosen (gconstpointer priority)
{
  const gnutls_datum_t both[] = { { .data = (guchar *) "h2", .size = 2 },
                                  { .data = (guchar *) "http/1.1", .size = 8 } };
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);
  gnutls_datum_t chosen;

  gnutls_alpn_set_protocols (tls_peer_of (peer)->session, both, 2, 0);
  tls_peer_secure (peer);
  g_assert_cmpint (gnutls_alpn_get_selected_protocol (tls_peer_of (peer)->session, &chosen), ==, 0);
  g_assert_cmpmem (chosen.data, chosen.size, "http/1.1", 8);
  raw_peer_upgrade (peer);
}

typedef struct {
  const char *name;
  const char *bytes;
  gsize length;
} Garbage;

#define GARBAGE(name, bytes)      \
  {                               \
    name, bytes, sizeof bytes - 1 \
  }

static const Garbage garbage[] = {
  GARBAGE ("http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  GARBAGE ("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
  GARBAGE ("ssl2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x03\x00\x80\x07\x00\xc0"),
  GARBAGE ("large-record", "\x16\x03\x01\xff\xff\x01\x00\xff\xfb"),
  GARBAGE ("data-first", "\x17\x03\x03\x00\x05hello"),
  GARBAGE ("ciphers-first", "\x14\x03\x03\x00\x01\x01\x14\x03\x03\x00\x01\x01"),
  GARBAGE ("empty-hello", "\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
  GARBAGE ("alert-first", "\x15\x03\x01\x00\x02\x02\x28"),
};

static void
test_garbage (gconstpointer data)
{
  const Garbage *test = data;
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  raw_peer_send (peer, test->bytes, test->length);
  raw_peer_shutdown (peer);
  raw_peer_expect_lost (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (owner_n_connections (owner), ==, 0);
  g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, 0);
}

/* --- deadlines */

/* The time for the handshake counts from accepting, whatever has come of it by then. */
static void
test_deadline (gconstpointer stage)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, TLS_PEER_1_3, IDENTITY_N_KINDS);
  guint where = GPOINTER_TO_UINT (stage);

  owner_settle (owner);
  if (where >= 1)
    g_assert_cmpint (tls_peer_step (peer), ==, GNUTLS_E_AGAIN);
  owner_advance (owner, 4);
  if (where >= 2)
    tls_peer_secure (peer);
  owner_advance (owner, 4);
  if (where == 3)
    raw_peer_send_text (peer, "GET / HTTP/1.1\r\n");
  owner_settle (owner);
  g_assert_cmpuint (owner_n_connections (owner), ==, 1);
  owner_pass_deadline (owner, 2, OWNER_RELEASED);
  if (where == 3)
    {
      g_autofree char *head = raw_peer_read_head (peer);

      g_assert_true (g_str_has_prefix (head, "HTTP/1.1 408 "));
    }
  if (where == 2)
    tls_peer_expect_bye (peer);
  else
    raw_peer_expect_lost (peer);
}

/* --- many at once */

#define STALLING 100

static guint turns;

static void
count_turn (gpointer owner)
{
  turns++;
  owner_turn (owner);
}

static guint
turns_for_honest_client (Owner *owner)
{
  g_autoptr (RawPeer) peer = raw_peer_connect (owner->port, count_turn, owner);

  tls_peer_client (peer, TLS_PEER_1_3, "localhost", IDENTITY_N_KINDS);
  turns = 0;
  g_assert_cmpint (tls_peer_step (peer), ==, GNUTLS_E_AGAIN);
  while (tls_peer_step (peer) != 0)
    count_turn (owner);

  return turns;
}

/* Those who stop in the middle cost others nothing. */
static void
test_stalled (gconstpointer bytes)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  RawPeer *peers[STALLING];
  guint alone = turns_for_honest_client (owner);

  for (guint i = 0; i < STALLING; i++)
    {
      TlsPeer *tls;

      peers[i] = tls_owner_connect_silent (owner, TLS_PEER_1_3, IDENTITY_N_KINDS);
      tls = tls_peer_of (peers[i]);
      tls->hold = TRUE;
      g_assert_cmpint (tls_peer_step (peers[i]), ==, GNUTLS_E_AGAIN);
      g_byte_array_set_size (tls->out, MIN (tls->out->len, GPOINTER_TO_UINT (bytes)));
      tls_peer_flush (peers[i]);
    }
  owner_settle (owner);
  /* An iteration more if the kernel tells of it later. */
  g_assert_cmpuint (turns_for_honest_client (owner), <=, alone + 2);
  for (guint i = 0; i < STALLING; i++)
    raw_peer_free (peers[i]);
}

/* All say hello at once. What comes on a connection that is open is not behind them, and
 * a client that comes last is behind each of them once. */
static void
test_rush (void)
{
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER_RSA);
  g_autoptr (RawPeer) open = tls_owner_connect_open (owner, NULL);
  RawPeer *peers[STALLING];
  guint rounds;

  owner->echo = TRUE;
  owner_settle (owner);
  for (guint i = 0; i < STALLING; i++)
    {
      peers[i] = tls_owner_connect_silent (owner, TLS_PEER_1_3, IDENTITY_N_KINDS);
      g_assert_cmpint (tls_peer_step (peers[i]), ==, GNUTLS_E_AGAIN);
    }
  owner_turn (owner);
  raw_peer_send_frame (open, TEXT, "soon", 4);
  for (rounds = 0; owner->counts[OWNER_DATA] == 0; rounds++)
    owner_turn (owner);
  g_assert_cmpuint (rounds, <=, 2);
  g_assert_cmpuint (turns_for_honest_client (owner), <=, STALLING + 10);
  for (guint i = 0; i < STALLING; i++)
    {
      tls_peer_secure (peers[i]);
      raw_peer_upgrade (peers[i]);
      raw_peer_free (peers[i]);
    }
}

int
main (int argc, char **argv)
{
  static const char *const priorities[] = { TLS_PEER_1_2, TLS_PEER_1_3 };
  static const char *const versions[] = { "1.2", "1.3" };
  static const gsize sizes[] = { 1, 2, 3, 5, 50, 1000 };
  static const gsize eager[] = { 1, 100, 5000, 16384, 60000 };
  static const char *const ways[] = { "reset", "fin", "destroy" };
  static const char *const stages[] = { "nothing", "hello", "secured", "request" };
  static const guint stalls[] = { 0, 1, 5, 100, 10000 };

  g_test_init (&argc, &argv, NULL);
#define ADD(format, argument, data, func)                                             \
  G_STMT_START                                                                        \
  {                                                                                   \
    g_autofree char *path = g_strdup_printf ("/engine/tls-server/" format, argument); \
                                                                                      \
    g_test_add_data_func (path, data, func);                                          \
  }                                                                                   \
  G_STMT_END

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    ADD ("session/%u", i, &kinds[i], test_session);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    ADD ("pieces/%" G_GSIZE_FORMAT, sizes[i], GSIZE_TO_POINTER (sizes[i]), test_pieces);
  for (guint i = 0; i < G_N_ELEMENTS (eager); i++)
    ADD ("eager/%" G_GSIZE_FORMAT, eager[i], GSIZE_TO_POINTER (eager[i]), test_eager);
  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      ADD ("cuts/%s", versions[i], priorities[i], test_cuts);
      ADD ("resume/%s", versions[i], priorities[i], test_resume);
      ADD ("resume-elsewhere/%s", versions[i], priorities[i], test_resume_elsewhere);
      ADD ("no-resumption/%s", versions[i], priorities[i], test_no_resumption);
      ADD ("alpn-refused/%s", versions[i], priorities[i], test_alpn_refused);
      ADD ("alpn-chosen/%s", versions[i], priorities[i], test_alpn_chosen);
    }
  for (guint i = 0; i < G_N_ELEMENTS (client_cases); i++)
    ADD ("client-certificate/%s", client_cases[i].name, &client_cases[i], test_client_certificate);
  ADD ("asked/%s", "close", (gconstpointer) close_connection, test_asked);
  ADD ("asked/%s", "destroy", (gconstpointer) destroy_context, test_asked);
  ADD ("asked/%s", "turns", (gconstpointer) take_turns, test_asked);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    ADD ("end/%s", ways[i], GUINT_TO_POINTER (i), test_end);
  g_test_add_func ("/engine/tls-server/old-version", test_old_version);
  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    ADD ("garbage/%s", garbage[i].name, &garbage[i], test_garbage);
  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    ADD ("deadline/%s", stages[i], GUINT_TO_POINTER (i), test_deadline);
  for (guint i = 0; i < G_N_ELEMENTS (stalls); i++)
    ADD ("stalled/%u", stalls[i], GUINT_TO_POINTER (stalls[i]), test_stalled);
  g_test_add_func ("/engine/tls-server/rush", test_rush);

  return g_test_run ();
}
